"""The API's paths, statuses, wrappers, pages and errors (`huma-api.md` 1.1)."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from simulators.huma.serve import Ready


def holds_null(value: Any) -> bool:
    """Say whether null stands anywhere in an answer."""
    if isinstance(value, dict):
        return any(map(holds_null, value.values()))
    if isinstance(value, list):
        return any(map(holds_null, value))
    return value is None


def test_a_token_names_organization_and_user(server: Ready) -> None:
    """The answer holds all that the API requires of it."""
    form = {"client_id": server.client_id, "client_secret": server.client_secret}
    answer = httpx.post(
        f"{server.url}/auth/oauth/token", data={"grant_type": "client_credentials", **form}
    )
    assert answer.json().keys() == {
        "access_token",
        "expires_in",
        "token_type",
        "organizationId",
        "userId",
    }
    assert answer.json()["organizationId"] == server.organization


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"grant_type": "password"}, 400),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}, 401),
    ],
)
def test_a_wrong_client_gets_no_token(server: Ready, form: dict[str, str], status: int) -> None:
    """Another grant is a 400, another secret a 401."""
    assert httpx.post(f"{server.url}/auth/oauth/token", data=form).status_code == status


@pytest.mark.parametrize("token", [None, "Bearer nonsense"])
def test_without_a_token_nothing_is_told(server: Ready, token: str | None) -> None:
    """A missing or unknown token is a 401 in OAuth's words."""
    headers = {"authorization": token} if token else {}
    answer = httpx.get(f"{server.url}/users", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_revoking_ends_every_session(server: Ready) -> None:
    """All tokens of the client are refused afterwards."""
    form = {"client_id": server.client_id, "client_secret": server.client_secret}
    kept = dict(server.simulator.sessions._good_until)
    tokens = [
        httpx.post(
            f"{server.url}/auth/oauth/token", data={"grant_type": "client_credentials", **form}
        ).json()["access_token"]
        for _ in range(2)
    ]
    headers = [{"authorization": f"Bearer {token}"} for token in tokens]
    assert httpx.post(f"{server.url}/auth/oauth/revoke", headers=headers[0]).content == b""
    assert httpx.get(f"{server.url}/users", headers=headers[1]).status_code == 401
    server.simulator.sessions._good_until.update(kept)


def test_pages_are_short_at_the_end(call: Any) -> None:
    """25 people by default, 50 at the most, and what is left on the last page."""
    pages = [call("GET", f"/users{query}").json() for query in ("", "?limit=50", "?offset=50")]
    assert [len(page["items"]) for page in pages] == [25, 50, 10]
    assert call("GET", "/users?limit=51").status_code == 400
    assert len(call("GET", "/groups").json()["items"]) == 6


def test_a_listed_person_is_plain_and_poor(call: Any) -> None:
    """The listing has no employment id, birth date, address, account or identification."""
    person = call("GET", "/users?limit=1").json()["items"][0]
    assert isinstance(person["email"], str)
    rich = {"employmentId", "birthDate", "homeAddress", "bankAccount", "identifications"}
    assert not rich & person.keys()


def test_a_detail_is_wrapped(call: Any, first: str, server: Ready) -> None:
    """Values stand in wrappers; id, type and status do not."""
    told = server.simulator.organization.users[first]
    detail = call("GET", f"/users/{first}").json()
    assert detail["employmentId"]["value"] == told["employmentId"]
    assert detail["birthDate"].keys() == {"value", "editable"}
    assert (detail["id"], detail["type"], detail["status"]) == (first, "user", {"active": True})


def test_nothing_is_ever_null(call: Any, first: str) -> None:
    """A cleared field has a wrapper without value."""
    call(
        "PATCH", "/_admin/state", {"users": {first: {"phone": None, "homeAddress": {"city": None}}}}
    )
    detail = call("GET", f"/users/{first}").json()
    assert detail["phone"] == {"editable": True, "integrations": {}}
    assert not holds_null(detail)
    assert not holds_null(call("GET", "/users?limit=50").json())


def test_a_deactivated_person_is_still_there(call: Any, first: str) -> None:
    """Listed, not among the active ones, and not editable."""
    call("PATCH", "/_admin/state", {"users": {first: {"status": {"active": False}}}})
    active = call("GET", "/users?limit=50&isActive=true").json()
    assert first not in {person["id"] for person in active["items"]}
    assert call("GET", f"/users/{first}").json()["phone"]["editable"] is False
    assert call("PATCH", f"/users/{first}", {"phone": "1"}).status_code == 400


def test_positions_are_listed_poorly_and_told_in_full(call: Any, first: str) -> None:
    """Probation end and notice date stand in a position's own answer only; primary nowhere."""
    id_ = str(uuid4())
    position = {"probationEndDate": "2026-12-31", "primary": True, "percentage": 40}
    call("PATCH", "/_admin/state", {"positions": {first: {id_: position}}})
    items = call("GET", f"/users/{first}/positions").json()["items"]
    assert next(one for one in items if one["id"] == id_) == {
        "id": id_,
        "status": "CURRENT",
        "percentage": 40,
    }
    detail = call("GET", f"/users/{first}/positions/{id_}").json()
    assert detail["probationEndDate"] == {"value": "2026-12-31", "editable": True}
    assert "primary" not in detail


@pytest.mark.parametrize(
    "path", ["/users/{}", "/users/{}/positions", "/groups/{}", "/job-titles/{}", "/nothing/{}"]
)
def test_what_is_unknown_is_a_404(call: Any, path: str) -> None:
    """In the API's words."""
    answer = call("GET", path.format(uuid4()))
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "object:not-found")
