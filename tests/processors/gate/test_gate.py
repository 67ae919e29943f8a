"""The gate's questions, one by one and in their order."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from processors.gate import Case, Stop, follow, judge
from processors.ports.intake import Standing, StoredPerson
from schemas.connection import Connection, LinkState
from schemas.events import Event, EventType
from schemas.person import Projection
from schemas.reasons import Code

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CONNECTION = Connection(
    "c1", "o", "g1", "Name", "https://x.example", "1", "https://h.example",
    add_new_users=True, zone="Europe/Oslo", country="NO", synthetic_numbers=False,
    activated_at=NOW,
)  # fmt: skip


def event(revision: int = 5, **more: Any) -> Event:
    """Return a change of the phone number."""
    made = Event(
        "/huma/users", "1", EventType.USER_UPDATED, "o", "u", NOW, revision,
        Projection({"phone": "1"}), None, None, None, {}, None, None, (),
    )  # fmt: skip
    return replace(made, **more)


def case(**more: Any) -> Case:
    """Return a case that passes: active, in scope, linked, with a newer field."""
    standing = Standing(more.pop("connection", CONNECTION), more.pop("preview", False))
    plain: dict[str, Any] = {
        "event": event(),
        "person": StoredPerson(groups=("g1",)),
        "state": LinkState.LINKED,
        "fresh": frozenset({"phone"}),
        "returned": False,
    }
    return Case(standing=standing, **{**plain, **more})


def test_a_newer_field_of_a_linked_person_passes() -> None:
    """Nothing stops an ordinary change."""
    assert judge(case()) is None


INACTIVE = replace(CONNECTION, activated_at=None)
LOCKED = StoredPerson(groups=("g1",), active=False, active_version=4)
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"connection": INACTIVE}, Code.NOT_ACTIVE, marks=pytest.mark.rule("R-03")),
        pytest.param(
            {"connection": INACTIVE, "preview": True, "state": LinkState.UNLINKED},
            None,
            marks=pytest.mark.rule("R-07"),
        ),
        pytest.param(
            {"person": StoredPerson(deleted=True)},
            Code.DELETED,
            marks=pytest.mark.rule("R-75", "R-78", "R-79"),
        ),
        pytest.param(
            {"person": StoredPerson(groups=("g2",))},
            Code.OUT_OF_SCOPE,
            marks=pytest.mark.rule("R-100", "R-101"),
        ),
        pytest.param({"person": StoredPerson()}, None, marks=pytest.mark.rule("R-100")),
        pytest.param(
            {"person": StoredPerson(groups=("g1",), type="service_user")},
            Code.NOT_A_PERSON,
            marks=pytest.mark.rule("R-17"),
        ),
        pytest.param(
            {"person": StoredPerson(groups=("g1",), type="user")},
            None,
            marks=pytest.mark.rule("R-17"),
        ),
        pytest.param({"person": LOCKED}, Code.LOCKED, marks=pytest.mark.rule("R-70", "R-71")),
        pytest.param(
            {"person": LOCKED, "event": event(4)}, None, marks=pytest.mark.rule("R-71")
        ),
        pytest.param(
            {"person": LOCKED, "event": event(3)}, None, marks=pytest.mark.rule("R-71")
        ),
        pytest.param(
            {"person": LOCKED, "event": event(3), "again": True},
            Code.LOCKED,
            marks=pytest.mark.rule("R-71"),
        ),
        pytest.param({"fresh": NOTHING}, Code.STALE, marks=pytest.mark.rule("R-83")),
        pytest.param(
            {"fresh": NOTHING, "event": event(fields=Projection({}))},
            Code.NO_SUPPORTED_FIELD,
            marks=pytest.mark.rule("R-111"),
        ),
        pytest.param(
            {"fresh": NOTHING, "event": event(fields=Projection({}), active=False)},
            Code.NOTHING_TO_DO,
            marks=pytest.mark.rule("R-70"),
        ),
        pytest.param(
            {"fresh": NOTHING, "event": event(positions={"p": None}, fields=Projection({}))},
            Code.STALE,
            marks=pytest.mark.rule("R-83"),
        ),
        pytest.param(
            {"fresh": NOTHING, "withheld": Code.BEFORE_ACTIVATION},
            Code.BEFORE_ACTIVATION,
            marks=pytest.mark.rule("R-53"),
        ),
        pytest.param(
            {"fresh": NOTHING, "returned": True}, None, marks=pytest.mark.rule("R-74")
        ),
        pytest.param(
            {"state": LinkState.UNLINKED}, Code.NOT_LINKED, marks=pytest.mark.rule("R-05")
        ),
    ],
)  # fmt: skip
def test_why_an_event_ends_here(given: dict[str, Any], code: Code | None) -> None:
    """Each question stops an event for its own reason, and lets the others by."""
    assert judge(case(**given)) == (None if code is None else Stop(code))


def test_a_gone_employee_fails() -> None:
    """A change of somebody whom Xledger no longer knows is a dead letter."""
    assert judge(case(state=LinkState.GONE)) == Stop(Code.EMPLOYEE_GONE, fails=True)


def test_the_questions_have_an_order() -> None:
    """Where several reasons hold, the first one of the gate's order is told."""
    everything: dict[str, Any] = {
        "connection": INACTIVE,
        "person": replace(LOCKED, deleted=True, groups=("g2",), type="service_user"),
        "fresh": NOTHING,
        "state": LinkState.UNLINKED,
    }
    cures: list[tuple[Code, dict[str, Any]]] = [
        (Code.NOT_ACTIVE, {"connection": CONNECTION}),
        (Code.DELETED, {"person": replace(LOCKED, groups=("g2",), type="service_user")}),
        (Code.OUT_OF_SCOPE, {"person": replace(LOCKED, type="service_user")}),
        (Code.NOT_A_PERSON, {"person": LOCKED}),
        (Code.LOCKED, {"person": StoredPerson()}),
        (Code.STALE, {"fresh": frozenset({"phone"})}),
        (Code.NOT_LINKED, {"state": LinkState.LINKED}),
    ]
    for code, cure in cures:
        assert judge(case(**everything)) == Stop(code)
        everything |= cure
    assert judge(case(**everything)) is None


@pytest.mark.rule("R-71", "R-83", "R-96")
def test_a_person_follows_by_version() -> None:
    """Account, type and groups each take the newest revision that says something of them."""
    person = StoredPerson()
    follow(person, event(5, active=False))
    follow(person, event(4, active=True, groups=("g1",)))
    follow(person, event(7, user_type="user"))
    follow(person, event(6, groups=("g2",)))
    assert (person.active, person.active_version) == (False, 5)
    assert (person.groups, person.groups_version) == (("g2",), 6)
    assert (person.type, person.type_version, person.revision) == ("user", 7, 7)
