"""One request to Xledger: through the permit, bounded in time and size, its trouble translated."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from connectors.xledger.answers import Answer, edges_of, parse
from connectors.xledger.errors import LONGEST_RESET, Waits, trouble_of
from connectors.xledger.faults import CAUGHT, away, of_exception
from connectors.xledger.kinds import without_values
from processors.ports.telemetry import Telemetry
from processors.ports.xledger import Permit
from schemas.errors import CredentialRefused, Fault, Limited, Unavailable
from schemas.metrics import XLEDGER_SECONDS
from schemas.personal import Personal

HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "gzip, identity",
    "content-type": "application/json",
}
UNPACKED: Final = ("gzip", "identity")
"""Packed once, a part of an answer grows some thousandfold at the most; packed twice, a small one
fills the memory before its size is seen."""
PATH: Final = "/graphql"
SENDABLE: Final = re.compile("[!-~]{1,8192}")
"""What a token must look like to stand in a header."""

FIRST_BYTE: Final = "send_request_headers.started"
"""How httpcore's trace ends the name of the event before the first byte of a request."""

REACH: Final = 0.5
"""Part of the total time-out to get a connection in; httpx then closes what it began, which it does
not when the total one ends a TLS handshake."""

REFUSED: Final = (401, 403)
TOO_MANY: Final = 429

Fresh = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]
Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `operation` is its name in metrics; `fresh` asks for a new connection."""

    operation: str
    document: str
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    effects: bool = False
    fresh: bool = False


class Exchange:
    """Sends the calls of one token.

    Args:
        http: the client of all lanes; its time-outs are not used.
        fresh: makes a client whose first request opens a connection of its own.
        url: Xledger's address; without a path, its own is added.
        token: the API token.
        permit: entered before each request.
        timeout: seconds for one request, from connecting to the last byte read.
        max_bytes: the largest answer that is read, unpacked.
        waits: how long limits last.
        telemetry: takes the seconds of each request.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        fresh: Fresh,
        url: str,
        token: Personal[str],
        permit: Permit,
        *,
        timeout: float,
        max_bytes: int,
        waits: Waits,
        telemetry: Telemetry,
    ) -> None:
        self._http = http
        self._fresh = fresh
        self._url = url
        self._token = token
        self._permit = permit
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._waits = waits
        self._telemetry = telemetry

    async def ask(self, call: Call) -> Answer:
        """Send one request; the answer's errors, if any, are refusals of data.

        Raises:
            Limited, Unavailable, Ambiguous, CredentialRefused: as `errors` and `faults` say;
                never Ambiguous when the call has no effects.
        """
        async with self._permit.request():
            started = time.monotonic()
            status = "cancelled"
            try:
                answer = await self._once(call)
                status = "refused" if answer.errors else "ok"
            except Fault as fault:
                status = type(fault).__name__
                raise
            finally:
                seconds = time.monotonic() - started
                self._telemetry.observe(XLEDGER_SECONDS, seconds, call.operation, status)
        return answer

    async def read(self, call: Call) -> Mapping[str, Any]:
        """Send a query; a part of an answer is none (R-18).

        Raises:
            Unavailable: Xledger refuses the query, or answers in part; otherwise as `ask`.
        """
        answer = await self.ask(call)
        if answer.errors or answer.data is None:
            raise Unavailable(f"Xledger refuses to answer: {call.operation}")
        return answer.data

    async def _once(self, call: Call) -> Answer:
        if not SENDABLE.fullmatch(self._token.reveal()):
            raise CredentialRefused("the token holds characters that no token has")
        started: list[str] = []

        async def trace(event: str, _: Mapping[str, Any]) -> None:
            if event.endswith(FIRST_BYTE):
                started.append(event)

        try:
            async with asyncio.timeout(self._timeout):
                response, body = await self._whole(call, self._request(call, trace))
            return self._answer(call, response, body)
        except CAUGHT as exception:
            fault = of_exception(exception, effects=call.effects, sent=bool(started))
        raise fault

    def _request(self, call: Call, trace: Trace) -> httpx.Request:
        reach = self._timeout * REACH
        return httpx.Request(
            "POST",
            endpoint(self._url),
            content=orjson.dumps({"query": call.document, "variables": call.variables}),
            headers={**HEADERS, "authorization": f"token {self._token.reveal()}"},
            extensions={"trace": trace, "timeout": {"connect": reach, "pool": reach}},
        )

    async def _whole(self, call: Call, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        if call.fresh:
            async with self._fresh() as http:
                return await self._received(call, http, request)
        return await self._received(call, self._http, request)

    async def _received(
        self, call: Call, http: httpx.AsyncClient, request: httpx.Request
    ) -> tuple[httpx.Response, bytes]:
        response = await http.send(request, stream=True)
        body = bytearray()
        try:
            if response.headers.get("content-encoding", "identity").lower() not in UNPACKED:
                raise away("packed its answer as nobody asked for", effects=call.effects)
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self._max_bytes:
                    says = f"sent an answer larger than {self._max_bytes} bytes"
                    raise away(says, effects=call.effects)
        finally:
            await response.aclose()
        return response, bytes(body)

    def _answer(self, call: Call, response: httpx.Response, body: bytes) -> Answer:
        status = response.status_code
        answer = parse(status, body)
        if answer is None:
            raise _no_answer(call, status, response.headers.get("retry-after", ""))
        answer = without_values(answer, call.variables)
        trouble = trouble_of(
            answer, call.document, self._waits, effects=call.effects, done=_any_done(answer)
        )
        if trouble is not None:
            raise trouble
        return answer


def endpoint(url: str) -> httpx.URL:
    """Return where to post: Xledger has one path for everything (`xledger-api.md` 1.1).

    >>> endpoint("https://demo.xledger.net/"), endpoint("http://127.0.0.1:1/graphql/")
    (URL('https://demo.xledger.net/graphql'), URL('http://127.0.0.1:1/graphql/'))

    Raises:
        httpx.InvalidURL: it is no address.
    """
    address = httpx.URL(url)
    return address if address.path != "/" else address.copy_with(path=PATH)


def _no_answer(call: Call, status: int, retry_after: str) -> Fault:
    """Return what a body that is not GraphQL's means: a proxy's, a maintenance page, a truncation.

    Those that refuse by status have certainly not passed the request on.
    """
    digits = retry_after.isascii() and retry_after.isdigit()
    wait = min(float(retry_after), LONGEST_RESET) if digits else None
    if status in REFUSED:
        return CredentialRefused(f"Xledger refuses the token: status {status}")
    if status == TOO_MANY:
        return Limited("Xledger's limit: burst", "burst", wait or 5.0)
    says = f"answered with status {status} and nothing that GraphQL promises"
    return away(says, effects=call.effects, retry_after=wait)


def _any_done(answer: Answer) -> bool:
    roots = answer.data.values() if answer.data else ()
    return any(True for root in roots for _ in edges_of(root))
