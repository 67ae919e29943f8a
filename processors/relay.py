"""The relay: publishes the outbox in order of insertion, one relay at a time (`design.md`, Outbox).

A row is deleted, by its id, only after its delivery report; so each row is published at least once,
and a reader counts an outcome's id once.
"""

import threading
import time
from collections.abc import Callable, Sequence
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
        self._past = 0
        self._trouble: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop; what is under way is finished or purged first."""
        while not stop.is_set():
            self._health.beat(PART)
            try:
                worked = self.turn()
            except RetryLater as away:
                worked = False
                self._say(str(away))
            if not worked:
                stop.wait(self._limits.lease / 4 if self._trouble else self._limits.idle)
        try:
            self._store.release(self._owner)
        except RetryLater as away:
            log.warning("relay.lease_kept", why=str(away))

    def turn(self) -> bool:
        """Publish one batch; False when nothing of it arrived, or the lease is somebody else's.

        A record that Kafka refuses stays, and is said; the others go on past it.
        """
        since = self._clock()
        rows: Sequence[OutboxRow] = ()
        if self._store.claim(self._owner, self._limits.lease):
            rows = self._store.rows(self._past, self._limits.batch)
        if not rows:
            if self._past:
                self._past = 0  # the refused ones are tried again
            else:
                self._say(None)
            return False
        left = self._limits.lease - (self._clock() - since)
        if left <= 0:
            raise RetryLater("the store was so slow that the relay's lease ended")
        reports = self._publisher.publish(rows, min(self._limits.delivery, left * 0.8))
        done = [row for row in rows if row.id in reports and reports[row.id] is None]
        self._store.delete([row.id for row in done])
        self._count(done)
        refused = [why for why in reports.values() if why is not None]
        if len(refused) == len(rows):
            self._past = rows[-1].id
        trouble = _trouble(len(rows), len(reports), refused)
        if trouble is not None or not self._past:  # those behind it are refused still
            self._say(trouble)
        return bool(done)

    def _say(self, trouble: str | None) -> None:
        """Tell health, and the log when it is news."""
        self._health.trouble(PART, trouble)
        if trouble is not None and trouble != self._trouble:
            log.warning("relay.waits", why=trouble)
        self._trouble = trouble

    def _count(self, rows: list[OutboxRow]) -> None:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.topic] = counts.get(row.topic, 0) + 1
        for topic, count in counts.items():
            self._telemetry.count(PUBLISHED, topic, by=count)


def _trouble(rows: int, reported: int, refused: Sequence[str]) -> str | None:
    if refused:
        return f"Kafka refuses records of the outbox: {min(refused)}"
    if reported < rows:
        return f"Kafka did not take {rows - reported} of {rows} records in time"
    return None
