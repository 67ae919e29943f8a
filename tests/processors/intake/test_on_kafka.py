"""Intake whole: the real consumer on Apache Kafka, the real store; each record ends as it must."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.kafka.consumer import KafkaSource, settings_of
from connectors.store import offsets
from connectors.store.tables import pending
from processors.intake.loop import Intake, IntakeLimits
from processors.ports.source import Place
from schemas.letter import parse
from schemas.reading import Reading
from schemas.topics import EVENTS
from tests.fixtures.arrivals import START, USER, Arrivals
from tests.fixtures.brokers import topic_maker
from tests.fixtures.records import SESSION, kafka, new_group, source_of, until, write

MIB = 1024 * 1024
LIMITS = IntakeLimits(batch=7, poll=0.01, retry=0.05, unsupported_per_hour=3)
READING = Reading(ours=False, max_bytes=MIB, future=600, version_from="revision")
pytestmark = pytest.mark.java


class Failing(KafkaSource):
    """A consumer whose callback fails once."""

    failed = False

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if partitions and not self.failed:
            self.failed = True
            raise RuntimeError("a bug of ours")
        super()._on_assign(consumer, partitions)


class Plant:
    """A topic on a cluster, an organisation with one linked person, and intakes that read."""

    def __init__(self, arrivals: Arrivals, servers: str) -> None:
        self.arrivals, self.servers = arrivals, servers
        self.place = Place(topic_maker(servers)(max_message_bytes=str(11 * MIB)), 0)
        self.group = new_group()
        self.published = 0
        arrivals.connect()
        arrivals.linked()

    def publish(self) -> None:
        """Write to the cluster what arrived and was not yet written."""
        (records,) = [there for there in self.arrivals.source.records.values() if there]
        for one in records[self.published :]:
            write(
                self.servers, self.place, one.raw_value,
                key=one.raw_key, headers=one.raw_headers, at=one.milliseconds,
            )  # fmt: skip
        self.published = len(records)

    def intake(self, source: KafkaSource | None = None) -> Intake:
        """Return a new process's intake."""
        arrivals, topic = self.arrivals, self.place.topic
        return Intake(
            source or source_of(self.servers, topic, group=self.group),
            arrivals.intake_store, {topic: READING}, LIMITS, arrivals.numbers, arrivals.health,
        )  # fmt: skip

    @contextmanager
    def running(self, intake: Intake | None = None) -> Iterator[None]:
        """Run an intake in a thread of its own, until the block is left."""
        stop = threading.Event()
        thread = threading.Thread(target=(intake or self.intake()).run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(20)
        assert not thread.is_alive()

    def stored(self) -> int | None:
        """Return the stored offset."""
        with self.arrivals.store.read() as transaction:
            return offsets.stored(transaction).get(self.place)

    def ends(self) -> dict[str, tuple[str, str | None]]:
        """Return how events ended that do not wait, by id or by offset; each ended once."""
        ends: dict[str, tuple[str, str | None]] = {}
        for one in self.arrivals.outcomes():
            id_ = one["event"]["id"].removeprefix(f"{self.place.topic}/0/")
            assert id_ not in ends
            ends[id_] = (one["result"], one.get("reason"))
        return ends

    def waiting(self) -> list[int]:
        """Return the offsets of events that wait for their lane."""
        return sorted(row[0] for row in self.arrivals.all(pending, pending.c.offset))


@pytest.fixture
def plant(arrivals: Arrivals, broker: str) -> Plant:
    """An empty topic."""
    return Plant(arrivals, broker)


End = tuple[str | None, str, str]
"""An event's id, None where nobody can read it; its result and reason."""


def events_that_end(arrivals: Arrivals) -> Iterator[End]:
    """Let events arrive that are wrong, or not for us; yields after each how it must end."""
    arrivals.arrive("user.updated", None, 1, value=b"{no json")
    yield "e1", "dead-lettered", "not JSON"
    arrivals.arrive("user.updated", None, 2, value=b'{"changes": {"phone": NaN}}')
    yield "e2", "dead-lettered", "not JSON"
    arrivals.arrive("user.updated", {"changes": {"phone": "x" * 10 * MIB}}, 3)
    yield "e3", "dead-lettered", "too large"
    arrivals.arrive("user.updated", {"changes": {"shoeSize": 41}}, 4)
    yield "e4", "skipped", "no supported field"
    arrivals.arrive("user.updated", None, 5, value=None)
    yield "e5", "dead-lettered", "schema"
    arrivals.arrive("user.updated", {"changes": {}}, 6, time=START + timedelta(hours=1))
    yield "e6", "dead-lettered", "schema"
    impossible = arrivals.updated(7, phone="7")
    impossible.raw_headers.remove(("ce_time", START.isoformat().encode()))
    impossible.raw_headers.append(("ce_time", b"2026-02-30T10:00:00Z"))
    yield "e7", "dead-lettered", "schema"
    arrivals.arrive("user.updated", {"changes": {}}, 8, user=f"{USER[:-1]}\x00")
    yield "e8", "dead-lettered", "schema"
    arrivals.arrive("payroll.closed", {}, 9)
    yield "e9", "skipped", "not ours"
    arrivals.arrive("user.promoted", {}, 10)
    yield "e10", "dead-lettered", "unsupported type"


def records_that_are_no_events(arrivals: Arrivals) -> Iterator[End]:
    """Let records arrive in which nobody can read an id."""
    batch = [("Content-Type", b"application/CloudEvents-batch+json; charset=utf-8")]
    arrivals.record(f"any:{USER}".encode(), b"[]", batch)
    yield None, "dead-lettered", "not an event"
    arrivals.record(b"any", b"bytes of somebody")
    yield None, "dead-lettered", "not an event"
    arrivals.record(None, None)
    yield None, "skipped", "tombstone"


@pytest.mark.rule("R-90", "R-95", "R-96")
def test_every_record_ends_as_the_rules_say_and_the_next_is_handled(plant: Plant) -> None:
    """Whatever arrives, after each of them a good event goes its way, unknown fields and all."""
    arrivals, place = plant.arrivals, Place(EVENTS.name, 0)
    expected: dict[str, tuple[str, str | None]] = {}
    good = 100
    for id_, result, reason in chain(
        events_that_end(arrivals), records_that_are_no_events(arrivals)
    ):
        expected[id_ or str(len(arrivals.source.records[place]) - 1)] = (result, reason)
        good += 1
        arrivals.updated(good, phone=str(good), shoeSize=41)
    plant.publish()
    with plant.running():
        until(lambda: plant.stored() == plant.published)
    newest = plant.published - 1
    expected |= {f"e{number}": ("superseded", None) for number in range(101, good)}
    assert plant.ends() == expected
    assert plant.waiting() == [newest]
    assert arrivals.projection() == {"phone": (good, str(good))}
    sent = arrivals.source.records[place]
    for letter in arrivals.letters():
        at = int(dict(letter.headers)["huma-xledger-source-offset"] or b"")
        assert (letter.key, letter.value) == (sent[at].raw_key, sent[at].raw_value)
        assert parse(letter.headers).connection is None


def test_a_new_process_goes_on_exactly_where_the_last_one_was(plant: Plant) -> None:
    """Nothing is read twice and nothing left out, whatever Kafka itself has committed."""
    for revision in range(20):
        plant.arrivals.arrive("user.updated", {"changes": {}}, revision)
    plant.publish()
    with plant.running():
        until(lambda: plant.stored() == 20)
    tool = Consumer({**kafka(plant.servers), "group.id": plant.group})
    tool.commit(offsets=[TopicPartition(*plant.place, 3)], asynchronous=False)
    tool.close()
    for revision in range(20, 30):
        plant.arrivals.arrive("user.updated", {"changes": {}}, revision)
    plant.publish()
    with plant.running():
        until(lambda: plant.stored() == 30)
    assert set(plant.ends()) == {f"e{revision}" for revision in range(30)}


def test_a_callback_that_fails_loses_nothing(plant: Plant) -> None:
    """It ends the process; going on begins at the store's offset, not at Kafka's."""
    for revision in range(10):
        plant.arrivals.arrive("user.updated", {"changes": {}}, revision)
    plant.publish()
    settings = {**kafka(plant.servers), **settings_of(SESSION, 16, plant.group)}
    source = Failing(settings, [plant.place.topic])
    intake = plant.intake(source)

    def raised() -> bool:
        try:
            intake.turn()
        except RuntimeError:
            return True
        return False

    until(raised)
    with plant.running(intake):
        until(lambda: plant.stored() == 10)
        until(lambda: plant.arrivals.health.said[-1:] == [None])
    assert set(plant.ends()) == {f"e{revision}" for revision in range(10)}


def test_offsets_are_set_while_it_runs(plant: Plant) -> None:
    """Backwards: what lies behind is read again, and ends as a repeat; no process stops."""
    for revision in range(10):
        plant.arrivals.updated(revision, phone=str(revision))
    plant.publish()
    with plant.running():
        until(lambda: plant.stored() == 10)
        with plant.arrivals.store.begin() as transaction:
            offsets.move(transaction, plant.place, 2)
        plant.arrivals.updated(10, phone="10")
        plant.publish()
        until(lambda: plant.stored() == 11)
    assert plant.arrivals.projection() == {"phone": (10, "10")}


def test_an_offset_that_retention_passed_is_said_and_mended(plant: Plant) -> None:
    """The sentence names the command; after it reading goes on by itself."""
    for revision in range(10):
        plant.arrivals.arrive("user.updated", {"changes": {}}, revision)
    plant.publish()
    with plant.arrivals.store.begin() as transaction:
        offsets.begin_at(transaction, plant.place, 1)
    admin = AdminClient(kafka(plant.servers))
    (deleted,) = admin.delete_records([TopicPartition(*plant.place, 6)]).values()
    deleted.result(20)
    said = (
        f"{plant.place.topic}/0 does not hold offset 1: choose where to go on with "
        f"`offsets set --topic {plant.place.topic} --partition 0 --to …`"
    )
    with plant.running():
        until(lambda: any(plant.arrivals.health.said))
        assert plant.arrivals.health.said[-1] == said
        assert plant.stored() == 1
        with plant.arrivals.store.begin() as transaction:
            offsets.move(transaction, plant.place, 6)
        until(lambda: plant.stored() == 10)
        until(lambda: plant.arrivals.health.said[-1] is None)
    assert set(plant.ends()) == {f"e{revision}" for revision in range(6, 10)}


def test_an_idle_partitions_row_follows_the_position(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction's marker is passed: else retention would raise a false out of range."""
    monkeypatch.setattr("processors.intake.loop.IDLE_SECONDS", 0.1)
    producer = Producer({**kafka(plant.servers), "transactional.id": plant.place.topic})
    producer.init_transactions(20)
    producer.begin_transaction()
    record = plant.arrivals.updated(1, phone="1")
    producer.produce(
        plant.place.topic, record.raw_value, record.raw_key, 0,
        headers=dict(record.raw_headers), timestamp=record.milliseconds,
    )  # fmt: skip
    producer.commit_transaction(20)
    with plant.running():
        until(lambda: plant.stored() == 2)
    assert plant.arrivals.projection() == {"phone": (1, "1")}
