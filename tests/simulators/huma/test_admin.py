"""The simulator's own paths (`interfaces.md`, HTTP)."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from simulators.huma.serve import Ready


def test_the_state_can_be_taken_away_and_brought_back(call: Any, events: Any) -> None:
    """What GET gives, PUT takes; neither that nor a reset publishes anything."""
    state = call("GET", "/_admin/state").json()
    call("PUT", "/_admin/state", {"organization": state["organization"]})
    assert call("GET", "/users").json()["items"] == []
    call("PUT", "/_admin/state", state)
    assert call("GET", "/_admin/state").json() == state
    assert events() == []


@pytest.mark.rule("R-96", "R-81")
def test_a_patch_publishes_whole_cloudevents(
    call: Any, events: Any, first: str, server: Ready
) -> None:
    """Binary mode, keyed by organisation and user, with rising revisions of that person."""
    position = {"contractType": "Permanent", "percentage": 100}
    patch = {"users": {first: {"phone": "1"}}, "positions": {first: {"p": position}}}
    assert call("PATCH", "/_admin/state", patch).json() == {"events": 2}
    updated, created = events()
    key = f"{server.organization}:{first}"
    assert updated["key"] == created["key"] == key
    headers = updated["headers"]
    assert headers.keys() == {
        "content-type",
        *(
            f"ce_{name}"
            for name in (
                "specversion", "id", "source", "type", "subject", "time", "organization",
                "revision", "actor", "partitionkey",
            )
        ),
    }  # fmt: skip
    assert (headers["ce_partitionkey"], headers["ce_subject"]) == (key, first)
    assert headers["ce_source"] == "/huma/users"
    assert created["headers"]["ce_source"] == "/huma/positions"
    assert int(headers["ce_revision"]) < int(created["headers"]["ce_revision"]) < 10**18
    assert json.loads(created["value"]) == {"position": {"id": "p", **position}}


@pytest.mark.rule("R-96")
def test_revisions_rise_across_a_reset(call: Any, events: Any, first: str) -> None:
    """A state put back does not make later events look older."""
    for number in range(3):
        call("PATCH", "/_admin/state", {"users": {first: {"phone": str(number)}}})
        call("DELETE", "/_admin/state")
    revisions = [int(event["headers"]["ce_revision"]) for event in events()]
    assert revisions == sorted(set(revisions))
    assert len(revisions) == 3


def test_a_person_comes_changes_and_goes(call: Any, events: Any) -> None:
    """A new id creates, null deletes, and a deactivation has its event."""
    for user in ({"email": "x@x.example"}, {"status": {"active": False}}, None):
        call("PATCH", "/_admin/state", {"users": {"new": user}})
    types = [event["headers"]["ce_type"] for event in events()]
    assert types == [f"com.humahr.user.{what}.v1" for what in ("created", "deactivated", "deleted")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_admin/state", {"users": []}),
        ("/_admin/state", {"users": {"x": 1}}),
        ("/_admin/state", {"users": {"x": {"status": False}}}),
        ("/_admin/state", {"users": {"x": {"groups": ["g"]}}}),
        ("/_admin/state", {"positions": {"unknown": {"p": {"percentage": 1}}}}),
    ],
)
def test_a_wrong_patch_changes_nothing(call: Any, events: Any, path: str, body: Any) -> None:
    """It is refused with the part that is wrong."""
    assert call("PATCH", path, body).status_code == 400
    assert events() == []


def test_a_flood_is_one_request(call: Any, events: Any, server: Ready) -> None:
    """Everybody changes at once, each with an event of their own."""
    users = list(server.simulator.organization.users)
    patch = {"users": {user: {"gender": "Other"} for user in users}}
    assert call("PATCH", "/_admin/state", patch).json() == {"events": len(users)}
    assert [event["headers"]["ce_subject"] for event in events()] == users


def test_the_journal_tells_every_request(call: Any, first: str) -> None:
    """Number, operation, people, status, error and fault; the admin paths are not in it."""
    number = len(call("GET", "/_admin/journal").json())
    fault = {"match": {"operation": "GET /users/{id}", "nth": 2}, "fault": "http-503"}
    call("PUT", "/_admin/faults", [fault])
    statuses = [call("GET", f"/users/{first}").status_code for _ in range(3)]
    assert statuses == [200, 503, 200]
    entries = call("GET", f"/_admin/journal?after={number}").json()
    told = [(e["operation"], e["people"], e["status"], e["fault"]) for e in entries]
    expected = ("GET /users/{id}", [first])
    assert told == [
        (*expected, 200, None),
        (*expected, 503, "http-503"),
        (*expected, 200, None),
    ]


def test_a_secret_is_not_in_the_journal(call: Any, server: Ready) -> None:
    """The form of a token request is left out."""
    form = {"grant_type": "client_credentials", "client_secret": server.client_secret}
    httpx.post(f"{server.url}/auth/oauth/token", data=form)
    assert server.client_secret not in call("GET", "/_admin/journal").text


def test_chances_are_seeded(call: Any, first: str) -> None:
    """The same faults strike the same requests again."""
    fault = {"match": {"path": "/users/*", "probability": 0.5}, "fault": "http-500"}
    runs = []
    for _ in range(2):
        call("PUT", "/_admin/faults", [fault])
        runs.append([call("GET", f"/users/{first}").status_code for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


def test_an_unknown_fault_or_setting_is_refused(call: Any) -> None:
    """A misspelt one must not silently do nothing."""
    assert call("PUT", "/_admin/faults", [{"fault": "meteorite"}]).status_code == 400
    assert call("PUT", "/_admin/settings", {"clear": "maybe"}).status_code == 400
    assert call("PUT", "/_admin/settings", {"celar": "null"}).status_code == 400


def test_the_ready_line_says_how_to_use_it() -> None:
    """One line of JSON, once it listens; the address in it answers; SIGTERM ends it with 0."""
    program = "from simulators.huma.serve import run; run(0, 3, None, people=2)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        ready = json.loads(process.stdout.readline())
        assert ready.keys() == {"url", "client_id", "client_secret", "organization"}
        assert len(httpx.get(f"{ready['url']}/_admin/state").json()["users"]) == 2
        process.terminate()
        assert process.wait(10) == 0
