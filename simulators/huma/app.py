"""The ASGI application: reads a request whole, lets faults strike, sends the answer."""

import asyncio
from typing import Final

from simulators.huma.faults import Fault
from simulators.huma.request import Request
from simulators.huma.simulator import ADMIN, Reply, Simulator
from simulators.serving import reset
from simulators.wire import Message, Receive, Send, read, send_whole

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
        request = await read(scope, receive, Request)
        if request is None:
            await send_whole(send, 413, b"")
        elif request.path.startswith(ADMIN):
            reply = self._simulator.admin(request)
            await self._flush(request)
            await send_whole(send, reply.status, reply.encoded())
        else:
            await self._api(scope, request, receive, send)

    async def _api(self, scope: Message, request: Request, receive: Receive, send: Send) -> None:
        entry, fault = self._simulator.begin(request)
        kind = fault.fault if fault else None
        if fault and kind in ("slow", "hang"):
            await asyncio.sleep(fault.wait)
        if kind in ("hang", "reset", "reset-before"):
            await reset(scope, receive)
            return
        reply = self._simulator.answer(request, fault, entry)
        await self._flush(request)
        if fault and kind == "timeout-after-commit":
            await asyncio.sleep(fault.wait)
        if kind in ("reset-after-commit", "timeout-after-commit"):
            await reset(scope, receive)
        elif fault and kind == "drip":
            await _drip(send, reply, fault)
        else:
            await send_whole(send, reply.status, _spoiled(reply.encoded(), kind))

    async def _flush(self, request: Request) -> None:
        if request.method != "GET":
            await asyncio.to_thread(self._simulator.flush)


def _spoiled(body: bytes, kind: str | None) -> bytes:
    if kind == "invalid-json":
        return body[: len(body) // 2] + b"<"
    return body + b" " * OVERSIZE if kind == "oversize" else body


async def _drip(send: Send, reply: Reply, fault: Fault) -> None:
    """Send blanks one by one before the answer: no single read is slow, the whole is."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    for _ in range(int(fault.wait / DRIP_SECONDS)):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(DRIP_SECONDS)
    await send({"type": "http.response.body", "body": reply.encoded()})
