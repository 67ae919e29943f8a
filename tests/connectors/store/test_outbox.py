"""What leaves for Kafka: rows in order of insertion, under one lease (`design.md`, Outbox)."""

import threading

import pytest

from connectors.store import outbox as stored_outbox
from connectors.store.outbox import NewRow
from connectors.store.tables import lease, outbox
from schemas.cloudevents import Headers
from tests.fixtures.stored import ORGANIZATION, Stored

HEADERS: Headers = [("a", b"1"), ("a", None), ("æ", b"\x00\xff")]


def write(stored: Stored, *rows: NewRow) -> None:
    """Write rows in one transaction."""
    with stored.store.begin() as connection:
        stored_outbox.write(connection, stored.keyring, rows, 1)


def values(stored: Stored, after: int = 0, limit: int = 99) -> list[bytes | None]:
    """Return the values of the oldest rows."""
    return [row.value for row in stored.outbox.rows(after, limit)]


def test_rows_come_in_order_of_insertion(stored: Stored) -> None:
    """From a number on, up to a limit."""
    for first in (0, 3):
        write(stored, *(NewRow("t", None, str(first + n).encode()) for n in range(3)))
    assert values(stored) == [b"0", b"1", b"2", b"3", b"4", b"5"]
    (_, second, *_) = stored.outbox.rows(0, 99)
    assert values(stored, second.id, 2) == [b"2", b"3"]


def test_large_rows_come_few_at_once(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many whole letters as fit into memory, and always one; then the next ones."""
    monkeypatch.setattr(stored_outbox, "BYTES", 1000)
    write(stored, *(NewRow("t", None, bytes(700)) for _ in range(3)), NewRow("t", None, None))
    write(stored, NewRow("t", None, bytes(5000), organization=ORGANIZATION))
    first = stored.outbox.rows(0, 99)
    then = stored.outbox.rows(first[-1].id, 99)
    assert [len(first), len(then)] == [2, 3]
    assert stored.outbox.rows(then[-1].id, 99) == []


@pytest.mark.rule("R-90")
def test_a_record_leaves_as_it_was_written(stored: Stored) -> None:
    """Null stays apart from empty, headers keep order, repeats and bytes."""
    write(
        stored,
        NewRow("t", b"", None, HEADERS, partition=7),
        NewRow("t", None, b"", (), organization=ORGANIZATION),
    )
    first, second = stored.outbox.rows(0, 9)
    assert (first.key, first.value, first.partition) == (b"", None, 7)
    assert list(first.headers) == HEADERS
    assert (second.key, second.value, second.partition) == (None, b"", None)


@pytest.mark.rule("R-103")
def test_a_value_waits_sealed_by_its_organisations_key(stored: Stored) -> None:
    """What may hold a value is ciphertext at rest, and no row prints its content."""
    write(stored, NewRow("t", None, b"canary", organization=ORGANIZATION))
    ((sealed,),) = stored.rows(outbox.c.value)
    assert b"canary" not in sealed
    (row,) = stored.outbox.rows(0, 9)
    assert row.value == b"canary"
    assert "canary" not in repr(row)


def test_what_kafka_has_is_deleted_by_its_id(stored: Stored) -> None:
    """A row that was refused, or not reported, stays; numbers are never used twice."""
    write(stored, *(NewRow("t", None, str(n).encode()) for n in range(4)))
    ids = [row.id for row in stored.outbox.rows(0, 9)]
    stored.outbox.delete([])
    stored.outbox.delete([ids[0], ids[3], 10**9])
    assert values(stored) == [b"1", b"2"]
    write(stored, NewRow("t", None, b"new"))
    assert stored.outbox.rows(0, 9)[-1].id > ids[3]


def test_one_relay_at_a_time_has_the_lease(stored: Stored) -> None:
    """It renews its own; a released or an expired one is free."""
    claim = stored.outbox.claim
    assert claim("me", 10.0)
    assert claim("me", 10.0)
    assert not claim("other", 10.0)
    stored.outbox.release("other")
    assert not claim("other", 10.0)
    stored.outbox.release("me")
    assert claim("other", 10.0)
    stored.set(lease, lease.c.name == "relay", until=1)
    assert claim("me", 10.0)


def test_of_many_at_once_one_gets_the_lease(stored: Stored) -> None:
    """Relays that begin at the same time: one of them publishes."""
    barrier, got = threading.Barrier(4), []

    def claim(owner: str) -> None:
        barrier.wait(10)
        got.append(stored.outbox.claim(owner, 10.0))

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(got) == [False, False, False, True]


def test_a_full_outbox_stops_intake(stored: Stored) -> None:
    """At the limit work waits; the count is looked at every few seconds only."""
    write(stored, *(NewRow("t", None, b"") for _ in range(999)))
    assert not stored.intake.outbox_full()
    write(stored, NewRow("t", None, b""))
    assert stored.outbox.count() == 1000
    assert not stored.intake.outbox_full()
    assert Stored(stored.store, stored.keyring).intake.outbox_full()
