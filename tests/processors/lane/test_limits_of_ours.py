"""At a limit of ours a lane waits and takes nobody; what changed of its connection reaches it."""

import asyncio

import pytest

from connectors.store import quota
from connectors.store.delivery import LaneBounds, StoredLanes
from schemas.errors import Limited
from schemas.personal import Personal
from tests.fixtures.stored import KARI, UNGUARDED, Stored
from tests.fixtures.working import Bench, whole


def bounded(stored: Stored, **bounds: int) -> StoredLanes:
    """Return the port with other bounds."""
    least = {"outbox": 1_000_000, "letters_per_hour": 10_000} | bounds
    return StoredLanes(stored.store, stored.keyring, LaneBounds(**least), UNGUARDED)


def test_a_full_outbox_lets_nobody_be_taken(stored: Stored) -> None:
    """Work waits in the store; the setting is named (promise 8)."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI)
    stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    with pytest.raises(Limited, match="OUTBOX__LIMIT") as limited:
        bounded(stored, outbox=0).take(lease, 10, 0.0, None, suspects=False)
    assert limited.value.limit == "outbox"
    assert stored.subject(lease).user == KARI.user


@pytest.mark.rule("R-95")
def test_a_connection_writes_so_many_letters_an_hour(stored: Stored) -> None:
    """At the limit its lane waits; another connection's does not."""
    one, other = stored.connect("c1"), stored.connect("c2")
    with stored.store.begin() as transaction:
        quota.add(transaction, quota.letters_of(one.id), 3)
    port = bounded(stored, letters_per_hour=3)
    with pytest.raises(Limited, match="LETTERS_PER_HOUR"):
        port.take(stored.claim(one), 10, 0.0, None, suspects=False)
    assert port.take(stored.claim(other), 10, 0.0, None, suspects=False).people == ()


@pytest.mark.rule("R-95")
def test_letters_are_counted_as_they_are_written(bench: Bench) -> None:
    """A lane whose people fail waits once so many have failed, and the next ones stay pending."""
    bench.lanes = bounded(bench.stored, letters_per_hour=1)
    bench.hire(1, 2)
    first = bench.change({1: {**whole(1), "birthDate": "no date"}})
    bench.run(bench.all_ended(*first))
    later = bench.change({2: {**whole(2), "birthDate": "no date"}})
    bench.run(lambda: bench.status() == ("waiting", "dead letters"))
    assert bench.results() == {first[0]: "dead-lettered"}
    assert set(later) & bench.stored.ended().keys() == set()


@pytest.mark.rule("R-04", "R-09")
@pytest.mark.parametrize("what", ["option", "token"])
def test_a_lane_whose_connection_changed_is_given_back(bench: Bench, what: str) -> None:
    """It ends by itself; whoever takes it next has the options and the token of now."""
    connection, admin = bench.connection, bench.stored.connections
    lane = bench.lane()

    async def go() -> None:
        task = asyncio.create_task(lane.run(asyncio.Event()))
        await bench.wait(lambda: ("identity",) in bench.xledger.requests, lane, task)
        if what == "option":
            admin.change(connection.id, {"country": "SE"}, "admin")
        else:
            admin.replace_token(connection.id, Personal("another"), "admin")
        await bench.wait(task.done, lane, task)

    asyncio.run(go())
    bench.lanes.release([lane.claimed.lease])
    claimed = bench.lanes.claim(connection.id, "you", 90.0, 60.0)
    assert claimed is not None
    assert (claimed.connection.country, claimed.token.reveal()) == (
        ("SE", lane.claimed.token.reveal()) if what == "option" else ("NO", "another")
    )
