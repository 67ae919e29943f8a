"""The ASGI application: reads a request whole, lets faults strike, sends the answer."""

import asyncio
from typing import Final

from simulators.serving import reset
from simulators.wire import Message, Receive, Request, Send, read, send_whole
from simulators.xledger.admin import ADMIN, Admin
from simulators.xledger.call import Call, Reply
from simulators.xledger.faults import HANG_SECONDS
from simulators.xledger.simulator import Simulator

PATH: Final = "/graphql"
NOT_FOUND: Final = Reply(404, b"Not Found", "text/plain")
NOT_ALLOWED: Final = Reply(405, b"Method Not Allowed", "text/plain")
TOO_LARGE: Final = Reply(413, b"Content Too Large", "text/plain")


class App:
    """Serves one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._admin = Admin(simulator)
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request = await read(scope, receive, Request)
        if request is None:
            await _send(send, TOO_LARGE)
        elif request.path.startswith(ADMIN):
            await _send(send, self._admin.answer(request))
        elif request.path.lower().rstrip("/") != PATH:
            await _send(send, NOT_FOUND)
        elif request.method != "POST":
            await _send(send, NOT_ALLOWED)
        else:
            await self._api(scope, request, receive, send)

    async def _api(self, scope: Message, request: Request, receive: Receive, send: Send) -> None:
        call = self._simulator.begin(request)
        if call.kind == "late-commit" and not call.problems:
            await _gone(receive, HANG_SECONDS)
            await reset(scope, receive)
            self._commit_late(call)
            return
        try:
            await self._respond(call, scope, receive, send)
        finally:
            self._simulator.end(call)

    async def _respond(self, call: Call, scope: Message, receive: Receive, send: Send) -> None:
        wait = call.fault.wait if call.fault else 0.0
        latency = self._simulator.settings.latency_ms
        if latency:
            await asyncio.sleep(latency / 1000)
        if call.kind == "slow":
            await asyncio.sleep(wait)
        if call.kind == "hang":
            await _gone(receive, wait)
        if call.kind in ("hang", "reset-before"):
            await reset(scope, receive)
            return
        reply = self._simulator.answer(call)
        if call.kind == "timeout-after-commit":
            await _gone(receive, wait)
        if call.kind in ("reset-after-commit", "timeout-after-commit"):
            await reset(scope, receive)
            self._simulator.lose(call)
            return
        await _send(send, reply)

    def _commit_late(self, call: Call) -> None:
        """Execute a request after its client gave up: meanwhile others may overtake it."""
        self._simulator.leave(call)
        task = asyncio.get_running_loop().create_task(self._later(call))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _later(self, call: Call) -> None:
        assert call.fault is not None
        try:
            await asyncio.sleep(call.fault.wait)
            self._simulator.answer(call)
            self._simulator.lose(call)
        finally:
            self._simulator.end(call)


async def _gone(receive: Receive, seconds: float) -> None:
    """Wait until the client has given up, or so long."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


async def _send(send: Send, reply: Reply) -> None:
    await send_whole(send, reply.status, reply.body, reply.content_type)
