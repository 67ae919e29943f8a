"""The relay: each row in order of insertion, gone only when Kafka has it, one relay at a time."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

from connectors.kafka.producer import KafkaPublisher
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.outbox import NewRow, StoredOutbox, write
from processors.ports.outbox import OutboxRow
from processors.relay import Relay, RelayLimits
from schemas.errors import BrokerUnavailable, RetryLater, StoreUnavailable
from schemas.metrics import PUBLISHED
from schemas.topics import DEAD_LETTERS, OUTCOMES
from tests.fixtures.arrivals import ORGANIZATION, Feelings, Numbers
from tests.fixtures.brokers import MakeTopic
from tests.fixtures.records import kafka, read, until

LIMITS = RelayLimits(lease=10.0, delivery=6.0, idle=0.01, batch=3)


@dataclass
class Cluster:
    """A Kafka that takes, refuses, forgets or is away, as it is told, by a row's value."""

    taken: list[bytes | None] = field(default_factory=list)
    refuses: dict[bytes | None, str] = field(default_factory=dict)
    silent: set[bytes | None] = field(default_factory=set)
    away: bool = False
    seconds: list[float] = field(default_factory=list)
    tries: int = 0

    def publish(self, rows: Sequence[OutboxRow], seconds: float) -> Mapping[int, str | None]:
        """See the port."""
        self.tries += 1
        self.seconds.append(seconds)
        if self.away:
            raise BrokerUnavailable("Kafka is away")
        heard = [row for row in rows if row.value not in self.silent]
        self.taken += [row.value for row in heard if row.value not in self.refuses]
        return {row.id: self.refuses.get(row.value) for row in heard}


@dataclass
class Bench:
    """An outbox on a real store, and relays that work on it."""

    store: Store
    keyring: Keyring
    cluster: Cluster = field(default_factory=Cluster)
    numbers: Numbers = field(default_factory=Numbers)
    health: Feelings = field(default_factory=Feelings)
    clock: float = 0.0

    def __post_init__(self) -> None:
        self.outbox = StoredOutbox(self.store, self.keyring)

    def write(self, *values: bytes | None, topic: str = OUTCOMES.name) -> None:
        """Write rows in one transaction; letters' values are sealed, as they always are."""
        sealed = ORGANIZATION if topic == DEAD_LETTERS.name else None
        rows = [NewRow(topic, b"o:u", value, organization=sealed) for value in values]
        with self.store.begin() as transaction:
            write(transaction, self.keyring, rows, 1)

    def relay(self, owner: str = "a", limits: RelayLimits = LIMITS) -> Relay:
        """Return one process's relay."""
        return Relay(
            self.outbox, self.cluster, owner, limits, self.numbers, self.health, lambda: self.clock
        )

    def waiting(self) -> list[bytes | None]:
        """Return what is left."""
        return [row.value for row in self.outbox.rows(0, 1000)]


@pytest.fixture
def bench(store: Store, keyring: Keyring) -> Bench:
    """An empty outbox."""
    return Bench(store, keyring)


@contextmanager
def running(relay: Relay) -> Iterator[None]:
    """Run a relay in a thread of its own, until the block is left."""
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_rows_go_out_in_order_of_insertion(bench: Bench) -> None:
    """Transaction after transaction, batch after batch; then nothing is left."""
    values = [str(number).encode() for number in range(10)]
    bench.write(*values[:6])
    bench.write(*values[6:9], topic=DEAD_LETTERS.name)
    bench.write(values[9])
    relay = bench.relay()
    assert [relay.turn() for _ in range(5)] == [True, True, True, True, False]
    assert bench.cluster.taken == values
    assert bench.waiting() == []
    assert bench.numbers.of(PUBLISHED, OUTCOMES.name) == 7
    assert bench.numbers.of(PUBLISHED, DEAD_LETTERS.name) == 3


def test_a_row_goes_only_after_its_report(bench: Bench) -> None:
    """What Kafka did not report stays, is said, and goes out again."""
    bench.write(b"1", b"2", b"3")
    bench.cluster.silent = {b"2"}
    relay = bench.relay()
    assert relay.turn()
    assert bench.waiting() == [b"2"]
    assert bench.health.said[-1] == "Kafka did not take 1 of 3 records in time"
    bench.cluster.silent = set()
    assert relay.turn()
    assert bench.cluster.taken == [b"1", b"3", b"2"]
    assert bench.waiting() == []
    assert bench.health.said[-1] is None


def test_what_died_before_it_was_deleted_goes_out_again(bench: Bench) -> None:
    """At least once: a reader counts an outcome's id once."""
    bench.write(b"1")

    class Dying(StoredOutbox):
        def delete(self, ids: Sequence[int]) -> None:
            raise StoreUnavailable(f"away with {len(ids)} row")

    bench.outbox = Dying(bench.store, bench.keyring)
    with pytest.raises(StoreUnavailable):
        bench.relay().turn()
    bench.outbox = StoredOutbox(bench.store, bench.keyring)
    assert bench.relay().turn()
    assert bench.cluster.taken == [b"1", b"1"]
    assert bench.waiting() == []


def test_one_relay_works_at_a_time(bench: Bench) -> None:
    """The others look on until the lease is given back, or has ended."""
    bench.write(b"1")
    first, second = bench.relay("a"), bench.relay("b")
    assert first.turn()
    bench.write(b"2")
    assert not second.turn()
    assert bench.cluster.taken == [b"1"]
    assert first.turn()
    bench.write(b"3")
    bench.outbox.release("b")
    assert not second.turn()
    bench.outbox.release("a")
    assert second.turn()
    assert bench.cluster.taken == [b"1", b"2", b"3"]


def test_the_lease_of_a_dead_relay_ends(bench: Bench) -> None:
    """By the store's clock; then another relay goes on with what is left."""
    assert bench.outbox.claim("dead", 0.2)
    assert not bench.outbox.claim("b", 10)
    bench.write(b"1")
    second = bench.relay("b")
    until(second.turn)
    assert bench.cluster.taken == [b"1"]
    assert not bench.outbox.claim("dead", 10)


def test_a_relay_that_stops_gives_its_lease_back(bench: Bench) -> None:
    """A clean stop hands over at once."""
    bench.write(b"1")
    with running(bench.relay("a")):
        until(lambda: bench.waiting() == [])
        assert not bench.outbox.claim("b", 10)
    assert bench.outbox.claim("b", 10)


def test_publishing_ends_before_the_lease_does(bench: Bench) -> None:
    """What the store took of the lease is no longer there for Kafka; without any, nothing goes."""
    relay = bench.relay()
    slow = [0.0, 8.0, 11.0]

    class Slow(StoredOutbox):
        def rows(self, after: int, limit: int) -> Sequence[OutboxRow]:
            bench.clock += slow.pop(0)
            return super().rows(after, limit)

    relay._store = Slow(bench.store, bench.keyring)
    for value in (b"1", b"2"):
        bench.write(value)
        assert relay.turn()
    assert bench.cluster.seconds == [6.0, pytest.approx(1.6)]
    bench.write(b"3")
    with pytest.raises(RetryLater, match="lease"):
        relay.turn()
    assert bench.cluster.taken == [b"1", b"2"]


def test_a_refused_record_is_said_and_holds_up_nobody(bench: Bench) -> None:
    """It stays until somebody mends it; others go on past it, even past a batch of them."""
    bench.cluster.refuses = dict.fromkeys([b"x", b"y", b"z"], "MSG_SIZE_TOO_LARGE")
    bench.write(b"1", b"x", b"2")
    relay = bench.relay()
    assert relay.turn()
    assert bench.health.said[-1] == "Kafka refuses records of the outbox: MSG_SIZE_TOO_LARGE"
    bench.write(b"y", b"z", b"3", b"4")
    turns = [relay.turn() for _ in range(3)]
    assert turns == [False, True, False]
    assert bench.cluster.taken == [b"1", b"2", b"3", b"4"]
    assert bench.waiting() == [b"x", b"y", b"z"]
    assert len(bench.health.said) == 1
    bench.cluster.refuses = {}
    assert relay.turn()
    assert bench.waiting() == []
    assert not relay.turn()
    assert bench.health.said[-1] is None


class Patience(threading.Event):
    """Notes how long it would have been waited for, and ends the second wait for good."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for nothing."""
        self.waits.append(timeout)
        if len(self.waits) == 2:
            self.set()
        return self.is_set()


@pytest.mark.parametrize(("value", "waits"), [(b"x", 2.5), (b"1", 0.01)])
def test_a_refused_record_is_not_tried_all_the_time(
    bench: Bench, value: bytes, waits: float
) -> None:
    """While only it is left, the relay waits a part of its lease, and stays in trouble."""
    bench.cluster.refuses = {b"x": "MSG_SIZE_TOO_LARGE"}
    bench.write(value)
    stop = Patience()
    bench.relay().run(stop)
    assert stop.waits == [waits, waits]
    assert bench.health.said[-1] == (
        "Kafka refuses records of the outbox: MSG_SIZE_TOO_LARGE" if value == b"x" else None
    )
    assert len(bench.health.said) == 1


@pytest.mark.rule("R-85")
def test_kafka_away_is_waited_for(bench: Bench) -> None:
    """It says so, keeps every row, and goes on by itself."""
    bench.cluster.away = True
    bench.write(b"1", b"2")
    with running(bench.relay(limits=RelayLimits(lease=0.2, delivery=0.1, idle=0.01, batch=3))):
        until(lambda: bench.cluster.tries >= 2)
        assert bench.health.said == ["Kafka is away"]
        bench.cluster.away = False
        until(lambda: bench.waiting() == [])
        until(lambda: bench.health.said[-1] is None)
    assert bench.cluster.taken == [b"1", b"2"]


def test_the_outbox_on_a_cluster(bench: Bench, any_broker: str, new_topic: MakeTopic) -> None:
    """Rows arrive as they were written, sealed values open, and leave an empty outbox."""
    topic = new_topic(2)
    headers = [("ce_id", b"\xff"), ("null", None)]
    values = [str(number).encode() for number in range(20)]
    rows = [
        NewRow(topic, b"o:u", value, headers, partition=1, organization=ORGANIZATION)
        for value in values
    ]
    with bench.store.begin() as transaction:
        write(transaction, bench.keyring, [*rows, NewRow(topic, None, None, partition=0)], 1)
    with closing(KafkaPublisher(kafka(any_broker), 6.0)) as publisher:
        relay = Relay(bench.outbox, publisher, "a", LIMITS, bench.numbers, bench.health)
        with running(relay):
            until(lambda: bench.waiting() == [])
    found = read(any_broker, topic, 20, partition=1)
    assert [one.value() for one in found] == values
    assert {(one.key(), tuple(one.headers() or ())) for one in found} == {(b"o:u", tuple(headers))}
    (null,) = read(any_broker, topic, 1, partition=0)
    assert (null.key(), null.value(), null.headers()) == (None, None, None)
    assert bench.numbers.of(PUBLISHED, topic) == 21
