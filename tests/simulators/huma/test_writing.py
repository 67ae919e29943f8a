"""What the API writes comes out as events (`huma-api.md` 1.1, `interfaces.md`, Events)."""

from typing import Any

import orjson
import pytest

from simulators.huma.serve import Ready

ADDRESS = {"line1": "A", "line2": "", "line3": "", "postalCode": "0150", "city": "Oslo"}


def brief(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Return types and data."""
    return [(event["headers"]["ce_type"], orjson.loads(event["value"])) for event in events]


@pytest.mark.rule("R-38")
def test_a_person_takes_a_post_a_patch_and_identifications(
    call: Any, events: Any, server: Ready
) -> None:
    """Creation with all fields is several writes, each its own event."""
    group = next(iter(server.simulator.organization.groups))
    new = {"email": "ny@fjordmat.example", "givenName": "Ny", "familyName": "Ås"}
    made = call("POST", "/users", {**new, "groups": [group], "invite": False}).json()
    path = f"/users/{made['id']}"
    assert (
        call("PATCH", path, {"employmentId": "007", "birthDate": "1990-01-31"}).status_code == 200
    )
    number = {"type": "national", "country": "NO", "value": "17912099997"}
    added = call("POST", f"{path}/identifications", number).json()
    (created, first), second, third = brief(events())
    assert created == "com.humahr.user.created.v1"
    assert first["user"]["email"] == "ny@fjordmat.example"
    assert first["origin"] == "integration:open-api"
    changes = {"employmentId": "007", "birthDate": "1990-01-31"}
    assert second == ("com.humahr.user.updated.v1", {"changes": changes})
    assert third[1] == {"changes": {"identifications": [{**number, "id": added["id"]}]}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"birthDate": "31.01.1990"}, "birthDate"),
        ({"birthDate": "1990-02-30"}, "birthDate"),
        ({"phone": "1" * 256}, "phone"),
        ({"homeAddress": {"line1": "A"}}, "homeAddress"),
        ({"bankAccount": {"number": "1"}}, "bankAccount"),
        ({"email": "PERSON00001@fjordmat.example"}, "email"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_happens(
    call: Any, events: Any, first: str, body: dict[str, Any], field: str
) -> None:
    """A 400 names the field, never the holder of a value that is taken."""
    answer = call("PATCH", f"/users/{first}", body)
    assert (answer.status_code, answer.json()["fields"]) == (400, [field])
    assert events() == []


@pytest.mark.parametrize(
    ("clear", "value", "status", "cleared"),
    [
        ("null", None, 200, True),
        ("null", "", 400, False),
        ("empty", "", 200, True),
        ("empty", None, 400, False),
        ("omit", None, 200, False),
        ("omit", "", 200, False),
    ],
)
def test_a_field_is_cleared_as_the_setting_says(
    call: Any, first: str, clear: str, value: str | None, status: int, *, cleared: bool
) -> None:
    """By null, by empty text, or not at all."""
    call("PUT", "/_admin/settings", {"clear": clear})
    assert call("PATCH", f"/users/{first}", {"gender": value}).status_code == status
    assert ("value" not in call("GET", f"/users/{first}").json()["gender"]) == cleared


def test_an_address_needs_all_its_parts(call: Any, first: str, events: Any) -> None:
    """With six parts it is taken, and the event leaves the empty ones out."""
    whole = {**ADDRESS, "country": "NO"}
    assert call("PATCH", f"/users/{first}", {"homeAddress": whole}).status_code == 200
    told = {name: part for name, part in whole.items() if part}
    assert brief(events())[0][1] == {"changes": {"homeAddress": told}}


@pytest.mark.rule("R-99")
def test_an_email_of_somebody_who_logged_in_waits(call: Any, events: Any, first: str) -> None:
    """No event, and the new address as requested value, until it is confirmed."""
    call("PATCH", "/_admin/state", {"users": {first: {"loggedIn": True}}})
    email = call("PATCH", f"/users/{first}", {"email": "new@fjordmat.example"}).json()["email"]
    assert email["requestedValue"] == "new@fjordmat.example"
    assert email["value"] == "person00000@fjordmat.example"
    assert events() == []


def test_a_positions_life_is_told(call: Any, events: Any, first: str, server: Ready) -> None:
    """POST, PATCH and DELETE of a position are three events."""
    title = next(iter(server.simulator.organization.job_titles.values()))
    body = {"contractStartDate": "2026-01-01", "contractType": "Permanent", "titleId": title["id"]}
    made = call("POST", f"/users/{first}/positions", body).json()
    path = f"/users/{first}/positions/{made['id']}"
    call("PATCH", path, {"contractEndDate": "2027-01-01"})
    assert call("DELETE", path).content == b""
    told = brief(events())
    assert [type_.split(".")[3] for type_, _ in told] == ["created", "updated", "deleted"]
    assert told[1][1]["position"] == {
        "id": made["id"],
        "title": title,
        "contractStartDate": "2026-01-01",
        "contractEndDate": "2027-01-01",
        "contractType": "Permanent",
        "percentage": 100,
    }
    assert told[2][1] == {"position": {"id": made["id"]}}


def test_primary_is_kept_apart_from_the_api(call: Any, events: Any, first: str) -> None:
    """The API neither serves the flag nor takes it; a change by the API is told with it."""
    call("PATCH", "/_admin/state", {"positions": {first: {"p": {"primary": True}}}})
    path = f"/users/{first}/positions/p"
    answers = [call("PATCH", path, {"percentage": 40, "primary": False}), call("GET", path)]
    answers += [call("GET", f"/users/{first}{rest}") for rest in ("", "/positions")]
    assert all("primary" not in answer.text for answer in answers)
    assert brief(events())[-1][1] == {"position": {"id": "p", "primary": True, "percentage": 40}}


def test_a_wrong_group_is_refused(call: Any, events: Any, first: str) -> None:
    """Neither joined nor left, in the API's words."""
    for method in ("POST", "DELETE"):
        for body in (["unknown"], {"id": "x"}, None):
            answer = call(method, f"/users/{first}/groups", body)
            assert (answer.status_code, answer.json()["fields"][0] in ("groups", "body")) == (
                400,
                True,
            )
    assert events() == []


def test_membership_is_told_whole(call: Any, events: Any, first: str, server: Ready) -> None:
    """Joining and leaving a group are events with all groups after them."""
    organization = server.simulator.organization
    held = organization.users[first]["groups"]
    new = next(g for g in organization.groups if g not in {one["id"] for one in held})
    call("POST", f"/users/{first}/groups", [new])
    call("DELETE", f"/users/{first}/groups", [held[0]["id"]])
    joined, left = brief(events())
    assert [one["id"] for one in joined[1]["groups"]] == [*(one["id"] for one in held), new]
    assert [one["id"] for one in left[1]["groups"]] == [held[1]["id"], new]
