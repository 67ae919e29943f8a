"""The relay: publishes the outbox in order of insertion, one relay at a time (`design.md`, Outbox).

A row is deleted, by its id, only after its delivery report; so each row is published at least once,
and a reader counts an outcome's id once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from processors.ports.outbox import OutboxRow, OutboxStore, Publisher
from processors.ports.telemetry import Health, Telemetry
from schemas.errors import RetryLater
from schemas.metrics import PUBLISHED

PART: Final = "relay"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """Seconds, and rows read at once. `delivery` is below `lease` (`settings.Outbox`)."""

    lease: float
    delivery: float
    idle: float
    batch: int


class Relay:
    """One process's relay; a thread of its own runs it.

    Args:
        store: the rows.
        publisher: Kafka.
        owner: who holds the lease; unique a process.
        limits: see there.
        telemetry: counts what was published.
        health: hears how it is.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        store: OutboxStore,
        publisher: Publisher,
        owner: str,
        limits: RelayLimits,
        telemetry: Telemetry,
        health: Health,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._owner = owner
        self._limits = limits
        self._telemetry = telemetry
        self._health = health
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop; what is under way is finished or purged first."""
        while not stop.is_set():
            self._health.beat(PART)
            try:
                worked = self.turn()
                self._health.trouble(PART, None)
            except RetryLater as away:
                self._health.trouble(PART, str(away))
                log.warning("relay.waits", why=str(away))
                worked = False
                stop.wait(self._limits.lease / 4)
            if not worked:
                stop.wait(self._limits.idle)
        try:
            self._store.release(self._owner)
        except RetryLater as away:
            log.warning("relay.lease_kept", why=str(away))

    def turn(self) -> bool:
        """Publish one batch; False when there was none, or the lease is somebody else's."""
        since = self._clock()
        if not self._store.claim(self._owner, self._limits.lease):
            return False
        rows = self._store.rows(0, self._limits.batch)
        if not rows:
            return False
        left = self._limits.lease - (self._clock() - since)
        reports = self._publisher.publish(rows, min(self._limits.delivery, left * 0.8))
        done = [row for row in rows if row.id in reports and reports[row.id] is None]
        self._store.delete([row.id for row in done])
        self._count(done)
        refused = {why for why in reports.values() if why is not None}
        if refused:
            self._health.trouble(PART, f"Kafka refuses records of the outbox: {min(refused)}")
            log.error("relay.refused", rows=len(rows) - len(done), why=min(refused))
        return bool(done)

    def _count(self, rows: list[OutboxRow]) -> None:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.topic] = counts.get(row.topic, 0) + 1
        for topic, count in counts.items():
            self._telemetry.count(PUBLISHED, topic, by=count)
