"""The limits of each token: burst, concurrency, credits (`xledger-api.md` 1.3)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from simulators.xledger.execution import OSLO
from simulators.xledger.problems import BURST, CONCURRENCY, Problem, credits_spent
from simulators.xledger.settings import Credits, Settings

PEOPLE_PER_CREDIT = 100
"""Each request costs a credit, and one more for so many people: mass mutations cost less."""


@dataclass(slots=True)
class _Use:
    """What a token has used."""

    times: deque[float] = field(default_factory=deque)
    in_flight: int = 0
    spent: int = 0
    spent_since: float = 0.0


class Limits:
    """What each token has used, and what it may use.

    Args:
        monotonic: a clock that never goes back, in seconds.
        now: the wall clock, aware; for `resetAt` only.
    """

    def __init__(self, monotonic: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._monotonic, self._now = monotonic, now
        self._uses: dict[str, _Use] = {}

    def clear_spent(self) -> None:
        """Begin the burst windows and the credits anew: the settings have changed."""
        for use in self._uses.values():
            use.times.clear()
            use.spent = 0

    def enter(self, token: str, people: int, settings: Settings) -> Problem | None:
        """Let a request in, to be ended by `leave`; or return why not, then nothing is to end."""
        use, now = self._uses.setdefault(token, _Use()), self._monotonic()
        window = use.times
        while window and now - window[0] >= settings.burst.seconds:
            window.popleft()
        if len(window) >= settings.burst.requests:
            if settings.refused_count:
                window.append(now)
                window.popleft()
            return BURST
        window.append(now)
        if use.in_flight >= settings.concurrency:
            return CONCURRENCY
        if settings.credits is not None:
            cost = 1 + people // PEOPLE_PER_CREDIT
            if problem := self._spend(use, cost, settings.credits, settings):
                return problem
        use.in_flight += 1
        return None

    def leave(self, token: str) -> None:
        """End a request that was let in."""
        self._uses[token].in_flight -= 1

    def spent(self, seconds: float, settings: Settings) -> Problem:
        """Return the error that says that credits return in so many seconds."""
        at = (self._now() + timedelta(seconds=seconds)).replace(microsecond=0)
        match settings.reset_at:
            case "absent":
                return credits_spent(None)
            case "utc":
                return credits_spent(at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z")
            case _:
                return credits_spent(at.astimezone(OSLO).replace(tzinfo=None).isoformat())

    def _spend(self, use: _Use, cost: int, credits_: Credits, settings: Settings) -> Problem | None:
        now = self._monotonic()
        if use.spent == 0 or now - use.spent_since >= credits_.seconds:
            use.spent, use.spent_since = 0, now
        if use.spent + cost > credits_.budget:
            return self.spent(credits_.seconds - (now - use.spent_since), settings)
        use.spent += cost
        return None
