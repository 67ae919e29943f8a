"""An outcome, read back from its topic by who knows it only by contract (`interfaces.md`, Topics).

What the contract names must be as it says; what it does not name is passed over, and codes stay
text, since a newer program may have written them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

import orjson

from schemas.attributes import printable, read_revision, read_time, read_uuid
from schemas.outcome import FieldEnd, Result, outcome_id
from schemas.reading import OUR_SOURCE

GREATEST: Final = 2**63 - 1
ROUNDS: Final = 1_000_000
_RESEND: Final = re.compile(r"letter/([0-9a-f]{32})/([0-9]{1,6})")

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ToldField:
    """One field's end; `turn` is None, too, where the field was not tried."""

    result: FieldEnd
    code: str | None = None
    version: int | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An event's end in one connection, as `schemas.outcome.Outcome` wrote it.

    Attributes:
        id: the outcome's own; of repeats the first counts.
        source: with `event` the event's identity.
        event: see `source`.
        type: of the event, where known.
        revision: of the event, where it has one.
        organization: Huma's id, where known.
        user: Huma's id, where known.
        connection: None: the event belongs to none.
        round: how many replays of the event went before.
        result: the end.
        reason: a code, also one that this program does not know.
        warnings: codes.
        fields: each field's end, by name.
        at: when, in milliseconds since 1970.
    """

    id: str
    source: str
    event: str
    type: str | None
    revision: int | None
    organization: str | None
    user: str | None
    connection: str | None
    round: int
    result: Result
    reason: str | None
    warnings: tuple[str, ...]
    at: int
    fields: Mapping[str, ToldField] = field(default_factory=dict)

    @property
    def resent(self) -> str | None:
        """The letter that this is a resend of (R-90); None: it is none."""
        found = _RESEND.fullmatch(self.event) if self.source == OUR_SOURCE else None
        if found is None or self.round < 1 or int(found[2]) != self.round:
            return None
        return found[1]

    @property
    def key(self) -> str | None:
        """Under what a replay or resend is found again, for its letter; None: of round 0."""
        if self.resent is not None:
            return self.resent
        return None if self.round == 0 else outcome_id(None, self.source, self.event, 0)


class Unreadable(Exception):
    """Not an outcome of the contract. It holds no part of it."""


def read_outcome(value: bytes | None) -> Told:
    """Read a record's value.

    Raises:
        Unreadable: it is no outcome; nothing else is raised, whatever the bytes are.
    """
    try:
        document = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        raise Unreadable from None
    if not isinstance(document, dict) or not isinstance(event := document.get("event"), dict):
        raise Unreadable
    return Told(
        id=_text(document.get("id")),
        source=_text(event.get("source")),
        event=_text(event.get("id")),
        type=_maybe(_text, event.get("type")),
        revision=_maybe(_revision, event.get("revision")),
        organization=_maybe(_uuid, document.get("organization")),
        user=_maybe(_uuid, document.get("user")),
        connection=_maybe(_text, document.get("connection")),
        round=_number(document.get("round", 0), ROUNDS),
        result=_one_of(Result, document.get("result")),
        reason=_maybe(_text, document.get("reason")),
        warnings=tuple(_text(one) for one in _list(document.get("warnings", []))),
        at=_milliseconds(_known(read_time(document.get("at")))),
        fields=read_fields(document.get("fields", {})),
    )


def read_fields(document: object) -> dict[str, ToldField]:
    """Read the ends of fields: of an outcome, or of the row that keeps it.

    Raises:
        Unreadable: they are not what the contract says.
    """
    if not isinstance(document, dict):
        raise Unreadable
    return {_text(name): _field(end) for name, end in document.items()}


def fields_text(fields: Mapping[str, ToldField]) -> str:
    """Return the ends of fields as JSON, in the shape that `read_fields` reads.

    >>> fields_text({"email": ToldField(FieldEnd.APPLIED, version=3)})
    '{"email":{"result":"applied","version":3}}'
    """
    ends = {
        name: {"result": end.result, "code": end.code, "version": end.version, "turn": end.turn}
        for name, end in fields.items()
    }
    known = {
        name: {key: one for key, one in end.items() if one is not None}
        for name, end in ends.items()
    }
    return orjson.dumps(known).decode()


def _field(end: object) -> ToldField:
    if not isinstance(end, dict):
        raise Unreadable
    return ToldField(
        _one_of(FieldEnd, end.get("result")),
        _maybe(_text, end.get("code")),
        _maybe(_any_number, end.get("version")),
        _maybe(_any_number, end.get("turn")),
    )


def _one_of(kind: type[E], value: object) -> E:
    try:
        return kind(_text(value))
    except ValueError:
        raise Unreadable from None


def _maybe(read: Callable[[object], T], value: object) -> T | None:
    return None if value is None else read(value)


def _text(value: object) -> str:
    if not printable(value):
        raise Unreadable
    return value


def _uuid(value: object) -> str:
    return _known(read_uuid(value))


def _revision(value: object) -> int:
    return _known(read_revision(value))


def _known(value: T | None) -> T:
    if value is None:
        raise Unreadable
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Unreadable
    return value


def _any_number(value: object) -> int:
    return _number(value, GREATEST)


def _number(value: object, greatest: int) -> int:
    if type(value) is not int or not 0 <= value <= greatest:
        raise Unreadable
    return value


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
