"""Runs the simulator as a server: for `huma-xledger simulate xledger`, and for tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from simulators.serving import Server
from simulators.xledger.app import App
from simulators.xledger.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Ready:
    """What one needs to use a running simulator."""

    url: str
    tokens: list[dict[str, Any]] = field(repr=False)
    simulator: Simulator = field(repr=False)

    def line(self) -> str:
        """Return the one JSON line that says so."""
        return json.dumps({"url": self.url, "tokens": self.tokens})


def run(port: int, seed: int) -> None:
    """Serve until a signal ends it; print the ready line once it listens.

    Args:
        port: 0 takes any free one.
        seed: makes companies and tokens.
    """
    server, ready = _prepare(port, seed)
    server.run(ready.line())


@contextmanager
def running(seed: int = 1, port: int = 0) -> Iterator[Ready]:
    """Serve in a thread of this process, and stop at the end."""
    server, ready = _prepare(port, seed)
    with server.in_thread():
        yield ready


def _prepare(port: int, seed: int) -> tuple[Server, Ready]:
    simulator = Simulator(seed)
    server = Server(App(simulator), port)
    tokens = [token.shown() for token in simulator.tokens.all()]
    return server, Ready(server.url, tokens, simulator)
