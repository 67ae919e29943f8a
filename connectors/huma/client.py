"""Reads one organisation's Huma: the port `processors.ports.huma.Huma`, implemented."""

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx
from pydantic import ValidationError

from connectors.huma.access import Access
from connectors.huma.answers import (
    Absent,
    Detail,
    Kept,
    Listed,
    Position,
    PositionPage,
    UserPage,
)
from connectors.huma.exchange import Answer, Exchange
from connectors.huma.faults import OK, UNAUTHORIZED, of_status
from processors.ports.huma import HumaListed, HumaPerson
from processors.ports.telemetry import Telemetry
from schemas.errors import NotFound, Unavailable
from schemas.personal import Personal

PAGE: Final = 50
"""The largest page of people that Huma gives."""

UUID: Final = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Known = TypeVar("Known", bound=Kept)


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the work of one client.

    Attributes:
        timeout: seconds for one request in total.
        max_bytes: the largest answer that is read.
        positions: the most positions one person may have.
        people: the most people a listing may have.
        passes: how often a listing is repeated until two passes agree on the ids.
    """

    timeout: float
    max_bytes: int
    positions: int
    people: int
    passes: int


class HumaClient:
    """One organisation's Huma, by its client credentials.

    Every method raises Unavailable (no answer, or none that the API promises), and
    CredentialRefused (401 after one renewal of the access token, 403).

    Args:
        http: a client to share; its time-outs are not used.
        url: address of the API.
        client_id: of the OAuth client.
        client_secret: of the OAuth client.
        limits: see there.
        telemetry: takes the seconds of each request.
        monotonic: a clock that never goes back, in seconds.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        client_id: Personal[str],
        client_secret: Personal[str],
        *,
        limits: Limits,
        telemetry: Telemetry,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = Exchange(http, url, limits.timeout, limits.max_bytes, telemetry)
        self._access = Access(self._exchange, client_id, client_secret, monotonic)
        self._limits = limits

    async def organization(self) -> str:
        """Return the id of the organisation that the client belongs to."""
        return await self._access.organization()

    async def read(self, user: str) -> HumaPerson:
        """Read one person with identifications and whole positions (R-97).

        A position that disappears meanwhile is left out.

        Raises:
            NotFound: Huma does not know this user.
        """
        if not UUID.fullmatch(user):
            raise NotFound("Huma does not know this user: the id is not a UUID")
        path = f"/users/{user}"
        person = await self._get("user", Detail, path)
        if person.id.lower() != user.lower():
            raise Unavailable("Huma answered with another user than the one asked for")
        positions = [
            position
            for id_ in await self._position_ids(path)
            if (position := await self._position(path, id_)) is not None
        ]
        return HumaPerson(
            id=user,
            type=person.type,
            active=person.status.active,
            groups=tuple(group.id for group in person.groups or ()),
            fields=person.flat(),
            positions={position.id: position.flat() for position in positions},
        )

    async def list_people(self) -> AsyncIterator[HumaListed]:
        """List everybody; repeated until two passes agree on the ids (`huma-api.md`, Paging)."""
        before: Mapping[str, Listed] = {}
        for number in range(self._limits.passes):
            people = await self._pass()
            if number and people.keys() == before.keys():
                break
            before = people
        else:
            raise Unavailable("Huma's people keep changing while they are listed")
        for person in people.values():
            yield HumaListed(
                id=person.id,
                type=person.type,
                active=person.status.active if person.status else None,
                groups=tuple(group.id for group in person.groups),
                email=person.email,
            )

    async def _pass(self) -> dict[str, Listed]:
        """List everybody once, by id: a change meanwhile shifts the pages."""
        people: dict[str, Listed] = {}
        for offset in range(0, self._limits.people + PAGE, PAGE):
            page = await self._get("users", UserPage, "/users", {"limit": PAGE, "offset": offset})
            people.update((person.id, person) for person in page.items)
            if len(people) > self._limits.people:
                break
            if len(page.items) < PAGE:
                return people
        raise Unavailable(f"Huma has more than {self._limits.people} people, the limit")

    async def _position_ids(self, path: str) -> list[str]:
        ids: dict[str, None] = {}
        offset = 0
        while offset <= self._limits.positions:
            query = {"limit": PAGE, "offset": offset}
            page = await self._get("positions", PositionPage, f"{path}/positions", query)
            ids.update((position.id, None) for position in page.items)
            offset += len(page.items)
            if not page.items or (len(page.items) < PAGE and offset >= (page.total or 0)):
                return list(ids)
        raise Unavailable(f"a person has more than {self._limits.positions} positions, the limit")

    async def _position(self, path: str, id_: str) -> Position | None:
        if not UUID.fullmatch(id_):
            raise Unavailable("Huma's answer is not what its API promises: PositionListed")
        try:
            return await self._get("position", Position, f"{path}/positions/{id_}")
        except NotFound:
            return None

    async def _get(
        self,
        operation: str,
        kind: type[Known],
        path: str,
        query: Mapping[str, int] | None = None,
    ) -> Known:
        token = await self._access.token()
        answer = await self._exchange.get(operation, path, query or {}, token)
        if answer.status == UNAUTHORIZED:
            token = await self._access.token(refused=token)
            answer = await self._exchange.get(operation, path, query or {}, token)
        if answer.status != OK:
            absent = _parsed(Absent, answer) is not None
            raise of_status(answer.status, answer.headers, known_absent=absent)
        found = _parsed(kind, answer)
        if found is None:
            raise Unavailable(f"Huma's answer is not what its API promises: {kind.__name__}")
        return found


def _parsed(kind: type[Known], answer: Answer) -> Known | None:
    """Return the answer as this kind, or None: a validation error can quote values (R-103)."""
    try:
        return kind.model_validate_json(answer.body)
    except ValidationError:
        return None
