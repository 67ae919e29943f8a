"""Runs the simulator as a server: for the command `huma-xledger simulate huma`, and for tests."""

import gc
import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulators.huma.app import TRANSPORT, App
from simulators.huma.publishing import Kafka, Nowhere
from simulators.huma.simulator import Simulator

HOST: Final = "127.0.0.1"
PEOPLE: Final = 50
"""How many people there are when nobody says."""
START_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What one needs to use a running simulator."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    organization: str
    simulator: Simulator = field(repr=False)

    def line(self) -> str:
        """Return the one JSON line that says so."""
        names = ("url", "client_id", "client_secret", "organization")
        return json.dumps({name: getattr(self, name) for name in names})


class _Protocol(HttpToolsProtocol):
    """Lets the application reset its connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[typeddict-unknown-key]


def run(port: int, seed: int, bootstrap_servers: str | None, people: int = PEOPLE) -> None:
    """Serve until a signal ends it; print the ready line once it listens.

    Args:
        port: 0 takes any free one.
        seed: makes organisation, people and client.
        bootstrap_servers: where Kafka is; None keeps events for `/_admin/events` only.
        people: how many there are at first.
    """
    server, ready, listening = _prepare(port, seed, bootstrap_servers, people)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # the server stops, then raises it once more
    gc.freeze()  # the people stay: looking through them for garbage halves a flood's speed
    sys.stdout.write(ready.line() + "\n")
    sys.stdout.flush()
    server.run(sockets=[listening])
    ready.simulator.flush()


@contextmanager
def running(
    seed: int = 1,
    bootstrap_servers: str | None = None,
    people: int = PEOPLE,
    port: int = 0,
) -> Iterator[Ready]:
    """Serve in a thread of this process, and stop at the end."""
    server, ready, listening = _prepare(port, seed, bootstrap_servers, people)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        yield ready
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        ready.simulator.flush()
        listening.close()


def _prepare(
    port: int, seed: int, bootstrap_servers: str | None, people: int
) -> tuple[uvicorn.Server, Ready, socket.socket]:
    """Bind the port, so that connections are taken from here on, and build the server."""
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, port))
    listening.listen(1024)
    simulator = Simulator(
        seed, people, Kafka(bootstrap_servers) if bootstrap_servers else Nowhere()
    )
    config = uvicorn.Config(
        App(simulator),
        http=_Protocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
    ready = Ready(
        url=f"http://{HOST}:{listening.getsockname()[1]}",
        client_id=simulator.client.id,
        client_secret=simulator.client.secret,
        organization=simulator.organization.id,
        simulator=simulator,
    )
    return uvicorn.Server(config), ready, listening
