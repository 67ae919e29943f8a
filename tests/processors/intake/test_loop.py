"""The loop: offsets move with effects or not at all, whatever goes away (promises 1, 2 and 7)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import update

from connectors.store import offsets
from connectors.store.outbox import NewRow, write
from connectors.store.tables import partition, pending
from processors.ports.intake import Ending, IntakeTransaction, Value
from processors.ports.source import Place
from schemas.errors import BrokerUnavailable, CannotStore, StopProcess, StoreUnavailable
from schemas.letter import parse
from schemas.metrics import BATCHES_HALVED, EVENTS_ELSEWHERE, FENCED, OLDEST_UNREAD
from schemas.topics import EVENTS, OUTCOMES, REQUESTS
from tests.fixtures.arrivals import ELSEWHERE, LIMITS, Arrivals
from tests.fixtures.records import until

FIRST = Place(EVENTS.name, 0)
SECOND = Place(EVENTS.name, 1)
REQUEST = Place(REQUESTS.name, 0)
POISON = "poison"


@pytest.fixture
def linked(arrivals: Arrivals) -> Arrivals:
    """A connection with one linked person."""
    arrivals.connect()
    arrivals.linked()
    return arrivals


def stored(arrivals: Arrivals, place: Place = FIRST) -> int | None:
    """Return a partition's stored offset."""
    with arrivals.store.read() as transaction:
        return offsets.stored(transaction).get(place)


def events_that_wait(arrivals: Arrivals) -> int:
    """Count them."""
    return len(arrivals.all(pending, pending.c.outcome))


@contextmanager
def running(arrivals: Arrivals) -> Iterator[None]:
    """Run the loop in a thread of its own, until the block is left."""
    stop = threading.Event()
    thread = threading.Thread(target=arrivals.intake.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


class Troubled:
    """A store whose transactions fail as they are told; everything else is the real one's."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.real = arrivals.intake_store
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.unread: Callable[[], None] | None = None
        self.letters = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    @contextmanager
    def transaction(self) -> Iterator[IntakeTransaction]:
        """Fail before anything is done, or after everything was; refuse what is poison."""
        if self.unread is not None:
            self.unread()
            self.unread = None
        if self.before:
            raise self.before.pop(0)
        with self.real.transaction() as transaction:
            yield _Refusing(transaction, letters=self.letters)
        if self.after:
            raise self.after.pop(0)


class _Refusing:
    def __init__(self, real: IntakeTransaction, *, letters: bool) -> None:
        self.real = real
        self.letters = letters

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def merge(self, values: Sequence[Value]) -> Any:
        if any(value.value == POISON for value in values):
            raise CannotStore("poison")
        return self.real.merge(values)

    def end(self, events: Sequence[Ending]) -> Any:
        if not self.letters and any(event.letter for event in events):
            raise CannotStore("no letter either")
        return self.real.end(events)


def troubled(arrivals: Arrivals) -> Troubled:
    """Put trouble between intake and its store."""
    trouble = Troubled(arrivals)
    arrivals.intake_store = trouble  # type: ignore[assignment]  # the same by __getattr__
    arrivals.renew()
    return trouble


def test_a_first_start_begins_at_the_earliest_and_says_so(linked: Arrivals) -> None:
    """`earliest` is resolved to a number, and stored before anything is read."""
    for revision in range(5):
        linked.updated(revision, phone=str(revision))
    linked.source.first[FIRST] = 3
    linked.intake.turn()
    assert linked.source.begun[0] == (FIRST, 3)
    assert stored(linked) == 5
    assert linked.projection() == {"phone": (4, "4")}


def test_reading_goes_on_where_the_store_says(linked: Arrivals) -> None:
    """A new process begins at the stored offsets: nothing is read twice, and none left out."""
    linked.updated(1, phone="1")
    linked.read()
    linked.renew()
    linked.updated(2, phone="2")
    linked.read()
    assert (FIRST, 1) in linked.source.begun
    assert linked.projection() == {"phone": (2, "2")}
    assert stored(linked) == 2


def test_a_late_writer_is_fenced(linked: Arrivals) -> None:
    """When a partition's offset moved, nothing of it is written; the others of the batch are."""
    linked.source.assign(SECOND)
    linked.read()
    linked.updated(1, phone="1")
    linked.arrive("user.updated", {"changes": {"gender": "Male"}}, 2, partition=1)
    with linked.store.begin() as transaction:
        transaction.execute(
            update(partition).where(partition.c.partition == 1).values(next_offset=1)
        )
    linked.read()
    assert linked.projection() == {"phone": (1, "1")}
    assert (stored(linked), stored(linked, SECOND)) == (1, 1)
    assert linked.numbers.of(FENCED) == 1
    assert linked.source.begun[-1] == (SECOND, 1)


def test_offsets_are_set_while_it_runs(linked: Arrivals) -> None:
    """An offset set by hand takes effect live: what lies behind it is read again."""
    linked.updated(1, phone="1")
    linked.read()
    with linked.store.begin() as transaction:
        offsets.move(transaction, FIRST, 0)
    linked.updated(2, phone="2")
    linked.read()
    assert (FIRST, 0) in linked.source.begun[1:]
    assert stored(linked) == 2
    assert linked.projection() == {"phone": (2, "2")}


def test_offsets_are_set_where_nothing_comes(linked: Arrivals) -> None:
    """Of a partition without new events too: in a quiet night it would wait until the morning."""
    linked.updated(1, phone="1")
    linked.read()
    with linked.store.begin() as transaction:
        offsets.move(transaction, FIRST, 0)
    linked.flush()
    linked.intake.turn()
    assert linked.source.begun[-1] == (FIRST, 0)
    assert stored(linked) == 1


def test_after_trouble_with_kafka_all_begin_anew(linked: Arrivals) -> None:
    """After an exception out of poll every partition is sought to the store's offset."""
    linked.updated(1, phone="1")
    linked.read()
    linked.source.trouble.append(BrokerUnavailable("away"))
    linked.source.at[FIRST] = 99
    with running(linked):
        linked.updated(2, phone="2")
        until(lambda: stored(linked) == 2)
    assert linked.projection() == {"phone": (2, "2")}


def test_a_callback_that_fails_costs_nothing(linked: Arrivals) -> None:
    """A bug of ours in the consumer ends the loop; whoever goes on, begins where the store says."""
    linked.updated(1, phone="1")
    linked.read()
    linked.source.trouble.append(RuntimeError("a callback failed"))
    with pytest.raises(RuntimeError):
        linked.intake.run(threading.Event())
    assert linked.source.closed
    linked.source.at[FIRST] = 99
    linked.updated(2, phone="2")
    linked.read()
    assert linked.source.begun[-2:] == [(FIRST, 1), (REQUEST, 0)]
    assert linked.projection() == {"phone": (2, "2")}


def test_one_poisonous_event_stops_no_other(linked: Arrivals) -> None:
    """A batch that cannot be stored is halved, until one event is alone: that one is a letter."""
    troubled(linked)
    for revision in range(8):
        linked.updated(
            revision, **{"gender": POISON} if revision == 5 else {"phone": str(revision)}
        )
    ends = linked.read()
    assert ends["e5"] == ("dead-lettered", "cannot be stored")
    assert linked.projection() == {"phone": (7, "7")}
    assert stored(linked) == 8
    (letter,) = linked.letters()
    assert parse(letter.headers).letter_class == "schema"
    assert letter.value == linked.source.records[FIRST][5].raw_value
    assert linked.numbers.of(BATCHES_HALVED) == 4
    assert events_that_wait(linked) == 1


def test_poison_in_another_partition_keeps_the_offsets_apart(linked: Arrivals) -> None:
    """Halves that cut through several partitions move each one's offset rightly."""
    linked.source.assign(SECOND)
    troubled(linked)
    for revision in range(6):
        changes = {"gender": POISON} if revision in {0, 3} else {"phone": str(revision)}
        linked.arrive("user.updated", {"changes": changes}, revision, partition=revision % 2)
    ends = linked.read()
    assert {ends["e0"], ends["e3"]} == {("dead-lettered", "cannot be stored")}
    assert (stored(linked), stored(linked, SECOND)) == (3, 3)
    assert linked.projection() == {"phone": (5, "5")}


@pytest.mark.parametrize("value", [b"no event", None])
def test_a_store_that_takes_nothing_ends_the_process(linked: Arrivals, value: bytes | None) -> None:
    """When not even the letter can be stored, somebody must look: it is said, not repeated."""
    troubled(linked).letters = False
    linked.updated(1, phone="1")
    linked.record(None, value, [("ce_specversion", b"1.0")])
    with pytest.raises(StopProcess, match=r"huma\.user-events\.v1/0"):
        linked.read()
    assert stored(linked) == 1
    assert linked.projection() == {"phone": (1, "1")}


def test_an_event_whose_letter_cannot_be_stored_ends_the_process(linked: Arrivals) -> None:
    """The poison's own letter is refused too: the same sentence, and nothing is passed over."""
    troubled(linked).letters = False
    linked.updated(1, gender=POISON)
    with pytest.raises(StopProcess, match="not even a dead letter"):
        linked.read()
    assert stored(linked) == 0


@pytest.mark.rule("R-85")
def test_the_store_away_is_waited_for(linked: Arrivals) -> None:
    """While the store is away intake pauses, says so, stays in the group, and loses nothing."""
    trouble = troubled(linked)
    trouble.before = [StoreUnavailable("the store is away")] * 3
    linked.updated(1, phone="1")
    with running(linked):
        until(lambda: stored(linked) == 1)
        linked.clock += 20
        until(lambda: linked.health.said[-1] is None)
    assert "the store is away" in linked.health.said
    assert linked.source.closed
    assert not linked.source.paused
    assert linked.letters() == []
    assert linked.projection() == {"phone": (1, "1")}


@pytest.mark.rule("R-85")
def test_store_and_kafka_away_at_once(linked: Arrivals) -> None:
    """Kafka may go while the store is waited for: afterwards both are used again."""
    trouble = troubled(linked)
    linked.read()
    linked.updated(1, phone="1")
    trouble.before = [StoreUnavailable("the store is away")]
    away = threading.Event()

    def go() -> None:
        linked.source.trouble.append(BrokerUnavailable("Kafka is away too"))
        away.set()

    trouble.unread = go
    with running(linked):
        until(lambda: stored(linked) == 1)
    assert away.is_set()
    assert linked.source.trouble == []
    assert not linked.source.paused
    assert linked.projection() == {"phone": (1, "1")}


def test_an_unclear_commit_is_repeated_safely(linked: Arrivals) -> None:
    """What was committed though the store seemed away is not done twice: the fence answers."""
    trouble = troubled(linked)
    trouble.after = [StoreUnavailable("was it committed?")]
    linked.updated(1, phone="1")
    with running(linked):
        until(lambda: stored(linked) == 1 and not trouble.after)
        linked.updated(2, phone="2")
        until(lambda: stored(linked) == 2)
    assert linked.projection() == {"phone": (2, "2")}
    outcomes = [one["event"]["id"] for one in linked.outcomes()]
    assert outcomes == ["e1"]


def test_a_batch_is_judged_by_who_listens_now(arrivals: Arrivals) -> None:
    """A connection that comes between judging and storing counts: the batch is judged again."""
    arrivals.connect("other", organization=ELSEWHERE)
    trouble = troubled(arrivals)
    arrivals.updated(1, phone="1")
    arrivals.arrive("user.updated", {"changes": {}}, 9, organization=ELSEWHERE)
    trouble.unread = arrivals.connect
    ends = arrivals.read()
    assert ends["e1"] == ("skipped", "not linked")
    assert [one["event"]["id"] for one in arrivals.outcomes()].count("e9") == 1
    assert arrivals.projection() == {"phone": (1, "1")}


def test_what_was_judged_in_vain_is_not_passed_over(arrivals: Arrivals) -> None:
    """Offsets that fall due in the same turn stay where they are until the batch is stored."""
    arrivals.connect("other", organization=ELSEWHERE)
    trouble = troubled(arrivals)
    arrivals.read()
    arrivals.updated(1, phone="1")
    arrivals.arrive("user.updated", {"changes": {}}, 9, organization=ELSEWHERE)
    trouble.unread = arrivals.connect
    arrivals.flush()
    assert stored(arrivals) == 0
    assert arrivals.read()["e1"] == ("skipped", "not linked")
    assert arrivals.projection() == {"phone": (1, "1")}


def test_a_connection_that_comes_is_not_missed_by_what_was_passed(arrivals: Arrivals) -> None:
    """What concerned nobody when it was read is read again, unless its offset was stored before."""
    trouble = troubled(arrivals)
    arrivals.read()
    arrivals.updated(1, phone="1")
    arrivals.intake.turn()
    assert arrivals.numbers.of(EVENTS_ELSEWHERE) == 1
    trouble.unread = arrivals.connect
    arrivals.flush()
    assert stored(arrivals) == 0
    assert arrivals.read()["e1"] == ("skipped", "not linked")


def test_what_concerns_nobody_is_passed_and_remembered(linked: Arrivals) -> None:
    """Offsets of skipped records are stored too, though later, and told to lag tools."""
    for revision in range(3):
        linked.arrive("user.updated", {}, revision, organization=ELSEWHERE)
    linked.read()
    assert linked.numbers.of(EVENTS_ELSEWHERE) == 3
    assert stored(linked) == 3
    linked.flush()
    assert linked.source.committed[FIRST] == 3


def test_an_idle_partition_follows_the_position(linked: Arrivals) -> None:
    """Where the consumer moved without a record, the row moves too: retention cannot pass it."""
    linked.updated(1, phone="1")
    linked.read()
    linked.source.at[FIRST] = 40
    linked.flush()
    assert stored(linked) == 40


def test_an_offset_out_of_range_stops_one_partition(linked: Arrivals) -> None:
    """It stands still and names the command; others go on; a set offset makes it go on."""
    linked.source.assign(SECOND)
    linked.read()
    linked.source.beyond[SECOND] = 0
    linked.arrive("user.updated", {"changes": {"gender": "Male"}}, 5, partition=1)
    linked.arrive("user.updated", {"changes": {"email": "k@x.no"}}, 6, partition=1)
    linked.updated(1, phone="1")
    linked.intake.turn()
    linked.flush()
    assert (stored(linked), stored(linked, SECOND)) == (1, 0)
    said = linked.health.said[-1]
    assert said is not None
    assert "offsets set" in said
    assert f"{EVENTS.name}/1" in said
    with linked.store.begin() as transaction:
        offsets.move(transaction, SECOND, 1)
    linked.flush()
    linked.read()
    assert linked.source.begun[-1] == (SECOND, 1)
    assert linked.projection() == {"phone": (1, "1"), "email": (6, "k@x.no")}
    assert stored(linked, SECOND) == 2
    linked.flush()
    assert linked.health.said[-1] is None


def test_a_full_outbox_pauses(linked: Arrivals) -> None:
    """At the outbox's limit nothing is read until the relay has made room."""
    with linked.store.begin() as transaction:
        rows = [NewRow(OUTCOMES.name, b"k", b"{}")] * 1000
        write(transaction, linked.keyring, rows, 1)
    linked.updated(1, phone="1")
    with running(linked):
        until(lambda: any("OUTBOX__LIMIT" in (said or "") for said in linked.health.said))
        assert stored(linked) is None
    assert linked.projection() == {}


def test_room_in_the_outbox_is_used(linked: Arrivals) -> None:
    """It goes on by itself, and health is well again."""
    with linked.store.begin() as transaction:
        write(transaction, linked.keyring, [NewRow(OUTCOMES.name, b"k", b"{}")] * 1000, 1)
    linked.updated(1, phone="1")
    linked.clock = 100.0
    with running(linked):
        until(lambda: any("OUTBOX__LIMIT" in (said or "") for said in linked.health.said))
        linked.forget()
        linked.intake_store._counted = (0.0, 0)
        until(lambda: stored(linked) == 1)
        linked.clock += 20
        until(lambda: linked.health.said[-1] is None)
    assert linked.projection() == {"phone": (1, "1")}


@pytest.mark.rule("R-109")
def test_the_oldest_unread_is_exported_while_more_waits(linked: Arrivals) -> None:
    """Whatever is unread is not older than what was read; when nothing is, the age goes."""
    for revision in range(LIMITS.batch + 1):
        linked.updated(revision, phone=str(revision))
    linked.intake.turn()
    newest = linked.source.records[FIRST][-2].milliseconds / 1000
    assert linked.numbers.of(OLDEST_UNREAD, EVENTS.name) == newest
    linked.intake.turn()
    assert linked.numbers.of(OLDEST_UNREAD, EVENTS.name) == 0


@pytest.mark.rule("R-109")
def test_the_oldest_unread_is_exported_where_records_come_slowly(linked: Arrivals) -> None:
    """Large records fill no batch in its time, though days of them wait: they are unread too."""
    for revision in range(3):
        linked.updated(revision, phone=str(revision))
    linked.source.fetched = 1
    linked.intake.turn()
    newest = linked.source.records[FIRST][0].milliseconds / 1000
    assert linked.numbers.of(OLDEST_UNREAD, EVENTS.name) == newest


@pytest.mark.rule("R-109")
def test_the_oldest_unread_is_exported_of_each_partition(linked: Arrivals) -> None:
    """One that stands out of range is unread while the other one is read to its end."""
    linked.source.assign(SECOND)
    linked.read()
    linked.source.beyond[SECOND] = 0
    linked.arrive("user.updated", {"changes": {"gender": "Male"}}, 5, partition=1)
    linked.updated(1, phone="1")
    before = time.time()
    linked.intake.turn()
    assert stored(linked) == 1
    assert 0 < linked.numbers.of(OLDEST_UNREAD, EVENTS.name) <= before


@pytest.mark.rule("R-98")
def test_what_is_passed_over_makes_no_transaction_of_its_own(linked: Arrivals) -> None:
    """Reading goes on past others' events, so that what concerns us is stored together."""
    for revision in range(3):
        linked.updated(revision, phone=str(revision))
        for _ in range(LIMITS.batch):
            linked.arrive("user.updated", {"changes": {}}, 1, organization=ELSEWHERE)
    linked.intake.turn()
    assert stored(linked) == 3 * (LIMITS.batch + 1)
    assert events_that_wait(linked) == 1
    assert linked.projection() == {"phone": (2, "2")}


def test_what_was_gathered_is_read_again_when_kafka_goes(linked: Arrivals) -> None:
    """Trouble between two reads of one batch loses nothing of the first."""
    linked.updated(1, phone="1")
    for _ in range(LIMITS.batch - 1):
        linked.arrive("user.updated", {"changes": {}}, 1, organization=ELSEWHERE)
    linked.source.trouble = [None, BrokerUnavailable("gone")]
    with running(linked):
        until(lambda: stored(linked) == LIMITS.batch)
    assert linked.projection() == {"phone": (1, "1")}


@pytest.mark.rule("R-81")
def test_a_revoked_partition_is_left_alone(linked: Arrivals) -> None:
    """Who got a partition back begins where the other one left off."""
    linked.updated(1, phone="1")
    linked.read()
    linked.source.revoke(FIRST)
    linked.flush()
    linked.updated(2, phone="2")
    with linked.store.begin() as transaction:
        offsets.move(transaction, FIRST, 2)
    linked.source.assign(FIRST)
    linked.updated(3, phone="3")
    linked.read()
    assert linked.source.begun[-1] == (FIRST, 2)
    assert linked.projection() == {"phone": (3, "3")}


def test_a_header_that_nobody_can_read(linked: Arrivals) -> None:
    """A name that is not UTF-8 makes the driver give up: a letter, and the next one is handled."""
    bad = linked.updated(1, phone="1")
    bad.broken = True
    linked.updated(2, phone="2")
    ends = linked.read()
    assert ends["huma.user-events.v1/0/0"] == ("dead-lettered", "schema")
    assert linked.projection() == {"phone": (2, "2")}


def test_connections_that_change_are_followed(linked: Arrivals) -> None:
    """Each transaction reads the connections' generation; a raised one is followed at once."""
    linked.updated(1, phone="1")
    linked.read()
    linked.connect(active=False)
    linked.updated(2, phone="2")
    assert linked.read()["e2"] == ("skipped", "not active")
    assert events_that_wait(linked) == 1
