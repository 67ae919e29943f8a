"""What trouble of Huma's becomes: over real HTTP, from the simulator's faults (R-97)."""

import asyncio
import traceback
from typing import Any
from uuid import uuid4

import httpx
import pytest

from connectors.huma import HumaClient, Limits
from schemas.errors import CredentialRefused, Fault, NotFound, Unavailable
from schemas.metrics import HUMA_SECONDS
from schemas.personal import Personal
from simulators.huma.serve import Ready
from tests.fixtures.arrivals import Numbers

pytestmark = pytest.mark.rule("R-97")


def strike(admin: Any, fault: str, **more: Any) -> None:
    """Let this fault strike whoever reads a person's detail."""
    match = {"operation": more.pop("operation", "GET /users/{id}")}
    admin("PUT", "/faults", [{"match": match, "fault": fault, **more}])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("http-500", Unavailable),
        ("http-503", Unavailable),
        ("http-429", Unavailable),
        ("reset", Unavailable),
        ("reset-after-commit", Unavailable),
        ("hang", Unavailable),
        ("drip", Unavailable),
        ("invalid-json", Unavailable),
        ("oversize", Unavailable),
        ("unauthorized", CredentialRefused),
        ("forbidden", CredentialRefused),
    ],
)
def test_trouble_is_told_by_what_to_do(
    ask: Any, first: str, admin: Any, fault: str, expected: type[Fault]
) -> None:
    """Whatever keeps Huma from answering is Unavailable; a refused client is CredentialRefused."""
    strike(admin, fault, seconds=1.0)
    with pytest.raises(expected) as caught:
        ask(lambda client: client.read(first))
    assert not isinstance(caught.value, NotFound)


@pytest.mark.parametrize("path", ["/users/{userId}/positions", "/users/{userId}/positions/{id}"])
def test_a_person_is_read_whole_or_not_at_all(ask: Any, first: str, admin: Any, path: str) -> None:
    """Trouble with the positions is trouble with the read."""
    strike(admin, "http-500", operation=f"GET {path}")
    with pytest.raises(Unavailable, match="500"):
        ask(lambda client: client.read(first))


def test_one_broken_connection_is_tried_again(ask: Any, first: str, admin: Any) -> None:
    """A kept-alive connection that the server has closed costs nothing but a second try."""
    strike(admin, "reset", times=1)
    assert ask(lambda client: client.read(first)).id == first


def test_a_session_that_ends_mid_run_is_renewed_once(
    huma: Ready, ask: Any, first: str, admin: Any
) -> None:
    """After a 401 a new token is fetched, and the read goes on."""

    async def read_twice(client: HumaClient) -> Any:
        await client.read(first)
        huma.simulator.sessions.revoke()
        return await client.read(first)

    before = admin("GET", "/journal", None)[-1:]
    number = before[0]["number"] if before else 0
    assert ask(read_twice).id == first
    journal = admin("GET", f"/journal?after={number}", None)
    operations = [entry["operation"] for entry in journal]
    assert operations.count("POST /auth/oauth/token") == 2
    assert "POST /auth/oauth/revoke" not in operations


def test_one_token_serves_many_reads(huma: Ready, ask: Any, admin: Any) -> None:
    """Reads that run at once fetch the token once."""

    async def read_all(client: HumaClient) -> None:
        users = list(huma.simulator.organization.users)[:8]
        await asyncio.gather(*(client.read(user) for user in users))

    number = len(admin("GET", "/journal", None))
    ask(read_all)
    journal = admin("GET", "/journal", None)[number:]
    assert [e["operation"] for e in journal].count("POST /auth/oauth/token") == 1


def test_a_wrong_secret_is_refused_without_being_told(huma: Ready, asking: Any) -> None:
    """The error of a refused client holds neither id nor secret."""
    secret = str(uuid4())
    with pytest.raises(CredentialRefused) as caught:
        asking(huma, secret=secret)(lambda client: client.organization())
    text = "".join(traceback.format_exception(caught.value))
    assert secret not in text
    assert huma.client_id not in text


def test_a_404_that_is_not_humas_makes_nobody_unknown(first: str) -> None:
    """A proxy's 404 is trouble, not the news that the person does not exist."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            granted = {"access_token": "t", "expires_in": 60, "organizationId": "o"}
            return httpx.Response(200, json=granted)
        return httpx.Response(404, text="<html>not here</html>")

    async def go() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            limits = Limits(timeout=1, max_bytes=1000, positions=1, people=1, passes=2)
            client = HumaClient(
                http, "http://huma", Personal("i"), Personal("s"),
                limits=limits, telemetry=Numbers(),
            )  # fmt: skip
            await client.read(first)

    with pytest.raises(Unavailable, match="404"):
        asyncio.run(go())


def test_the_organization_is_that_of_the_client(huma: Ready, ask: Any) -> None:
    """The token's answer names the organisation."""
    assert ask(lambda client: client.organization()) == huma.organization


@pytest.mark.rule("R-105")
def test_every_request_is_timed_by_operation_and_status(
    huma: Ready, asking: Any, first: str, admin: Any
) -> None:
    """A read is a token, a person and positions; what fails says how, and nobody is named."""
    numbers = Numbers()
    ask = asking(huma, numbers=numbers)
    ask(lambda client: client.read(first))
    assert {labels[1:] for labels in numbers.observed} == {
        ("token", "ok"), ("user", "ok"), ("positions", "ok"), ("position", "ok"),
    }  # fmt: skip
    for fault, status in (("http-503", "503"), ("hang", "Unavailable"), ("reset", "Broken")):
        numbers.observed.clear()
        strike(admin, fault, seconds=1.0)
        with pytest.raises(Unavailable):
            ask(lambda client: client.read(first))
        assert (HUMA_SECONDS.name, "user", status) in numbers.observed
