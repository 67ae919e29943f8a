"""Watch's pulse: how far its group is behind, and whether it moves (R-105, R-109).

The agents do not beat: what a worker that is stuck believes of itself says nothing. It lives while
every partition with unread records moves, or while it says what it waits for.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from processors.ports.source import Place
from processors.ports.telemetry import Health, Telemetry
from processors.ports.watch import Agents, GroupOffsets, Reached, WatchStore
from schemas.errors import RetryLater
from schemas.metrics import OLDEST_HEARTBEAT, OLDEST_UNREAD, WATCH_LAG

PART: Final = "watch"
NOT_JOINED: Final = "it has not joined its consumer group yet"
NEVER: Final = -1
"""No offset: a partition that was not ours at the last beat."""

log = structlog.get_logger()


class Pulse:
    """Looks at the group's offsets from outside, in a thread of its own.

    Args:
        offsets: the group's.
        agents: what they say of themselves.
        store: has the heartbeats.
        telemetry: hears of lag, and of the oldest heartbeat.
        health: hears a beat while the group moves.
        every: seconds between two looks.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        offsets: GroupOffsets,
        agents: Agents,
        store: WatchStore,
        telemetry: Telemetry,
        health: Health,
        every: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._offsets = offsets
        self._agents = agents
        self._store = store
        self._telemetry = telemetry
        self._health = health
        self._every = every
        self._clock = clock
        self._before: dict[Place, int | None] = {}
        self._first: dict[Place, float] = {}
        self._clear: dict[Place, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            self.look()
            stop.wait(self._every)

    def look(self) -> None:
        """Look once: it beats while all that is ours moves, or what we wait for is said."""
        waits, moves = self._agents.waiting(), False
        try:
            reached = self._offsets.reached()
            self._show(reached)
            moves = self._move(reached)
            self._telemetry.set(OLDEST_HEARTBEAT, (self._store.oldest_heartbeat() or 0) / 1000)
        except RetryLater as away:
            waits = waits or str(away)
            log.warning("watch.waits", why=waits)
        if waits is not None or moves:
            self._health.beat(PART)
        joins = NOT_JOINED if self._agents.assigned() is None else None
        self._health.trouble(PART, waits or joins)

    def _move(self, reached: Mapping[Place, Reached]) -> bool:
        """Say whether each of our partitions with unread records has moved since the last beat."""
        mine = self._agents.assigned()
        if mine is None:
            return False
        now = {place: reached[place].committed for place in mine if place in reached}
        behind = [place for place in now if reached[place].unread]
        stand = any(self._before.get(place, NEVER) == now[place] for place in behind)
        self._before = {**now, **self._before} if stand else now
        return not stand

    def _show(self, reached: Mapping[Place, Reached]) -> None:
        unread: Counter[str] = Counter()
        oldest: dict[str, float] = {}
        mine, now = self._agents.assigned(), self._clock()
        for place, one in reached.items():
            unread[place.topic] += one.unread
            self._first.setdefault(place, now)
            if not one.unread:
                self._clear[place] = now
            elif mine is None or place in mine:
                since = self._unread_since(place)
                oldest[place.topic] = min(since, oldest.get(place.topic, since))
        for topic, records in unread.items():
            self._telemetry.set(WATCH_LAG, records, topic)
            self._telemetry.set(OLDEST_UNREAD, oldest.get(topic, 0.0), topic)

    def _unread_since(self, place: Place) -> float:
        """Return a time before which nothing of a partition is unread, as far as anything tells.

        Each partition counts for itself, and one of which nothing was read since the start, too.
        """
        until = self._agents.read_until(place)
        known = [] if until is None else [until / 1000]
        known += [self._clear[place]] if place in self._clear else []
        return max(known, default=self._first[place])
