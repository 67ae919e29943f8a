"""A running simulated Huma, and a client for it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import httpx
import pytest

from connectors.huma import HumaClient, Limits
from schemas.personal import Personal
from simulators.huma.serve import Ready, running
from tests.fixtures.arrivals import Numbers

LIMITS = Limits(timeout=0.4, max_bytes=1 << 20, positions=100, people=1000, passes=4)

T = TypeVar("T")
Ask = Callable[[Callable[[HumaClient], Awaitable[T]]], T]


@pytest.fixture(scope="module")
def server() -> Iterator[Ready]:
    """Serve 120 people."""
    with running(people=120) as ready:
        yield ready


@pytest.fixture
def huma(server: Ready) -> Iterator[Ready]:
    """Serve as at first, and without faults."""
    yield server
    _admin(server, "PUT", "/faults", [])
    _admin(server, "DELETE", "/state", None)


@pytest.fixture
def ask(huma: Ready) -> Ask[Any]:
    """Do something with a fresh client of this Huma."""
    return _asking(huma)


def _asking(
    huma: Ready,
    limits: Limits = LIMITS,
    secret: str | None = None,
    numbers: Numbers | None = None,
) -> Ask[Any]:
    """Return a function that does something with a fresh client."""

    def ask(question: Callable[[HumaClient], Awaitable[T]]) -> T:
        async def go() -> T:
            async with httpx.AsyncClient() as http:
                client = HumaClient(
                    http,
                    huma.url,
                    Personal(huma.client_id),
                    Personal(secret or huma.client_secret),
                    limits=limits,
                    telemetry=numbers or Numbers(),
                )
                return await question(client)

        return asyncio.run(go())

    return ask


def _admin(huma: Ready, method: str, path: str, body: Any) -> Any:
    """Use the simulator's own paths."""
    answer = httpx.request(method, f"{huma.url}/_admin{path}", json=body)
    answer.raise_for_status()
    return answer.json()


@pytest.fixture
def asking() -> Callable[..., Ask[Any]]:
    """Return a maker of clients with limits or a secret of their own."""
    return _asking


@pytest.fixture
def admin(huma: Ready) -> Callable[[str, str, Any], Any]:
    """Use the simulator's own paths."""
    return lambda method, path, body: _admin(huma, method, path, body)


@pytest.fixture
def first(huma: Ready) -> str:
    """Return somebody's id."""
    users: dict[str, Any] = huma.simulator.organization.users
    return next(iter(users))
