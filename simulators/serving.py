"""Runs a simulator's application as a server: until a signal ends it, or in a thread of a test."""

import gc
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulators.wire import Message, Receive

HOST: Final = "127.0.0.1"
TRANSPORT: Final = "simulators.transport"
"""Where the server puts the connection, so that a fault can reset it."""
START_SECONDS: Final = 10.0


class _Protocol(HttpToolsProtocol):
    """Lets the application reset its connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[typeddict-unknown-key]


async def reset(scope: Message, receive: Receive) -> None:
    """Break a connection off, and wait until it is gone, so that nobody misses an answer on it."""
    scope[TRANSPORT].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class Server:
    """A bound port, on which connections are taken from here on, and what will answer them.

    Args:
        app: an ASGI application.
        port: 0 takes any free one.
    """

    def __init__(self, app: Any, port: int) -> None:
        # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named
        self._listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind((HOST, port))
        self._listening.listen(1024)
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=30,
        )
        self._uvicorn = uvicorn.Server(config)
        self.url = f"http://{HOST}:{self._listening.getsockname()[1]}"

    def run(self, ready_line: str) -> None:
        """Print the ready line, and serve until a signal ends it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # the server stops, then raises it once more
        gc.freeze()  # what is there stays: looking through it for garbage halves a flood's speed
        gc.set_threshold(100_000, 50, 100)  # as does looking after each request's worth of dicts
        sys.stdout.write(ready_line + "\n")
        sys.stdout.flush()
        self._uvicorn.run(sockets=[self._listening])

    @contextmanager
    def in_thread(self) -> Iterator[None]:
        """Serve in a thread of this process, and stop at the end."""
        thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._listening]}, daemon=True
        )
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._uvicorn.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        try:
            yield
        finally:
            self._uvicorn.should_exit = True
            thread.join(START_SECONDS)
            self._listening.close()
