"""API tokens: whose they are, and what they may (`xledger-api.md` 1.1)."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from simulators.xledger.entities import Entities, Entity
from simulators.xledger.problems import BAD_TOKEN_FORMAT, UNKNOWN_TOKEN, Refused
from simulators.xledger.scopes import ALL

PREFIX: Final = "token "
NAMES: Final = ("fjordmat", "fjordmat-nord", "solbakken")
BYTES: Final = 32


class Token(BaseModel):
    """One token. `company` is the dbId of its entity; `expires` a time, or never."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    token: str = Field(repr=False)
    company: str = Field(pattern="^[1-9][0-9]{0,8}$")
    scopes: frozenset[str] = frozenset(ALL)
    expires: datetime | None = None

    @property
    def owner(self) -> int:
        """The entity's dbId as a number."""
        return int(self.company)

    def shown(self) -> dict[str, Any]:
        """Return it as `/_admin/tokens` takes it."""
        shown: dict[str, Any] = {"name": self.name, "token": self.token, "company": self.company}
        shown["scopes"] = sorted(self.scopes)
        return shown | ({"expires": self.expires.isoformat()} if self.expires else {})


LIST: Final = TypeAdapter(list[Token])


class Tokens:
    """The tokens there are.

    Args:
        seed: makes the first ones, one of each company, with every scope.
        entities: the companies.
    """

    def __init__(self, seed: int, entities: Entities) -> None:
        self._entities = entities
        self._by_text: dict[str, Token] = {}
        self._put(_first(seed, entities.all()))

    def replace(self, tokens: Any) -> None:
        """Have these and no others; a company that is not there yet comes into being, empty."""
        self._put(LIST.validate_python(tokens))

    def all(self) -> list[Token]:
        """Return every token."""
        return list(self._by_text.values())

    def of(self, authorization: str | None, now: datetime) -> Token:
        """Return the token of a header.

        Raises:
            Refused: the header is missing or odd, or its token is unknown or has expired.
        """
        if authorization is None or not authorization.startswith(PREFIX):
            raise Refused(BAD_TOKEN_FORMAT)
        token = self._by_text.get(authorization.removeprefix(PREFIX).strip())
        if token is None or (token.expires is not None and _aware(token.expires) <= now):
            raise Refused(UNKNOWN_TOKEN)
        return token

    def _put(self, tokens: Iterable[Token]) -> None:
        self._by_text = {token.token: token for token in tokens}
        for token in self.all():
            self._entities.need(token.owner)


def _first(seed: int, entities: Iterable[Entity]) -> list[Token]:
    random = Random(f"{seed}/tokens")  # noqa: S311 - repeatable, and they are printed anyway
    return [
        Token(
            name=name,
            token=base64.urlsafe_b64encode(random.randbytes(BYTES)).rstrip(b"=").decode(),
            company=str(entity.db_id),
        )
        for name, entity in zip(NAMES, entities, strict=True)
    ]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
