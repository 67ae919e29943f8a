"""Turns order the work, as versions order the values (`design.md`, Turns)."""

import pytest
from sqlalchemy import select

from connectors.store.clock import read_now
from connectors.store.tables import dirty, link, pending, pending_field
from processors.ports.lane import FieldEnd, PersonResult, Result
from tests.fixtures.stored import FOREVER, KARI, Stored


def now(stored: Stored) -> int:
    """Return the store's time."""
    with stored.store.read() as connection:
        return read_now(connection)


def test_a_turn_is_the_stores_time(stored: Stored) -> None:
    """The first turn of a field is when it became dirty, in milliseconds."""
    one, before = stored.connect(), now(stored)
    turns = stored.change(one, KARI, 1, {"phone": "1"})
    assert before <= turns["phone"] <= now(stored)


def test_a_turn_rises_by_one_at_least(stored: Stored) -> None:
    """Also when the clock stands still, or a backup was made by a clock that went ahead."""
    one = stored.connect()
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.set(dirty, dirty.c.connection == one.id, turn=FOREVER)
    assert stored.change(one, KARI, 2, {"phone": "2"}) == {"phone": FOREVER + 1}


def test_a_turn_survives_being_clean(stored: Stored) -> None:
    """A clean field keeps its row, so that its next turn is a later one."""
    one = stored.connect()
    stored.linked(one, KARI)
    first = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.finish(
        lease, PersonResult(KARI.user, (FieldEnd("phone", first, Result.APPLIED),), turn=first)
    )
    assert stored.open(one) == {}
    assert stored.change(one, KARI, 2, {"phone": "2"})["phone"] > first


def test_becoming_dirty_again_forgets_what_failed(stored: Stored) -> None:
    """A new value is tried at once and for the first time."""
    one = stored.connect()
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.set(dirty, dirty.c.open, attempts=3, due=FOREVER, first_failed_at=5)
    stored.change(one, KARI, 2, {"phone": "2"})
    columns = (dirty.c.attempts, dirty.c.due, dirty.c.first_failed_at, dirty.c.version)
    assert stored.rows(*columns) == [(0, 0, None, 2)]


@pytest.mark.rule("R-82")
def test_what_may_have_been_written_keeps_its_settle_time(stored: Stored) -> None:
    """A new value does not overtake one that may still be written."""
    one = stored.connect()
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.set(dirty, dirty.c.open, unsure=True, due=FOREVER)
    stored.change(one, KARI, 2, {"phone": "2"})
    assert stored.rows(dirty.c.due, dirty.c.unsure) == [(FOREVER, True)]


def test_an_event_is_not_put_behind_by_a_request(stored: Stored) -> None:
    """A field that waits for an event stays an event's; a clean one takes the new origin."""
    one = stored.connect()
    stored.change(one, KARI, 1, {"phone": "1", "gender": "x"}, origin=0)
    stored.set(dirty, dirty.c.field == "gender", open=False)
    stored.change(one, KARI, 2, {"phone": "1", "gender": "x"}, origin=1)
    assert stored.rows(dirty.c.field, dirty.c.origin) == [("gender", 1), ("phone", 0)]


@pytest.mark.rule("R-112")
def test_touching_a_field_makes_nothing_dirty(stored: Stored) -> None:
    """An event of somebody locked is noted; a field that waits stays as it is."""
    one = stored.connect()
    stored.change(one, KARI, 1, {"phone": "1"})
    before = stored.open(one)
    with stored.intake.transaction() as transaction:
        transaction.touch([(one.id, KARI, "phone", 9), (one.id, KARI, "email", 9)])
        touched = transaction.touched([(one.id, KARI.user)])
    assert stored.open(one) == before
    assert touched[one.id, KARI.user] == (frozenset({"phone", "email"}), frozenset())


@pytest.mark.rule("R-83")
def test_a_newer_change_supersedes_the_older(stored: Stored) -> None:
    """The older event ends at once, and its bytes go; the newer one waits."""
    one = stored.connect()
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(one, KARI, 2, {"phone": "2"})
    assert stored.ended() == {"e1": ("superseded", None)}
    assert stored.rows(pending.c.offset) == [(2,)]
    assert stored.rows(pending_field.c.version) == [(2,)]


def test_who_is_in_flight_is_superseded_by_the_answer(stored: Stored) -> None:
    """What was sent is told by its answer: applied, and not superseded."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI)
    first = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.subject(lease)
    second = stored.change(one, KARI, 2, {"phone": "2"})["phone"]
    assert stored.ended() == {}
    stored.finish(
        lease, PersonResult(KARI.user, (FieldEnd("phone", first, Result.APPLIED),), turn=first)
    )
    assert stored.ended() == {"e1": ("applied", None)}
    assert stored.open(one) == {"phone": second}
    assert stored.rows(link.c.flight_epoch) == [(None,)]


def test_what_waits_is_told_with_its_version(stored: Stored) -> None:
    """Intake sees which version waits, of open fields only."""
    one = stored.connect()
    stored.change(one, KARI, 4, {"phone": "1", "email": "x"})
    stored.set(dirty, dirty.c.field == "email", open=False)
    place = (one.id, KARI.user, "phone")
    with stored.intake.transaction() as transaction:
        assert transaction.waiting([place, (one.id, KARI.user, "email")]) == {place: 4}


def test_every_row_is_found_among_many(stored: Stored) -> None:
    """Statements of many rows are cut into parts that a driver takes, and lose none."""
    one = stored.connect()
    with stored.intake.transaction() as transaction:
        rows = [(one.id, KARI, f"f{number}", number, 0) for number in range(6001)]
        turns, _ = transaction.dirty(rows)
        places = [(one.id, KARI.user, name) for _, _, name, _, _ in rows]
        assert len(transaction.waiting(places)) == 6001
    assert len(turns) == 6001
    with stored.store.read() as connection:
        assert len(connection.execute(select(dirty.c.field)).all()) == 6001
