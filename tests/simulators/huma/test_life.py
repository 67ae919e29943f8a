"""A whole life by the simulator's state: which events, in which order (`interfaces.md`)."""

import json
from datetime import date
from typing import Any

import pytest

from simulators.huma.shapes import status

Told = list[tuple[str, Any]]

POSITION = {"contractStartDate": "2026-02-01", "contractType": "Permanent", "percentage": 100}
USER = {"email": "life@fjordmat.example", "givenName": "Liv", "familyName": "Ås"}


def brief(events: list[dict[str, Any]]) -> Told:
    """Return types and data."""
    types = [event["headers"]["ce_type"].removeprefix("com.humahr.") for event in events]
    return [
        (type_.removesuffix(".v1"), json.loads(event["value"]))
        for type_, event in zip(types, events, strict=True)
    ]


@pytest.mark.rule("R-96")
def test_a_life_is_told_in_order(call: Any, events: Any) -> None:
    """Hired, given notice, ended, deactivated, back with another position, deleted for good."""
    end = {"contractEndDate": "2026-12-31", "terminationNoticeDate": "2026-11-30"}
    away, back = ({"users": {"liv": {"status": {"active": to}}}} for to in (False, True))
    patches = (
        {"users": {"liv": USER}, "positions": {"liv": {"p": POSITION}}},
        {"positions": {"liv": {"p": {**end, "primary": True}}}, **away},
        {"positions": {"liv": {"q": POSITION}}, **back},
        {"positions": {"liv": {"p": None, "q": {"percentage": None}}}},
        {"users": {"liv": None}},
    )
    counts = [call("PATCH", "/_admin/state", patch).json()["events"] for patch in patches]
    published = events()
    told = brief(published)
    assert counts == [1, 2, 2, 2, 1]
    assert told[0][1]["user"]["positions"] == [{"id": "p", **POSITION}]
    ended = {"id": "p", **POSITION, **end, "primary": True}
    shorter = {name: value for name, value in POSITION.items() if name != "percentage"}
    assert told[1:] == [
        ("position.updated", {"position": ended}),
        ("user.deactivated", {}),
        ("user.reactivated", {}),
        ("position.created", {"position": {"id": "q", **POSITION}}),
        ("position.updated", {"position": {"id": "q", **shorter}}),
        ("position.deleted", {"position": {"id": "p"}}),
        ("user.deleted", {}),
    ]
    revisions = [int(event["headers"]["ce_revision"]) for event in published]
    assert revisions == sorted(set(revisions))


def test_null_for_all_positions_deletes_each(call: Any, events: Any, first: str) -> None:
    """As null for one does, and nothing else is told."""
    held = call("GET", "/_admin/state").json()["positions"][first]
    assert call("PATCH", "/_admin/state", {"positions": {first: None}}).status_code == 200
    assert brief(events()) == [("position.deleted", {"position": {"id": id_}}) for id_ in held]
    assert call("GET", f"/users/{first}/positions").json()["items"] == []


def test_a_move_between_groups_is_one_event(call: Any, events: Any, first: str) -> None:
    """All groups after it; the group that was left has them no more."""
    state = call("GET", "/_admin/state").json()
    held = [one["id"] for one in state["users"][first]["groups"]]
    new = next(group for group in state["groups"].values() if group["id"] not in held)
    groups = [{"id": new["id"], "type": new["type"]}]
    call("PATCH", "/_admin/state", {"users": {first: {"groups": groups}}})
    assert brief(events()) == [("user.groups-changed", {"groups": groups})]
    for group in (held[0], new["id"]):
        members = call("GET", f"/groups/{group}").json()["members"]
        assert (first in {one["id"] for one in members}) == (group == new["id"])


def test_a_deleted_id_does_not_come_back(call: Any, events: Any, first: str) -> None:
    """Huma deletes for good: a rehire has a new id; a repeated deletion is none."""
    for _ in range(2):
        call("PATCH", "/_admin/state", {"users": {first: None}})
    again = call("PATCH", "/_admin/state", {"users": {first: USER}})
    assert (again.status_code, "new id" in again.json()["errorMessage"]) == (400, True)
    assert [type_ for type_, _ in brief(events())] == ["user.deleted"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, "CURRENT"),
        ("2026-11-25", None, "CURRENT"),
        ("2026-11-26", None, "UPCOMING"),
        ("2026-01-01", "2026-11-24", "ENDED"),
        ("2026-01-01", "2026-11-25", "CURRENT"),
        (None, "2026-11-24", "ENDED"),
        ("2027-01-01", "2026-01-01", "UPCOMING"),
    ],
)
def test_a_positions_status_is_that_of_the_day(
    start: str | None, end: str | None, expected: str
) -> None:
    """By its dates alone; its first and its last day belong to it (`huma-api.md` 1.2)."""
    dates = {"contractStartDate": start, "contractEndDate": end}
    assert status(dates, date(2026, 11, 25)) == expected
