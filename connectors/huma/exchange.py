"""One request to Huma: bounded in time and size, each failure translated (`faults`)."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from connectors.huma.faults import CAUGHT, OK, Broken, of_exception
from processors.ports.telemetry import Telemetry
from schemas.errors import Unavailable
from schemas.metrics import HUMA_SECONDS
from schemas.personal import Personal

IDENTITY: Final = "identity"
PLAIN: Final = {"accept": "application/json", "accept-encoding": IDENTITY}
"""A packed answer could unpack to far more than the limit at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and the whole body of an answer."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)


class Exchange:
    """Sends requests through one httpx client.

    Args:
        http: the client; its own time-outs are not used.
        url: Huma's address, to which paths are added.
        timeout: seconds for one request, from the first byte written to the last one read.
        max_bytes: the largest body that is read.
        telemetry: takes the seconds of each request.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        timeout: float,
        max_bytes: int,
        telemetry: Telemetry,
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._telemetry = telemetry

    async def get(
        self, operation: str, path: str, query: Mapping[str, int], token: Personal[str]
    ) -> Answer:
        """Read a path; once more when the connection breaks off.

        Args:
            operation: its name in metrics.
            path: what to read.
            query: its parameters.
            token: the access token.

        Raises:
            Unavailable: no whole answer came.
        """
        headers = {**PLAIN, "authorization": f"Bearer {token.reveal()}"}
        return await self._twice(
            operation,
            lambda: httpx.Request("GET", self._url + path, params=query, headers=headers),
        )

    async def post(self, operation: str, path: str, form: Mapping[str, str]) -> Answer:
        """Post a form that changes nothing; otherwise as `get`."""
        return await self._twice(
            operation, lambda: httpx.Request("POST", self._url + path, data=form, headers=PLAIN)
        )

    async def _twice(self, operation: str, request: Callable[[], httpx.Request]) -> Answer:
        try:
            return await self._timed(operation, request)
        except Broken:
            return await self._timed(operation, request)

    async def _timed(self, operation: str, request: Callable[[], httpx.Request]) -> Answer:
        started = time.monotonic()
        status = "cancelled"
        try:
            answer = await self._once(request)
            status = "ok" if answer.status == OK else str(answer.status)
        except Unavailable as fault:
            status = type(fault).__name__
            raise
        finally:
            seconds = time.monotonic() - started
            self._telemetry.observe(HUMA_SECONDS, seconds, operation, status)
        return answer

    async def _once(self, request: Callable[[], httpx.Request]) -> Answer:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._whole(request())
        except CAUGHT as exception:
            fault = of_exception(exception)
        raise fault

    async def _whole(self, request: httpx.Request) -> Answer:
        response = await self._http.send(request, stream=True)
        try:
            if response.headers.get("content-encoding", IDENTITY) != IDENTITY:
                raise Unavailable("Huma's answer is packed, though none such was asked for")
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self._max_bytes:
                    raise Unavailable(f"Huma's answer is larger than {self._max_bytes} bytes")
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body))
