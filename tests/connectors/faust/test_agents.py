"""The agents on Kafka: what is stored is committed, and nothing else, whatever happens."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pytest
from confluent_kafka import Producer

from connectors.faust_agents import FaustAgents, FaustSettings
from connectors.telemetry import Prometheus, Vitals
from processors.ports.source import Place
from processors.ports.watch import Seen
from processors.watch.pulse import PART, Pulse
from schemas.errors import StopProcess, StoreUnavailable
from tests.connectors.faust.conftest import Ground
from tests.fixtures.records import kafka, write
from tests.fixtures.waiting import until

pytestmark = pytest.mark.java

SESSION: Final = 6.0
TEN: Final = [str(number).encode() for number in range(10)]


@dataclass
class Kept:
    """What was stored, and what the store does before."""

    records: list[Seen] = field(default_factory=list, repr=False)
    before: Callable[[Sequence[Seen]], None] = lambda _: None

    def keep(self, records: Sequence[Seen]) -> None:
        """Store a batch."""
        self.before(records)
        self.records.extend(records)

    def values(self) -> set[bytes | None]:
        """Return what was stored, each once."""
        return {record.value for record in self.records}


def agents_of(ground: Ground, kept: Kept) -> FaustAgents:
    """Return a worker that stores into this."""
    settings = FaustSettings(ground.group, SESSION, 4, 0.05, 0.1)
    folds = {ground.topic: kept.keep, ground.other: kept.keep}
    return FaustAgents(kafka(ground.servers), settings, folds)


@contextmanager
def running(agents: FaustAgents) -> Iterator[threading.Event]:
    """Run a worker in a thread; yields what stops it, and stops it at the end."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            agents.run(stop)
        except BaseException as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


@pytest.mark.rule("R-90")
def test_records_come_as_they_are(ground: Ground) -> None:
    """Null keys, null values, headers: those of letters are whatever they were."""
    headers = [("ce_id", b"1"), ("empty", None)]
    write(ground.servers, Place(ground.topic, 1), b"value", None, key=b"key", headers=headers, at=7)
    write(ground.servers, Place(ground.other, 0), b"", at=8)
    kept = Kept()
    with running(agents_of(ground, kept)):
        until(lambda: len(kept.records) == 3)
    at = {(one.topic, one.partition, one.offset): one for one in kept.records}
    assert at == {
        (ground.topic, 1, 0): Seen(ground.topic, 1, 0, 7, b"key", b"value", headers),
        (ground.topic, 1, 1): Seen(ground.topic, 1, 1, 7, b"key", None, headers),
        (ground.other, 0, 0): Seen(ground.other, 0, 0, 8, None, b"", []),
    }


def test_nothing_is_committed_before_it_is_stored(ground: Ground) -> None:
    """A worker that is stopped in the middle of a batch leaves it to the next one."""
    write(ground.servers, Place(ground.topic, 0), *TEN)
    entered, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[Seen]) -> None:
        entered.set()
        go_on.wait(30)
        raise StoreUnavailable("it went away in the middle")

    with running(agents_of(ground, Kept(before=hold))) as stop:
        assert entered.wait(30)
        stop.set()
        go_on.set()
    assert ground.committed() is None
    kept = Kept()
    with running(agents_of(ground, kept)):
        until(lambda: kept.values() == set(TEN))
        until(lambda: ground.committed() == len(TEN))
    assert [one.value for one in kept.records] == TEN


def test_a_store_that_is_away_is_waited_for(ground: Ground) -> None:
    """It is said; the same batch is tried again, and nothing of it is lost."""
    write(ground.servers, Place(ground.topic, 0), *TEN)
    away = threading.Event()
    away.set()

    def refuse(_: Sequence[Seen]) -> None:
        if away.is_set():
            raise StoreUnavailable("the store does not answer")

    kept = Kept(before=refuse)
    agents = agents_of(ground, kept)
    with running(agents):
        until(lambda: agents.waiting() == "the store does not answer")
        assert (kept.records, ground.committed()) == ([], None)
        away.clear()
        until(lambda: ground.committed() == len(TEN))
        assert agents.waiting() is None
    assert [one.value for one in kept.records] == TEN


def test_what_a_human_must_mend_ends_the_worker(ground: Ground) -> None:
    """No exception stays in an agent: the process ends with the sentence, and commits nothing."""
    write(ground.servers, Place(ground.topic, 0), *TEN)

    def refuse(_: Sequence[Seen]) -> None:
        raise StopProcess("run `store migrate`")

    agents = agents_of(ground, Kept(before=refuse))
    with pytest.raises(StopProcess, match="store migrate"):
        agents.run(threading.Event())
    assert ground.committed() is None


def test_workers_that_come_and_go_lose_nothing(ground: Ground) -> None:
    """Each change of the group drops what was fetched: all of it is read again."""
    kept, enough = Kept(), threading.Event()
    written: list[bytes] = []

    def publish() -> None:
        producer = Producer(kafka(ground.servers))
        while not enough.wait(0.05):
            for number in range(10):
                written.append(str(len(written)).encode())
                producer.produce(ground.topic, written[-1], partition=number % 2)
            producer.flush()

    writer = threading.Thread(target=publish)
    writer.start()
    with ExitStack() as workers:
        workers.callback(writer.join)
        workers.callback(enough.set)
        workers.enter_context(running(agents_of(ground, kept)))
        until(lambda: len(kept.records) > 40)
        for _ in range(2):
            with running(other := agents_of(ground, kept)):
                until(partial(shares, other))
                until(partial(grew, kept, len(kept.records)))
        enough.set()
        writer.join()
        until(lambda: kept.values() == set(written), 60)
        offsets = ground.offsets
        until(lambda: sum(offsets.committed().values()) == len(written), 60)


def shares(agents: FaustAgents) -> bool:
    """Say whether a worker has some of the partitions, and not all."""
    return 0 < len(agents.assigned() or ()) < 4


def grew(kept: Kept, before: int) -> bool:
    """Say whether more was stored."""
    return len(kept.records) > before + 10


class Beating:
    """A store that only has heartbeats."""

    def oldest_heartbeat(self) -> int | None:
        """Return the oldest."""
        return 60_000


@pytest.mark.rule("R-105")
def test_a_worker_that_stands_still_while_its_lag_grows_does_not_live(ground: Ground) -> None:
    """What it believes of itself does not count; one that goes on lives."""
    hang = threading.Event()

    def stuck(_: Sequence[Seen]) -> None:
        hang.wait(30)

    agents = agents_of(ground, Kept(before=stuck))
    telemetry = Prometheus()
    vitals = Vitals([PART], 0.5, telemetry)
    pulse = Pulse(ground.offsets, agents, Beating(), telemetry, vitals, 0.05)  # type: ignore[arg-type]
    stop = threading.Event()
    hang.set()
    with running(agents), running_pulse(pulse, stop):
        write(ground.servers, Place(ground.topic, 0), *TEN)
        until(lambda: ground.committed() == len(TEN))
        until(lambda: vitals.live() == [] == vitals.ready())
        until(lambda: lag_of(telemetry, ground) == 0)
        hang.clear()
        write(ground.servers, Place(ground.topic, 0), *TEN)
        until(vitals.live)
        until(lambda: lag_of(telemetry, ground) == len(TEN))
        hang.set()
        until(lambda: not vitals.live())


@contextmanager
def running_pulse(pulse: Pulse, stop: threading.Event) -> Iterator[None]:
    """Look at a worker for as long as the block takes."""
    thread = threading.Thread(target=pulse.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def lag_of(telemetry: Prometheus, ground: Ground) -> float | None:
    """Return how many records of the first topic are unread, as it is exported."""
    labels = {"topic": ground.topic}
    return telemetry.registry.get_sample_value("huma_xledger_watch_unread_records", labels)


def test_a_worker_listens_nowhere(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust's own web server is off: what it says of us would be open to anybody."""
    bound: list[object] = []
    bind = socket.socket.bind

    def told(one: socket.socket, address: object) -> None:
        bound.append(address)
        bind(one, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "bind", told)
    kept = Kept()
    with running(agents_of(ground, kept)):
        write(ground.servers, Place(ground.topic, 0), *TEN)
        until(lambda: kept.values() == set(TEN))
    assert bound == []


def test_offsets_are_set_while_nobody_reads(ground: Ground) -> None:
    """A running worker would not hear of it: it is refused, and says what to do."""
    write(ground.servers, Place(ground.topic, 0), *TEN)
    place, kept = Place(ground.topic, 0), Kept()
    with running(agents_of(ground, kept)):
        until(lambda: ground.committed() == len(TEN))
        with pytest.raises(StopProcess, match="stop every `run watch`"):
            ground.offsets.set({place: 3})
    ground.offsets.set({place: 3})
    assert ground.committed() == 3
    again = Kept()
    with running(agents_of(ground, again)):
        until(lambda: again.values() == set(TEN[3:]))
