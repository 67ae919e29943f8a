"""The ASGI application: reads a request whole, lets faults strike, sends the answer."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from simulators.huma.faults import Fault
from simulators.huma.request import Request
from simulators.huma.simulator import ADMIN, Reply, Simulator

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST: Final = 256 * 1024 * 1024
"""The largest request body, in bytes: a whole state of 100,000 people."""
TRANSPORT: Final = "huma.transport"
"""Where the server puts the connection, so that a fault can reset it."""
OVERSIZE: Final = 64 * 1024 * 1024
DRIP_SECONDS: Final = 0.05


class App:
    """Serves one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        if request is None:
            await _send(send, 413, b"")
        elif request.path.startswith(ADMIN):
            reply = self._simulator.admin(request)
            await self._flush(request)
            await _send(send, reply.status, reply.encoded())
        else:
            await self._api(scope, request, send)

    async def _api(self, scope: Message, request: Request, send: Send) -> None:
        entry, fault = self._simulator.begin(request)
        kind = fault.fault if fault else None
        if fault and kind in ("slow", "hang"):
            await asyncio.sleep(fault.wait)
        if kind in ("hang", "reset", "reset-before"):
            scope[TRANSPORT].abort()
            return
        reply = self._simulator.answer(request, fault, entry)
        await self._flush(request)
        if fault and kind == "timeout-after-commit":
            await asyncio.sleep(fault.wait)
        if kind in ("reset-after-commit", "timeout-after-commit"):
            scope[TRANSPORT].abort()
        elif fault and kind == "drip":
            await _drip(send, reply, fault)
        else:
            await _send(send, reply.status, _spoiled(reply.encoded(), kind))

    async def _flush(self, request: Request) -> None:
        if request.method != "GET":
            await asyncio.to_thread(self._simulator.flush)


def _spoiled(body: bytes, kind: str | None) -> bytes:
    if kind == "invalid-json":
        return body[: len(body) // 2] + b"<"
    return body + b" " * OVERSIZE if kind == "oversize" else body


async def _read(scope: Message, receive: Receive) -> Request | None:
    """Return the request, or None when its body is too large."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            return None
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=parse_qs(scope["query_string"].decode("latin-1")),
        headers={name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]},
        body=bytes(body),
    )


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _drip(send: Send, reply: Reply, fault: Fault) -> None:
    """Send blanks one by one before the answer: no single read is slow, the whole is."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    for _ in range(int(fault.wait / DRIP_SECONDS)):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(DRIP_SECONDS)
    await send({"type": "http.response.body", "body": reply.encoded()})
