"""The sweep: asks for everybody whose positions the date alone turns, every minute (R-60).

One process does it, under a lease. It writes small transactions, each once intake has read most of
those before, so that a 1 January on which everybody turns does not stand in front of Huma's events.
In the same breath the heart beats.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog

from processors.heartbeat import Heart
from processors.ports.sweep import Partitions, SweepStore
from processors.ports.telemetry import Health, Telemetry
from processors.today import today_in
from schemas.errors import RetryLater
from schemas.metrics import SWEEP_DUE, SWEEP_ENDED, SWEPT

PART: Final = "sweep"
BEAT_SECONDS: Final = 5.0
"""While it waits health hears of it so often."""
LOOK_SECONDS: Final = 0.1
"""How often it looks whether intake has read what was asked before."""
FULL: Final = (
    "requests wait: the outbox holds a quarter of OUTBOX__LIMIT or more: is Kafka reachable?"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SweepLimits:
    """Seconds between two sweeps, of the lease, and to wait when something is away; people.

    `people` are those of one transaction at the most; `ahead` requests may wait for intake.
    """

    every: float
    lease: float
    retry: float
    people: int
    ahead: int


class Sweep:
    """One process's sweep; a thread of its own runs it.

    Args:
        store: who is due, and where requests go.
        topics: says how far the requests topic reaches.
        heart: beats once a minute.
        owner: who holds the lease; unique a process.
        limits: see there.
        telemetry: counts people.
        health: hears how it is.
        new_id: returns a text that it never returned before, for the ids of requests.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        store: SweepStore,
        topics: Partitions,
        heart: Heart,
        owner: str,
        limits: SweepLimits,
        telemetry: Telemetry,
        health: Health,
        new_id: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._topics = topics
        self._heart = heart
        self._owner = owner
        self._limits = limits
        self._telemetry = telemetry
        self._health = health
        self._new_id = new_id
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Sweep until told to stop, then give the lease back."""
        while not stop.is_set():
            try:
                pause = self.turn(stop)
                trouble = self._heart.trouble
            except RetryLater as away:
                pause, trouble = self._limits.retry, str(away)
                log.warning("sweep.waits", why=trouble)
            self._health.trouble(PART, trouble)
            self._rest(pause, stop)
        try:
            self._store.release(self._owner)
        except RetryLater as away:
            log.warning("sweep.lease_kept", why=str(away))

    def turn(self, stop: threading.Event) -> float:
        """Ask for everybody who is due, once each, as far as `stop` allows.

        Returns:
            The seconds until the next time: a full minute of the store's clock, so that a date is
            looked at as it comes.

        Raises:
            RetryLater: the store or Kafka is away, or requests wait for the outbox to be emptier.
        """
        limits = self._limits
        if not self._step():
            return limits.every
        due, total = self._due(), 0
        while due and not stop.is_set():
            if self._store.full():
                raise RetryLater(FULL)
            if not self._read(stop):
                break
            (zone, today), count = next(iter(due.items()))
            asked = self._store.request(zone, today, min(count, limits.people), self._new_id())
            self._telemetry.count(SWEPT, by=asked)
            total += asked
            if 0 < asked < count:
                due[zone, today] = count - asked
            else:
                del due[zone, today]
            if not self._step():
                return limits.every
            self._telemetry.set(SWEEP_DUE, sum(due.values()))
        now = self._store.now().timestamp()
        if not due:
            self._telemetry.set(SWEEP_ENDED, now)
        if total:
            log.info("sweep.done", people=total)
        return limits.every - now % limits.every

    def _read(self, stop: threading.Event) -> bool:
        """Wait until intake has read most requests; False when told to stop, or not the owner."""
        looked = self._clock()
        while self._store.unread(self._topics.ends()) >= self._limits.ahead:
            if stop.wait(LOOK_SECONDS):
                return False
            if self._clock() - looked > BEAT_SECONDS:
                looked = self._clock()
                if not self._step():
                    return False
        return True

    def _step(self) -> bool:
        """Renew the lease, and let the heart beat; False when another process sweeps.

        A heartbeat is a request too: while the outbox is full there is none, and its age says so.
        """
        self._health.beat(PART)
        if not self._store.claim(self._owner, self._limits.lease):
            self._telemetry.set(SWEEP_DUE, 0)
            return False
        if not self._store.full():
            self._heart.beat(self._store.now())
        return True

    def _due(self) -> dict[tuple[str, date], int]:
        """Return how many are due, by zone and the date there.

        So many are asked for in one turn, and no more: who is due again meanwhile, since the lane's
        clock is behind, waits a minute.
        """
        now = self._store.now()
        days = [(zone, today_in(now, zone)) for zone in self._store.zones()]
        counted = {day: self._store.due(*day) for day in days}
        self._telemetry.set(SWEEP_DUE, sum(counted.values()))
        return {day: count for day, count in counted.items() if count}

    def _rest(self, seconds: float, stop: threading.Event) -> None:
        ends = self._clock() + seconds
        while not stop.is_set() and (left := ends - self._clock()) > 0:
            self._health.beat(PART)
            stop.wait(min(left, BEAT_SECONDS))
