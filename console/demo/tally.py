"""What became of the events, folded from the outcomes topic as any reader of it could."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from schemas.events import EventType
from schemas.reading import OUR_SOURCE

PERCENT: Final = (50, 95, 99)


class Tally:
    """Counts outcomes once each, and times the applied ones.

    Attributes:
        ends: how many there are, by result and reason.
        day, flood: seconds of the applied ones.
        looked_at: the people whom the clock asked for.
        replayed: replays of dead letters, by result.
    """

    def __init__(self) -> None:
        self.ends: Counter[tuple[str, str]] = Counter()
        self.day: list[float] = []
        self.flood: list[float] = []
        self.looked_at: set[str] = set()
        self.replayed: Counter[str] = Counter()
        self._flood_began: datetime | None = None
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return sum(self.ends.values())

    @property
    def seconds(self) -> list[float]:
        """The times of everything that was applied."""
        return [*self.day, *self.flood]

    def flood_begins(self, now: datetime) -> None:
        """Time apart what happens from now on: a flood waits for Xledger's limit."""
        self._flood_began = now

    def take(self, values: Iterable[bytes]) -> None:
        """Fold records of the topic in; a repeated outcome id counts once, requests of ours never.

        Heartbeats, and those whom the clock turns, are no change that somebody made; the latter are
        counted apart, as replays are.
        """
        for value in values:
            outcome: dict[str, Any] = json.loads(value)
            event = outcome["event"]
            if event["source"] == OUR_SOURCE:
                if event["type"] == EventType.DAY_TURNED.value:
                    self.looked_at.add(outcome["user"])
                continue
            if outcome["id"] in self._seen:
                continue
            self._seen.add(outcome["id"])
            result = outcome["result"]
            if outcome["round"]:
                self.replayed[result] += 1
                continue
            self.ends[result, outcome.get("reason") or ""] += 1
            if result == "applied":
                happened = datetime.fromisoformat(event["time"])
                ended = datetime.fromisoformat(outcome["at"])
                began = self._flood_began
                times = self.flood if began is not None and happened >= began else self.day
                times.append(max(0.0, (ended - happened).total_seconds()))

    def count(self, *results: str) -> int:
        """Return how many events ended in one of these results."""
        return sum(count for (result, _), count in self.ends.items() if result in results)


def percentiles(seconds: Sequence[float]) -> tuple[float, ...]:
    """Return median, 95 % and 99 % (nearest rank), or nothing of nothing.

    >>> percentiles([0.1 * n for n in range(1, 101)])
    (5.0, 9.5, 9.9)
    """
    ranked = sorted(seconds)
    return tuple(
        round(ranked[max(0, -(-len(ranked) * p // 100) - 1)], 3) for p in PERCENT if ranked
    )
