"""A running simulated Huma, and a caller with a token."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from simulators.huma.serve import Ready, running

Call = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def server() -> Iterator[Ready]:
    """Serve 60 people."""
    with running(people=60) as ready:
        yield ready


@pytest.fixture(scope="module")
def http(server: Ready) -> Iterator[httpx.Client]:
    """Share one connection, with the token of the simulator's client."""
    with httpx.Client(base_url=server.url) as client:
        form = {"client_id": server.client_id, "client_secret": server.client_secret}
        granted = client.post(
            "/auth/oauth/token", data={"grant_type": "client_credentials", **form}
        ).json()
        client.headers["authorization"] = f"Bearer {granted['access_token']}"
        yield client


@pytest.fixture
def call(http: httpx.Client) -> Iterator[Call]:
    """Call a path: method, path, JSON; afterwards all is as it was at first."""

    def send(method: str, path: str, body: Any = None) -> httpx.Response:
        return http.request(method, path, json=body)

    yield send
    send("PUT", "/_admin/faults", [])
    send("PUT", "/_admin/settings", {"clear": "null"})
    send("DELETE", "/_admin/state")


@pytest.fixture
def events(call: Call) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that returns what was published since the last call of it."""
    seen = len(call("GET", "/_admin/events").json())

    def since() -> list[dict[str, Any]]:
        nonlocal seen
        found: list[dict[str, Any]] = call("GET", f"/_admin/events?after={seen}").json()
        seen += len(found)
        return found

    return since


@pytest.fixture
def first(server: Ready) -> str:
    """Return somebody's id."""
    users: dict[str, Any] = server.simulator.organization.users
    return next(iter(users))
