"""What the desk keeps for a time only: it goes when that is over, what is open stays."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, insert, update

from connectors.store import housekeeping
from connectors.store.clock import read_now
from connectors.store.desk_housekeeping import DAY_MS, Kept
from connectors.store.housekeeping import StoredHousekeeping
from connectors.store.tables import connection as connections
from connectors.store.tables import (
    failure,
    guarded,
    letter,
    person,
    replay,
    replay_letter,
    timeline,
)
from schemas.desk import Forecast, ReplayState
from schemas.events import EventType
from schemas.outcome import Result
from schemas.person import PersonKey
from schemas.reasons import Code
from tests.fixtures.stored import ELSEWHERE, KARI, Stored
from tests.fixtures.watched import Happened, Watched, applied, failed

OUTCOMES, CLOSED = 60, 40
"""Days."""


@pytest.fixture
def watched(stored: Stored) -> Watched:
    """Watch on a store with the connection c1."""
    one = stored.connect("c1")
    stored.set(connections, connections.c.id == one.id, id="c1")
    return Watched(stored.store)


@pytest.fixture
def house(stored: Stored) -> StoredHousekeeping:
    """Housekeeping that keeps outcomes for longer than what is closed."""
    return StoredHousekeeping(stored.store, stored.keyring, 1.0, 730, Kept(OUTCOMES, CLOSED))


def ago(stored: Stored, days: float) -> int:
    """Return when it was so many days ago, and a second more."""
    with stored.store.read() as transaction:
        return read_now(transaction) - int(days * DAY_MS) - 1000


def age(stored: Stored, table: Table, which: Any, days: float) -> None:
    """Let rows be so old."""
    times = {
        letter: ("first_failed_at", "last_failed_at", "closed_at"),
        failure: ("first_failed_at", "last_failed_at", "closed_at"),
        timeline: ("at",),
    }
    at = ago(stored, days)
    with stored.store.begin() as transaction:
        transaction.execute(update(table).where(which).values(dict.fromkeys(times[table], at)))


def left(stored: Stored, column: Any) -> set[Any]:
    """Return what is left of a column."""
    return {row[0] for row in stored.rows(column)}


def keep(house: StoredHousekeeping) -> int:
    """Keep house until nothing is left; returns how much went."""
    total = 0
    while count := house.forget_desk():
        total += count
    return total


def test_old_outcomes_go(stored: Stored, watched: Watched, house: StoredHousekeeping) -> None:
    """Those of the last months stay to be looked at."""
    for event in ("e1", "e2"):
        watched.see(Happened(event, {"phone": applied(1)}))
    age(stored, timeline, timeline.c.event == "e1", OUTCOMES)
    age(stored, timeline, timeline.c.event == "e2", OUTCOMES - 1)
    assert keep(house) == 1
    assert left(stored, timeline.c.event) == {"e2"}


@pytest.mark.rule("R-89", "R-90")
def test_what_is_closed_goes_and_what_is_open_stays(
    stored: Stored, watched: Watched, house: StoredHousekeeping
) -> None:
    """However old: letters by their state, entries of the error log by their turns."""
    for event, field in (("e1", "phone"), ("e2", "email"), ("e3", "gender"), ("e4", "birthDate")):
        watched.see(Happened(event, {field: failed(1)}))
    watched.see(Happened("e5", {"phone": applied(2), "email": applied(2)}))
    stored.set(letter, letter.c.event == "e3", state="ignored")
    for event, field in (("e1", "phone"), ("e3", "gender"), ("e4", "birthDate")):
        age(stored, letter, letter.c.event == event, CLOSED)
        age(stored, failure, failure.c.field == field, CLOSED)
    stored.set(letter, letter.c.event == "e3", closed_at=None)
    assert left(stored, letter.c.state) == {"resolved", "ignored", "open"}
    assert keep(house) == 3
    assert left(stored, letter.c.event) == {"e2", "e4"}
    assert left(stored, failure.c.field) == {"email", "gender", "birthDate"}


@pytest.mark.rule("R-108")
def test_letters_that_came_after_an_organisation_was_erased_go(
    stored: Stored, watched: Watched, house: StoredHousekeeping
) -> None:
    """Open ones, too, with the outcomes: nobody can send them. Letters of nobody stay."""
    bad = Happened("e1", connection=None, result=Result.DEAD_LETTERED, reason=Code.NOT_JSON)
    stranger = PersonKey(ELSEWHERE, KARI.user)
    watched.see(bad, replace(bad, event="e2", person=stranger), replace(bad, event="e3"))
    watched.see(replace(bad, event="e4", person=stranger))
    age(stored, letter, letter.c.event != "e4", OUTCOMES)
    stored.set(letter, letter.c.event == "e3", organization=None, person=None)
    assert keep(house) == 1
    assert left(stored, letter.c.event) == {"e1", "e3", "e4"}


@pytest.mark.rule("R-09")
def test_letters_of_a_removed_connection_close(
    stored: Stored, watched: Watched, house: StoredHousekeeping
) -> None:
    """Where whoever removed it did not come to that."""
    watched.see(Happened("e1", {"phone": failed(1)}))
    stored.set(connections, connections.c.id == "c1", id="c0")
    assert keep(house) == 1
    assert stored.rows(letter.c.state, letter.c.closed_as) == [("resolved", "connection removed")]


@pytest.mark.rule("R-91")
@pytest.mark.parametrize("state", [one for one in ReplayState if one is not ReplayState.RUNNING])
def test_old_replays_go_with_their_letters(
    stored: Stored, house: StoredHousekeeping, monkeypatch: pytest.MonkeyPatch, state: ReplayState
) -> None:
    """A few at a time; one that runs stays, whenever it was planned, and a young one."""
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    runs = {
        "old": (state, CLOSED),
        "young": (state, CLOSED - 1),
        "runs": (ReplayState.RUNNING, 999),
    }
    with stored.store.begin() as transaction:
        for id_, (each, days) in runs.items():
            row = {
                "id": id_, "actor": "me", "reason": b"", "selection": "{}", "state": each.value,
                "canary": 5, "share": 30, "failures": 20, "planned_at": ago(stored, days),
            }  # fmt: skip
            transaction.execute(insert(replay).values(**row))
            of = {"replay": id_, "forecast": Forecast.WILL_APPLY.value}
            letters = [{**of, "number": number, "letter": f"l{number}"} for number in range(5)]
            transaction.execute(insert(replay_letter), letters)
    assert [house.forget_desk() for _ in range(5)] == [2, 2, 1, 1, 0]
    assert left(stored, replay.c.id) == left(stored, replay_letter.c.replay) == {"young", "runs"}


@pytest.mark.rule("R-93")
def test_whom_the_guard_counted_yesterday_goes(stored: Stored, house: StoredHousekeeping) -> None:
    """The longest hour that can be set is a day."""
    with stored.store.begin() as transaction:
        for user, days in (("old", 1.0), ("young", 0.9)):
            row = {"connection": "c1", "person": user, "taken_at": ago(stored, days)}
            transaction.execute(insert(guarded).values(**row))
    assert keep(house) == 1
    assert left(stored, guarded.c.person) == {"young"}


@pytest.mark.rule("R-78")
def test_that_somebody_is_gone_stays_as_long_as_the_tombstone(
    stored: Stored, watched: Watched, house: StoredHousekeeping
) -> None:
    """A letter of theirs that comes late is closed by it."""
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    watched.see(Happened("e1", type=EventType.USER_DELETED))
    age(stored, failure, failure.c.field == "", 700)
    assert keep(house) == 0
    assert watched.entries() == {"": "deleted"}
    stored.set(person, person.c.person == KARI.user, deleted_at=ago(stored, 730))
    assert house.forget_tombstones() == 1
    assert watched.entries() == {}
