"""From before and after to the right events in the right order (`interfaces.md`, Events)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.huma.changes import Change, Person, changes

ACTIVE = {"type": "user", "status": {"active": True}, "groups": []}
GROUP = {"id": "g", "type": "team"}
POSITION = {"id": "p", "percentage": 100}


def person(positions: Any = None, **fields: Any) -> Person:
    """Return an active person with these fields."""
    return Person({**ACTIVE, **fields}, positions or {})


def told(before: Person | None, after: Person | None) -> list[tuple[str, Any]]:
    """Return types and data of what is published."""
    return [(change.type, change.data) for change in changes(before, after)]


def test_nothing_changed_is_nothing_published() -> None:
    """Saving a person unchanged raises no event."""
    assert told(person(email="a"), person(email="a")) == []


def test_a_new_person_is_told_whole() -> None:
    """Created carries all known fields, the positions and the origin."""
    after = person({"p": POSITION}, email="a@x", origin="teamtailor")
    expected = {"user": {**ACTIVE, "email": "a@x", "positions": [POSITION]}, "origin": "teamtailor"}
    assert told(None, after) == [("user.created", expected)]


def test_only_what_changed_is_told() -> None:
    """A changed field is new, a cleared one null, a list whole; others are absent."""
    old = [{"id": "1", "value": "1"}, {"id": "2", "value": "2"}]
    before = person(email="a", phone="1", gender="Male", identifications=old)
    after = person(email="a", gender="Female", identifications=[old[0], {"id": "2", "value": "3"}])
    expected = {
        "changes": {
            "phone": None,
            "gender": "Female",
            "identifications": [old[0], {"id": "2", "value": "3"}],
        }
    }
    assert told(before, after) == [("user.updated", expected)]


def test_a_deleted_person_is_told_without_values() -> None:
    """Deleted carries nothing, and nothing is said of the positions."""
    assert told(person({"p": POSITION}, email="a"), None) == [("user.deleted", {})]


def test_a_deactivation_comes_after_the_fields_it_would_hold_back() -> None:
    """Fields saved together with a deactivation have lower revisions than the lock (R-71)."""
    after = Person({**ACTIVE, "status": {"active": False}, "phone": "2"}, {"p": POSITION})
    types = [type_ for type_, _ in told(person(phone="1"), after)]
    assert types == ["user.updated", "position.created", "user.deactivated"]


def test_a_reactivation_comes_before_the_fields_it_lets_through() -> None:
    """Fields saved together with a reactivation have higher revisions."""
    before = Person({**ACTIVE, "status": {"active": False}, "phone": "1"}, {})
    types = [type_ for type_, _ in told(before, person(phone="2"))]
    assert types == ["user.reactivated", "user.updated"]


def test_groups_are_told_whole_and_apart() -> None:
    """All groups after the change, in an event of their own."""
    assert told(person(), person(groups=[GROUP])) == [("user.groups-changed", {"groups": [GROUP]})]


@pytest.mark.parametrize(
    ("groups", "types"),
    [
        (["g", "h"], ["groups-changed", "updated"]),
        ([], ["updated", "groups-changed"]),
        (["h"], ["updated", "groups-changed"]),
    ],
)
def test_joining_comes_before_the_fields_it_lets_through_and_leaving_after(
    groups: list[str], types: list[str]
) -> None:
    """As with the lock: what is saved together with a move is not held back by it (R-101)."""
    after = [{"id": id_, "type": "team"} for id_ in groups]
    found = told(person(phone="1", groups=[GROUP]), person(phone="2", groups=after))
    assert [type_ for type_, _ in found] == [f"user.{type_}" for type_ in types]


def test_the_order_of_groups_says_nothing() -> None:
    """The same groups in another order are no change."""
    other = {"id": "h", "type": "team"}
    assert told(person(groups=[GROUP, other]), person(groups=[other, GROUP])) == []


def test_each_position_is_told_by_itself() -> None:
    """Created and updated carry the whole position, deleted its id; the latter comes last."""
    before = person({"q": {"id": "q"}, "p": POSITION})
    after = person({"p": {**POSITION, "percentage": 50}, "r": {"id": "r"}})
    assert told(before, after) == [
        ("position.updated", {"position": {"id": "p", "percentage": 50}}),
        ("position.created", {"position": {"id": "r"}}),
        ("position.deleted", {"position": {"id": "q"}}),
    ]


def test_a_leaver_saved_at_once_has_the_end_before_the_lock() -> None:
    """Notice, contract end and deactivation in one save: the lock is the youngest of them."""
    notice = {**POSITION, "terminationNoticeDate": "2026-10-01", "contractEndDate": "2026-12-31"}
    after = Person({**ACTIVE, "status": {"active": False}, "groups": []}, {"p": notice})
    assert told(person({"p": POSITION}, groups=[GROUP]), after) == [
        ("position.updated", {"position": notice}),
        ("user.groups-changed", {"groups": []}),
        ("user.deactivated", {}),
    ]


def test_primary_is_told_and_notes_are_not() -> None:
    """The flag is in events only, free text in the API only; a changed note is told to nobody."""
    whole = {**POSITION, "primary": True}
    noted = {"p": {**whole, "note": "secret", "description": "secret"}}
    assert told(person({"p": POSITION}), person(noted)) == [
        ("position.updated", {"position": whole})
    ]
    assert told(person({"p": whole}), person(noted)) == []
    assert "secret" not in str(told(None, person(noted)))


@pytest.mark.parametrize("name", ["salary", "children", "requestedEmail", "loggedIn"])
def test_what_no_event_may_carry_raises_none(name: str) -> None:
    """Private fields and an unconfirmed email change are told to nobody."""
    assert told(person(), person(**{name: "secret"})) == []
    assert name not in str(told(None, person(**{name: "secret"})))


FIELDS = st.dictionaries(
    st.sampled_from(["email", "phone", "gender"]), st.text(min_size=1, max_size=3)
)


@given(before=FIELDS, after=FIELDS)
def test_events_lead_from_before_to_after(before: dict[str, str], after: dict[str, str]) -> None:
    """Whoever applies the events to what was, has what is."""
    held: dict[str, Any] = dict(before)
    for change in changes(person(**before), person(**after)):
        assert isinstance(change, Change)
        held.update(change.data["changes"])
    assert {name: value for name, value in held.items() if value is not None} == after
