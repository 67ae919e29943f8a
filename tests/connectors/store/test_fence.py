"""Offsets move only in the transaction of their events' effects (`design.md`, promise 2)."""

import threading

import pytest
from sqlalchemy import func, select

from connectors.store import offsets
from connectors.store.tables import field
from processors.ports.intake import Move, Value
from processors.ports.source import Place
from tests.fixtures.stored import KARI, Stored

FIRST, SECOND = Place("events", 0), Place("events", 1)


@pytest.fixture(autouse=True)
def begun(stored: Stored) -> None:
    """Two partitions, read up to 10."""
    stored.intake.begin_at(FIRST, 10)
    stored.intake.begin_at(SECOND, 10)


def where(stored: Stored) -> tuple[int, int]:
    """Return the stored offsets."""
    found = stored.intake.offsets([FIRST, SECOND])
    return found[FIRST], found[SECOND]


@pytest.mark.rule("R-81", "R-82")
def test_an_offset_moves_from_where_the_batch_began(stored: Stored) -> None:
    """A batch moves its partitions to where it ends."""
    with stored.intake.transaction() as transaction:
        moved = transaction.fence([Move(SECOND, 10, 12), Move(FIRST, 10, 15)])
    assert moved == {FIRST, SECOND}
    assert where(stored) == (15, 12)


@pytest.mark.rule("R-82")
def test_a_late_writer_is_fenced(stored: Stored) -> None:
    """Who read the same records later moves nothing; the other partitions of the batch go on."""
    with stored.intake.transaction() as transaction:
        transaction.fence([Move(FIRST, 10, 15)])
    with stored.intake.transaction() as transaction:
        moved = transaction.fence([Move(FIRST, 10, 13), Move(SECOND, 10, 11)])
    assert moved == {SECOND}
    assert where(stored) == (15, 11)


def test_an_offset_set_by_hand_fences_whoever_reads(stored: Stored) -> None:
    """`offsets set` takes effect live, backwards as well."""
    with stored.store.begin() as connection:
        offsets.move(connection, FIRST, 3)
    with stored.intake.transaction() as transaction:
        assert transaction.fence([Move(FIRST, 10, 15)]) == frozenset()
    assert where(stored) == (3, 10)


def test_a_new_partition_begins_where_the_first_one_said(stored: Stored) -> None:
    """Of two who begin a partition both go on from the first one's offset."""
    new = Place("events", 2)
    assert stored.intake.offsets([new]) == {}
    assert stored.intake.begin_at(new, 7) == 7
    assert stored.intake.begin_at(new, 99) == 7


def test_what_fails_leaves_nothing(stored: Stored) -> None:
    """An exception takes back the offset and every effect."""

    def fail() -> None:
        with stored.intake.transaction() as transaction:
            transaction.fence([Move(FIRST, 10, 15)])
            transaction.merge([Value(KARI, "email", 1, b"", "kari@x.no")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert where(stored) == (10, 10)
    assert stored.rows(field.c.field) == []


@pytest.mark.rule("R-82")
def test_of_two_at_once_one_is_fenced(stored: Stored) -> None:
    """Two processes with the same batch at the same time have its effects once."""
    barrier, moved = threading.Barrier(2), []

    def write(version: int) -> None:
        barrier.wait(10)
        with stored.intake.transaction() as transaction:
            won = transaction.fence([Move(FIRST, 10, 15)])
            if won:
                transaction.merge([Value(KARI, "email", version, b"", "kari@x.no")])
            moved.append(won)

    threads = [threading.Thread(target=write, args=(version,)) for version in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(len, moved)) == [0, 1]
    with stored.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(field)).scalar_one() == 1


def test_a_generation_seen_holds_until_the_batch_is_stored(stored: Stored) -> None:
    """A connection that comes meanwhile waits, so that a batch is judged by those who are there."""
    stored.connect("c1")
    before = stored.intake.connections()
    done = threading.Event()

    def add() -> None:
        stored.connect("c2")
        done.set()

    with stored.intake.transaction() as transaction:
        assert transaction.generation() == before.generation
        thread = threading.Thread(target=add)
        thread.start()
        assert not done.wait(0.2)
        assert transaction.generation() == before.generation
    thread.join(30)
    after = stored.intake.connections()
    assert after.generation > before.generation
    assert len(next(iter(after.by_organization.values()))) == 2
