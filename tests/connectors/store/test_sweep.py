"""Whom a day turns, in the store: who is due, one request each, and their next flip is emptied."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from sqlalchemy import insert, select, text

from connectors.store import sweep
from connectors.store.engine import Store
from connectors.store.outbox import NewRow, write
from connectors.store.people import AT_ONCE
from connectors.store.sweep import StoredSweep
from connectors.store.tables import connection as connections
from connectors.store.tables import heartbeat, link, outbox
from processors.ports.outbox import OutboxRow
from processors.ports.source import Place
from processors.ports.sweep import SweepStore
from schemas.connection import Connection
from schemas.events import EventType, Request
from schemas.person import PersonKey
from schemas.reading import Reading, read
from schemas.topics import OUTCOMES, REQUESTS
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored

OSLO = "Europe/Oslo"
TURNED = ("title", "probationEndDate", "terminationNoticeDate")
TODAY = date(2027, 1, 1)
OURS = Reading(ours=True, max_bytes=1 << 20, future=600, version_from="revision")


@pytest.fixture
def sweeping(stored: Stored) -> SweepStore:
    """The sweep's store, with room for a few requests."""
    return StoredSweep(stored.store, stored.keyring, 1000)


def who(number: int, organization: str = ORGANIZATION) -> PersonKey:
    """Return somebody."""
    return PersonKey(organization, f"9b2e0c1a-0000-4000-8000-{number:012d}")


def flips(stored: Stored, one: Connection, key: PersonKey, day: str | None) -> None:
    """Let a person's choice turn on a day."""
    stored.linked(one, key, triggered=True, next_flip_on=day)


def left(stored: Stored) -> dict[str, str]:
    """Return who has a next flip, and when."""
    return {user: day for user, day in stored.rows(link.c.person, link.c.next_flip_on) if day}


def written(stored: Stored) -> list[tuple[OutboxRow, Request]]:
    """Return the requests in the outbox, as intake would read them."""
    rows = [row for row in stored.outbox.rows(0, 100_000) if row.topic == REQUESTS.name]
    found = [(row, read(row.key, row.value, row.headers, None, OURS)) for row in rows]
    return [(row, one) for row, one in found if isinstance(one, Request)]


@pytest.mark.rule("R-60")
def test_a_request_is_written_for_everybody_whose_day_has_come(
    stored: Stored, sweeping: SweepStore
) -> None:
    """Today, or any day before; nobody else; in the same transaction their date is emptied."""
    one = stored.connect()
    days = ["2026-12-31", "2027-01-01", "2027-01-02", "0001-01-01", None]
    for number, day in enumerate(days):
        flips(stored, one, who(number), day)
    before = sweeping.now()
    assert sweeping.due(OSLO, TODAY) == 3
    assert sweeping.request(OSLO, TODAY, 100, "s1") == 3
    assert sweeping.due(OSLO, TODAY) == 0
    assert left(stored) == {who(2).user: "2027-01-02"}
    found = {asked.user: (row, asked) for row, asked in written(stored)}
    assert found.keys() == {who(number).user for number in (0, 1, 3)}
    row, asked = found[who(1).user]
    assert row.key == f"{ORGANIZATION}:{who(1).user}".encode()
    assert row.partition is None
    assert (asked.type, asked.organization) == (EventType.DAY_TURNED, ORGANIZATION)
    assert (asked.connection, asked.fields, asked.warnings) == (one.id, TURNED, ())
    assert before <= asked.time <= sweeping.now()
    assert asked.id == f"2027-01-01/{one.id}/{who(1).user}/s1"


@pytest.mark.rule("R-60", "R-103")
def test_a_request_says_nothing_but_ids(stored: Stored, sweeping: SweepStore) -> None:
    """No value, no name: who, for which connection, and when."""
    one = stored.connect()
    flips(stored, one, KARI, "2027-01-01")
    stored.change(one, KARI, 1, {"email": "canary@x.no"})
    sweeping.request(OSLO, TODAY, 100, "s1")
    ((row, _),) = written(stored)
    event = orjson.loads(row.value or b"")
    assert event["data"] == {"connection": one.id, "fields": list(TURNED)}
    assert b"canary" not in (row.value or b"")


@pytest.mark.rule("R-60", "R-53")
def test_who_is_to_be_looked_at_again_is_asked_for_whole(
    stored: Stored, sweeping: SweepStore
) -> None:
    """A day turns the primary position only; another zone, or a late input, may turn any field."""
    one = stored.connect()
    flips(stored, one, KARI, AT_ONCE)
    sweeping.request(OSLO, TODAY, 100, "s1")
    ((_, asked),) = written(stored)
    assert asked.fields == ()


@pytest.mark.rule("R-60")
def test_what_intake_has_not_read_is_counted(stored: Stored, sweeping: SweepStore) -> None:
    """In the outbox, and in Kafka behind the stored offsets; of a partition never read, all."""
    one = stored.connect()
    read, never = Place(REQUESTS.name, 0), Place(REQUESTS.name, 1)
    assert sweeping.unread({read: 0, never: 0}) == 0
    stored.intake.begin_at(read, 40)
    assert sweeping.unread({read: 42, never: 3}) == 5
    flips(stored, one, KARI, "2027-01-01")
    sweeping.request(OSLO, TODAY, 100, "s1")
    assert sweeping.unread({read: 40, never: 0}) == 1


@pytest.mark.rule("R-60")
def test_each_person_is_asked_for_once(stored: Stored, sweeping: SweepStore) -> None:
    """A sweep that comes again finds nobody."""
    one = stored.connect()
    flips(stored, one, KARI, "2027-01-01")
    assert [sweeping.request(OSLO, TODAY, 100, id_) for id_ in ("s1", "s2")] == [1, 0]
    assert len(written(stored)) == 1


@pytest.mark.rule("R-60", "R-82")
def test_who_is_looked_at_twice_on_one_day_is_asked_for_twice(
    stored: Stored, sweeping: SweepStore
) -> None:
    """The second request is another event, and not a repeat of the first."""
    one = stored.connect()
    flips(stored, one, KARI, "2027-01-01")
    sweeping.request(OSLO, TODAY, 100, "s1")
    with stored.intake.transaction() as transaction:
        transaction.look_again([(one.id, KARI.user)])
    assert sweeping.request(OSLO, TODAY, 100, "s2") == 1
    assert len({asked.id for _, asked in written(stored)}) == 2


@pytest.mark.rule("R-60")
def test_a_transaction_takes_so_many_at_the_most(stored: Stored, sweeping: SweepStore) -> None:
    """Those who are due for longest come first."""
    one = stored.connect()
    for number, day in enumerate(["2027-01-01", "2026-12-30", "2026-12-31", "2026-12-29"]):
        flips(stored, one, who(number), day)
    assert sweeping.request(OSLO, TODAY, 3, "s1") == 3
    assert left(stored) == {who(0).user: "2027-01-01"}
    assert sweeping.request(OSLO, TODAY, 3, "s2") == 1


@pytest.mark.rule("R-59", "R-60")
def test_each_zone_has_its_own_day(stored: Stored, sweeping: SweepStore) -> None:
    """Only connections of the zone are looked at, with the date that it is there."""
    one, other = stored.connect("c1"), stored.connect("c2", organization=ELSEWHERE)
    stored.connections.change(other.id, {"zone": "Pacific/Kiritimati"}, "admin")
    flips(stored, one, KARI, "2027-01-01")
    flips(stored, other, who(1, ELSEWHERE), "2027-01-01")
    assert sweeping.zones() == [OSLO, "Pacific/Kiritimati"]
    assert sweeping.request("Pacific/Kiritimati", TODAY, 100, "s1") == 1
    assert sweeping.request(OSLO, TODAY - timedelta(days=1), 100, "s2") == 0
    ((_, asked),) = written(stored)
    assert (asked.organization, asked.connection) == (ELSEWHERE, other.id)
    assert left(stored) == {KARI.user: "2027-01-01"}


@pytest.mark.rule("R-60", "R-100")
def test_a_person_of_two_connections_is_asked_for_in_each(
    stored: Stored, sweeping: SweepStore
) -> None:
    """Two links, two requests, each of its own connection."""
    links = [stored.connect("c1", group="g1"), stored.connect("c2", group="g2")]
    for one in links:
        flips(stored, one, KARI, "2027-01-01")
    assert sweeping.request(OSLO, TODAY, 100, "s1") == 2
    found = written(stored)
    assert {asked.connection for _, asked in found} == {one.id for one in links}
    assert len({asked.id for _, asked in found}) == 2


@pytest.mark.rule("R-54", "R-60")
def test_an_inactive_connection_asks_for_nobody(stored: Stored, sweeping: SweepStore) -> None:
    """What is due waits until it is active; a removed one has no links."""
    one, other = stored.connect("c1", active=False), stored.connect("c2", group="g2")
    flips(stored, one, KARI, "2027-01-01")
    flips(stored, other, OLA, "2027-01-01")
    with stored.store.begin() as transaction:
        for table in (link, connections):
            mine = table.c.connection if table is link else table.c.id
            transaction.execute(table.delete().where(mine == other.id))
    assert sweeping.zones() == []
    assert sweeping.due(OSLO, TODAY) == 0
    assert sweeping.request(OSLO, TODAY, 100, "s1") == 0
    stored.connections.activate(one.id, 1)
    assert sweeping.zones() == [OSLO]
    assert sweeping.request(OSLO, TODAY, 100, "s2") == 1


@contextmanager
def _held(store: Store, key: PersonKey) -> Iterator[None]:
    """Let another transaction hold a person's link."""
    with store.begin() as transaction:
        transaction.execute(select(link).where(link.c.person == key.user).with_for_update())
        yield


@pytest.mark.postgres
@pytest.mark.rule("R-60")
def test_who_is_held_by_another_transaction_waits_for_the_next_time(
    postgresql_stored: Stored,
) -> None:
    """The sweep stands behind nobody, and two of them ask for nobody twice."""
    stored = postgresql_stored
    sweeping = StoredSweep(stored.store, stored.keyring, 1000)
    one = stored.connect()
    for key in (KARI, OLA):
        flips(stored, one, key, "2027-01-01")
    with _held(stored.store, KARI):
        assert sweeping.request(OSLO, TODAY, 100, "s1") == 1
        assert left(stored) == {KARI.user: "2027-01-01"}
    assert sweeping.request(OSLO, TODAY, 100, "s2") == 1


@pytest.mark.rule("R-60")
def test_requests_wait_while_the_outbox_is_full(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sweep itself wrote counts at once, what others did within seconds."""
    sweeping = StoredSweep(stored.store, stored.keyring, 3)
    one = stored.connect()
    for number in range(3):
        flips(stored, one, who(number), "2027-01-01")
    assert not sweeping.full()
    assert sweeping.request(OSLO, TODAY, 2, "s1") == 2
    assert not sweeping.full()
    assert sweeping.request(OSLO, TODAY, 2, "s2") == 1
    assert sweeping.full()
    with stored.store.begin() as transaction:
        transaction.execute(outbox.delete())
    assert sweeping.full()
    monkeypatch.setattr(sweep, "COUNT_SECONDS", 0.0)
    assert not sweeping.full()
    with stored.store.begin() as transaction:
        write(transaction, stored.keyring, [NewRow(OUTCOMES.name, b"k", b"v")] * 3, 1)
    assert sweeping.full()


@pytest.mark.rule("R-109")
def test_a_heartbeat_is_written_for_each_partition(stored: Stored, sweeping: SweepStore) -> None:
    """To that partition, with a key and an id that name it."""
    sweeping.heartbeats(3, datetime(2026, 11, 23, 12, 6, 30, tzinfo=UTC))
    found = written(stored)
    assert [row.partition for row, _ in found] == [0, 1, 2]
    assert [row.key for row, _ in found] == [b"heartbeat:0", b"heartbeat:1", b"heartbeat:2"]
    assert [asked.id for _, asked in found] == [f"{number}/29923926" for number in range(3)]
    assert {asked.type for _, asked in found} == {EventType.HEARTBEAT}
    assert {asked.organization for _, asked in found} == {None}


@pytest.mark.rule("R-109")
def test_a_partition_that_is_gone_has_no_heartbeat(stored: Stored, sweeping: SweepStore) -> None:
    """A topic that was made anew may have fewer: their last beats would grow old for ever."""
    with stored.store.begin() as transaction:
        rows = [{"partition": number, "beat_at": 60_000} for number in range(5)]
        transaction.execute(insert(heartbeat), rows)
    sweeping.heartbeats(3, datetime(2026, 11, 23, 12, 6, 30, tzinfo=UTC))
    assert stored.rows(heartbeat.c.partition) == [(0,), (1,), (2,)]


@pytest.mark.rule("R-109")
def test_a_heartbeat_of_a_partition_that_is_gone_leaves_the_outbox(
    stored: Stored, sweeping: SweepStore
) -> None:
    """Of either topic: nobody could publish it, and the relay would be in trouble for ever."""
    with stored.store.begin() as transaction:
        rows = [NewRow(topic, b"k", b"{}", (), at) for topic in ("a", "b") for at in (None, 2, 3)]
        write(transaction, stored.keyring, rows, 1)
    sweeping.heartbeats(3, datetime(2026, 11, 23, 12, 6, 30, tzinfo=UTC))
    left = [(row.topic, row.partition) for row in stored.outbox.rows(0, 4)]
    assert left == [("a", None), ("a", 2), ("b", None), ("b", 2)]


def test_one_process_at_a_time_sweeps(sweeping: SweepStore) -> None:
    """Whoever has the lease renews it; another waits until it is given back."""
    assert sweeping.claim("me", 60.0)
    assert not sweeping.claim("other", 60.0)
    assert sweeping.claim("me", 60.0)
    sweeping.release("me")
    assert sweeping.claim("other", 60.0)


@pytest.mark.rule("R-60")
def test_who_is_due_is_found_by_an_index(stored: Stored) -> None:
    """Every minute, and mostly nobody is: not by a look at every link."""
    of_sqlite = stored.store.dialect == "sqlite"
    dialect = stored.store._engine.dialect
    query = select(link.c.person).where(sweep._due(OSLO, TODAY)).order_by(link.c.next_flip_on)
    sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    with stored.store.begin() as transaction:
        if not of_sqlite:  # as in a store that has had its links for a while
            transaction.execute(
                text(
                    "INSERT INTO link (connection, person, organization, state, next_flip_on) "
                    "SELECT 'c', n, 'o', 'linked', '2028-01-01' FROM generate_series(1, 5000) AS n"
                )
            )
            transaction.execute(text("ANALYZE link"))
        plan = transaction.execute(text(f"EXPLAIN {'QUERY PLAN ' if of_sqlite else ''}{sql}"))
        assert "link_flips" in repr(plan.all())
