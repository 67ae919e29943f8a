"""Housekeeping: what is kept for a time only goes when that is over (R-07, R-78, R-95).

One process does it, every hour, under a lease that lasts until the next time.
"""

import threading
from collections.abc import Callable

import structlog

from processors.ends import count_ends
from processors.ports.housekeeping import HousekeepingStore
from processors.ports.telemetry import Telemetry
from schemas.errors import RetryLater

log = structlog.get_logger()


class Housekeeping:
    """One process's housekeeping; a thread of its own runs it.

    Args:
        store: what grows old.
        owner: who holds the lease; unique a process.
        every: seconds between two times.
        telemetry: counts the events that end.
    """

    def __init__(
        self, store: HousekeepingStore, owner: str, every: float, telemetry: Telemetry
    ) -> None:
        self._store = store
        self._owner = owner
        self._every = every
        self._telemetry = telemetry

    def run(self, stop: threading.Event) -> None:
        """Keep house until told to stop."""
        while not stop.is_set():
            try:
                self.turn(stop)
            except RetryLater as away:
                log.warning("housekeeping.waits", why=str(away))
            stop.wait(self._every)
        try:
            self._store.release(self._owner)
        except RetryLater as away:
            log.warning("housekeeping.lease_kept", why=str(away))

    def turn(self, stop: threading.Event) -> bool:
        """Do it once, as far as `stop` allows; False when another process does."""
        if not self._store.claim(self._owner, self._every):
            return False
        ended = self._store.expire_previews()
        count_ends(self._telemetry, ended)
        counts = _all(self._store.forget_counts, stop)
        tombstones = _all(self._store.forget_tombstones, stop)
        desk = _all(self._store.forget_desk, stop)
        log.info("housekeeping.done", count=len(ended), rows=counts + desk, people=tombstones)
        return True


def _all(some: Callable[[], int], stop: threading.Event) -> int:
    """Call until there is nothing left; returns how many there were."""
    total = 0
    while not stop.is_set() and (count := some()):
        total += count
    return total
