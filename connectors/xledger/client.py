"""One token's Xledger: the port `processors.ports.xledger.Xledger`, implemented."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx
import structlog

from connectors.xledger.documents import GenderBy, write_document, write_variables
from connectors.xledger.errors import Waits
from connectors.xledger.exchange import Call, Exchange, Fresh
from connectors.xledger.identity import identity_of
from connectors.xledger.kinds import Kind, kind_of
from connectors.xledger.listing import page_of_employees
from connectors.xledger.looking_up import LookUp
from connectors.xledger.scopes import missing_scopes
from connectors.xledger.writing import answers_of, likely_fields
from processors.ports.telemetry import Telemetry
from processors.ports.xledger import (
    Found,
    Identity,
    Keys,
    Page,
    Permit,
    RootAnswer,
    Verb,
    WriteRoot,
)
from schemas.personal import Personal

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the work of one client.

    Attributes:
        timeout: seconds for one request in total.
        max_bytes: the largest answer that is read.
        records: the most records of one kind that a look-up by listing reads.
        credits_wait: seconds to wait for credits when Xledger does not say until when.
    """

    timeout: float
    max_bytes: int
    records: int
    credits_wait: float


class XledgerClient:
    """One token's view of one company.

    Every method raises Limited, Unavailable and CredentialRefused; `write` also Ambiguous. A
    `CredentialRefused` that is an `errors.ScopeMissing` names the scope.

    Args:
        http: the client of all lanes; its time-outs are not used.
        fresh: makes a client whose first request opens a connection of its own, for creations: a
            kept-alive connection that the server has closed looks like a reset after the commit.
        url: Xledger's address; without a path, its own is added.
        token: the API token.
        permit: entered before each request.
        limits: see there.
        gender_by: whether genders are looked up by code or by name.
        telemetry: takes the seconds of each request.
        monotonic: a clock that never goes back, in seconds.
        now: the wall clock, aware; only for `resetAt`.
        jitter: 0 to 1, for waits after a limit.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        fresh: Fresh,
        url: str,
        token: Personal[str],
        permit: Permit,
        *,
        limits: Limits,
        gender_by: GenderBy,
        telemetry: Telemetry,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._exchange = Exchange(
            http,
            fresh,
            url,
            token,
            permit,
            timeout=limits.timeout,
            max_bytes=limits.max_bytes,
            waits=Waits(limits.credits_wait, now, jitter),
            telemetry=telemetry,
        )
        self._look_up = LookUp(self._exchange, limits.records, monotonic)
        self._gender_by = gender_by

    async def write(self, roots: Sequence[WriteRoot]) -> Mapping[str, RootAnswer]:
        """Send one mutation with these roots; answers by alias.

        Raises:
            Ambiguous: any of it may have happened without an answer that says so.
        """
        creates = any(root.verb is Verb.ADD for root in roots)
        variables = write_variables(roots, self._gender_by)
        call = Call("write", write_document(roots), variables, effects=True, fresh=creates)
        answer = await self._exchange.ask(call)
        if any(kind_of(error, answer.status) is Kind.SYNTAX for error in answer.errors):
            log.warning("xledger.syntax_refused", likely_fields=likely_fields(roots))
        return answers_of(roots, answer)

    async def look_up(self, people: Sequence[Keys]) -> Mapping[str, Found]:
        """Find what exists for up to 500 people, by client id (`looking_up`)."""
        return await self._look_up.find(people)

    async def list_employees(self, after: str | None, first: int) -> Page:
        """Read one page of all employees (`listing`)."""
        return await page_of_employees(self._exchange, after, first)

    async def identity(self) -> Identity:
        """Say which entity the token reaches (`identity`)."""
        return await identity_of(self._exchange)

    async def missing_scopes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Test every scope of R-02: those missing, and those that could not be tested."""
        return await missing_scopes(self._exchange)
