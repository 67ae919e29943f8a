"""Runs the simulator as a server: for the command `huma-xledger simulate huma`, and for tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from simulators.huma.app import App
from simulators.huma.publishing import Kafka, Nowhere
from simulators.huma.simulator import Simulator
from simulators.serving import Server

PEOPLE: Final = 50
"""How many people there are when nobody says."""


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


def run(port: int, seed: int, bootstrap_servers: str | None, people: int = PEOPLE) -> None:
    """Serve until a signal ends it; print the ready line once it listens.

    Args:
        port: 0 takes any free one.
        seed: makes organisation, people and client.
        bootstrap_servers: where Kafka is; None keeps events for `/_admin/events` only.
        people: how many there are at first.
    """
    server, ready = _prepare(port, seed, bootstrap_servers, people)
    server.run(ready.line())
    ready.simulator.flush()


@contextmanager
def running(
    seed: int = 1,
    bootstrap_servers: str | None = None,
    people: int = PEOPLE,
    port: int = 0,
) -> Iterator[Ready]:
    """Serve in a thread of this process, and stop at the end."""
    server, ready = _prepare(port, seed, bootstrap_servers, people)
    try:
        with server.in_thread():
            yield ready
    finally:
        ready.simulator.flush()


def _prepare(
    port: int, seed: int, bootstrap_servers: str | None, people: int
) -> tuple[Server, Ready]:
    simulator = Simulator(
        seed, people, Kafka(bootstrap_servers) if bootstrap_servers else Nowhere()
    )
    server = Server(App(simulator), port)
    ready = Ready(
        url=server.url,
        client_id=simulator.client.id,
        client_secret=simulator.client.secret,
        organization=simulator.organization.id,
        simulator=simulator,
    )
    return server, ready
