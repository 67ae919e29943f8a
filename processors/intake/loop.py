"""Intake's loop: one thread that owns the consumer (`design.md`, Intake).

Exactly once into the store: a partition's stored offset moves, in the transaction of the effects,
from where this batch began to where it ends, or nothing of that partition is written.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from processors.ends import count_ends
from processors.intake.batch import Applied, Batch
from processors.intake.reading import Item, items_of
from processors.ports.intake import Connections, IntakeStore, Move
from processors.ports.source import Place, Record, Source
from processors.ports.telemetry import Health, Telemetry
from schemas.about import BadEvent
from schemas.errors import CannotStore, RetryLater, StopProcess
from schemas.events import EventType
from schemas.metrics import (
    BATCH_SECONDS,
    BATCHES_HALVED,
    DUPLICATES,
    EVENTS,
    EVENTS_ELSEWHERE,
    FENCED,
    KEY_MISMATCHES,
    OLDEST_UNREAD,
)
from schemas.reading import Reading
from schemas.reasons import Code

PART: Final = "intake"
FLUSH_SECONDS: Final = 1.0
"""How long offsets of records that concern nobody may wait to be stored: they have no effect."""
IDLE_SECONDS: Final = 10.0
"""How often an idle partition follows the consumer's position, and an offset set by hand."""
POLLS: Final = 20
"""Batches read for one transaction at the most."""
KNOWN_TYPES: Final = frozenset(EventType)

log = structlog.get_logger()


class _Changed(Exception):
    """The connections changed since they were read: the batch is judged again."""


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Records of a batch; seconds to fill one, and to wait when something is away (R-95)."""

    batch: int
    poll: float
    retry: float
    unsupported_per_hour: int


class Intake:
    """Reads, judges, stores.

    Args:
        source: the consumer.
        store: effects and offsets.
        readings: how each topic is read.
        limits: see there.
        telemetry: counts events and outcomes.
        health: hears how it is.
        clock: monotonic seconds.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        source: Source,
        store: IntakeStore,
        readings: Mapping[str, Reading],
        limits: IntakeLimits,
        telemetry: Telemetry,
        health: Health,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._store = store
        self._readings = readings
        self._limits = limits
        self._telemetry = telemetry
        self._health = health
        self._clock = clock
        self._wall = wall
        self._connections = Connections(-1, {})
        self._stored: dict[Place, int] = {}
        self._read: dict[Place, int] = {}
        self._since: dict[Place, float] = {}
        self._restart: set[Place] = set()
        self._flushed = self._idled = clock()

    def run(self, stop: threading.Event) -> None:
        """Take events until told to stop, then leave the group."""
        try:
            while not stop.is_set():
                self._health.beat(PART)
                try:
                    self.turn()
                except RetryLater as away:
                    self._wait(away, stop)
        finally:
            self._source.close()

    def turn(self) -> None:
        """Go round once: begin what is new, read, store.

        Raises:
            RetryLater: the store or Kafka is away, or the outbox is full.
        """
        if self._store.outbox_full():
            raise RetryLater("the outbox has reached OUTBOX__LIMIT: is Kafka reachable?")
        self._begin()
        items = self._gather()
        self._show_lag()
        if items:
            self._commit(items)
        now = self._clock()
        if now - self._flushed >= FLUSH_SECONDS:
            self._flush(now)

    def _begin(self) -> None:
        """Begin each new partition, and each whose reading was upset, where the store says."""
        places = (self._source.fresh() | self._restart) & self._source.assigned()
        if not places:
            return
        offsets = self._store.offsets(sorted(places))
        for place in sorted(places):
            offset = offsets.get(place)
            if offset is None:
                offset = self._store.begin_at(place, self._source.earliest(place))
            self._source.begin(place, offset)
            self._stored[place] = self._read[place] = offset
        self._restart.clear()
        for gone in set(self._stored) - self._source.assigned():
            del self._stored[gone], self._read[gone]

    def _gather(self) -> list[Item]:
        """Read until there is a batch of what concerns somebody, or nothing more is there now.

        Where most is passed over, a transaction for each poll would cost more than its few events.
        """
        items: list[Item] = []
        for _ in range(POLLS):
            wanted = self._limits.batch - len(items)
            records = self._source.poll(wanted, self._limits.poll)
            if records:
                items += self._take(records)
            if len(records) < wanted or 2 * len(items) > self._limits.batch:
                break
        return items

    def _take(self, records: Sequence[Record]) -> list[Item]:
        """Return what of it concerns somebody, and note how far we have read."""
        connections = self._connections.by_organization
        if self._connections.generation < 0:
            self._connections = self._store.connections()
            connections = self._connections.by_organization
        waiting = self._source.fresh() | self._restart
        mine = [r for r in records if _place(r) not in waiting] if waiting else records
        last = {(record.topic(), record.partition()): record for record in mine}
        for record in last.values():
            place, offset = _place(record), record.offset()
            assert offset is not None
            self._read[place] = offset + 1
            self._since[place] = record.timestamp()[1] / 1000
        items, passed = items_of(mine, connections, self._readings)
        if passed:
            self._telemetry.count(EVENTS_ELSEWHERE, by=passed)
        return items

    def _flush(self, now: float) -> None:
        """Store offsets of records that concerned nobody, follow idle partitions, tell Kafka."""
        self._flushed = now
        if now - self._idled >= IDLE_SECONDS:
            self._idled = now
            self._follow()
        self._commit([])
        self._source.commit(self._stored)
        self._health.trouble(PART, self._out_of_range())

    def _follow(self) -> None:
        """Follow partitions of which nothing comes: nobody is fenced there, so somebody looks.

        One that stands out of range is looked at each time.
        """
        going_on = set(self._read) - self._restart - set(self._source.out_of_range())
        stored = self._store.offsets(sorted(going_on))
        for place in going_on:
            if stored.get(place) == self._stored[place]:
                self._read[place] = max(self._read[place], self._source.position(place) or 0)
            else:
                self._restart.add(place)

    def _commit(self, items: list[Item]) -> None:
        """Store items and how far their partitions were read."""
        going_on = set(self._read) - self._restart  # the others' records were not stored
        begins = {p: self._stored[p] for p in going_on if self._read[p] > self._stored[p]}
        ends = {place: self._read[place] for place in begins}
        if not begins:
            return
        started = self._clock()
        try:
            self._apply(items, begins, ends)
        except _Changed:
            self._connections = self._store.connections()
            self._restart |= set(self._stored)
        if items:
            self._telemetry.observe(BATCH_SECONDS, self._clock() - started)

    def _apply(
        self, items: list[Item], begins: Mapping[Place, int], ends: Mapping[Place, int]
    ) -> None:
        try:
            self._transaction(items, begins, ends)
        except CannotStore:
            self._telemetry.count(BATCHES_HALVED)
            if len(items) > 1:
                self._halve(items, begins, ends)
                return
            if items and not isinstance(items[0].parsed, BadEvent):
                self._apply([_as_refused(items[0])], begins, ends)
                return
            place = items[0].raw.place if items else next(iter(begins))
            raise StopProcess(
                f"not even a dead letter of {place.topic}/{place.partition} can be stored: "
                "is the store's schema this program's?"
            ) from None

    def _halve(
        self, items: list[Item], begins: Mapping[Place, int], ends: Mapping[Place, int]
    ) -> None:
        """Store one half, then the other; an event alone that cannot be stored is the culprit."""
        middle = len(items) // 2
        later = items[middle:]
        middles = dict(ends)
        for item in reversed(later):
            middles[item.raw.place] = item.raw.offset
        self._apply(items[:middle], begins, middles)
        self._apply(later, middles, ends)

    def _transaction(
        self, items: list[Item], begins: Mapping[Place, int], ends: Mapping[Place, int]
    ) -> None:
        moves = [Move(place, begins[place], ends[place]) for place in sorted(begins)]
        applied = Applied()
        with self._store.transaction() as transaction:
            moved = transaction.fence(moves)
            if transaction.generation() != self._connections.generation:
                raise _Changed
            mine = [item for item in items if item.raw.place in moved]
            if mine:
                limit = self._limits.unsupported_per_hour
                applied = Batch(transaction, self._connections, limit, mine).apply()
        for move in moves:
            if move.place in moved:
                self._stored[move.place] = move.end
            else:
                self._telemetry.count(FENCED)
                self._restart.add(move.place)
        self._count(mine, applied)

    def _wait(self, away: RetryLater, stop: threading.Event) -> None:
        """Stand still while the store or Kafka is away, and keep our place in the group."""
        self._health.trouble(PART, str(away))
        log.warning("intake.waits", why=str(away))
        self._restart |= set(self._stored)
        try:
            self._source.pause()
            self._source.poll(1, 0)
        except RetryLater as too:
            log.info("intake.waits_for_kafka_too", why=str(too))
        stop.wait(away.retry_after or self._limits.retry)
        self._source.resume()

    def _out_of_range(self) -> str | None:
        beyond = self._source.out_of_range()
        for place in beyond:
            stored = self._store.offsets([place]).get(place)
            if stored is not None and stored != self._stored.get(place):
                self._restart.add(place)
        if not beyond:
            return None
        place, offset = next(iter(sorted(beyond.items())))
        return (
            f"{place.topic}/{place.partition} does not hold offset {offset}: choose where to go "
            f"on with `offsets set --topic {place.topic} --partition {place.partition} --to …`"
        )

    def _show_lag(self) -> None:
        """Export, by topic, a time before which nothing is unread; 0 where all was read.

        Each partition counts for itself, also one that stands still: of what is unread nothing is
        known but that it came after what was read.
        """
        now, beyond = self._wall(), self._source.out_of_range()
        oldest: dict[str, float] = {}
        for place in self._source.assigned() & set(self._read):
            end = self._source.end(place)
            if place in beyond or (end is not None and end > self._read[place]):
                since = self._since.setdefault(place, now)
                oldest[place.topic] = min(since, oldest.get(place.topic, since))
            elif end is not None:
                self._since[place] = now
        for topic in self._readings:
            self._telemetry.set(OLDEST_UNREAD, oldest.get(topic, 0.0), topic)

    def _count(self, items: Sequence[Item], applied: Applied) -> None:
        for type_, count in Counter(item.about.type for item in items).items():
            known = type_ if type_ in KNOWN_TYPES else "other"
            self._telemetry.count(EVENTS, known or "other", by=count)
        if applied.duplicates:
            self._telemetry.count(DUPLICATES, by=applied.duplicates)
        if applied.mismatches:
            self._telemetry.count(KEY_MISMATCHES, by=applied.mismatches)
        count_ends(self._telemetry, applied.ended)


def _place(record: Record) -> Place:
    topic, partition = record.topic(), record.partition()
    assert topic is not None
    assert partition is not None
    return Place(topic, partition)


def _as_refused(item: Item) -> Item:
    bad = BadEvent(Code.CANNOT_BE_STORED, "gate", (), item.about)
    return Item(item.raw, bad, item.about, item.organization, item.carried)
