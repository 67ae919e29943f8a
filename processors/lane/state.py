"""What a lane does next, from what just happened (R-94; `design.md`, A lane's state)."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from processors.ports.lane import BY_HAND, LaneStatus
from schemas.connection import LaneState
from schemas.errors import Limited, OtherCompany, PauseConnection, RetryLater

STRIKES: Final = 3
"""So many failures in a row make a lane broken; before, they are a pause."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: first and longest pause when Xledger is away, and the probes of R-94."""

    first: float = 1.0
    longest: float = 300.0
    credential: float = 900.0
    failing: float = 60.0


def after_trouble(
    trouble: RetryLater | PauseConnection, strikes: int, waits: Waits, jitter: float
) -> LaneStatus:
    """Return the state after systemic trouble; nothing of it is a letter (R-85).

    Args:
        trouble: what the client raised.
        strikes: troubles in a row, this one included.
        waits: see there.
        jitter: 0 to 1, makes lanes that failed together not come back together.

    >>> after_trouble(Limited("x", "credits", 60.0), 1, Waits(), 0.0)
    LaneStatus(state=<LaneState.WAITING: 'waiting'>, reason='credits', wait=60.0)
    """
    if isinstance(trouble, PauseConnection):
        reason = "other company" if isinstance(trouble, OtherCompany) else "credential"
        return LaneStatus(LaneState.PAUSED, reason, waits.credential)
    if isinstance(trouble, Limited):
        return LaneStatus(LaneState.WAITING, trouble.limit, trouble.retry_after or waits.first)
    wait = min(waits.longest, waits.first * 2.0 ** min(strikes - 1, 30)) * (1 + jitter / 4)
    wait = max(wait, min(trouble.retry_after or 0.0, waits.longest))
    if strikes < STRIKES:
        return LaneStatus(LaneState.RUNNING, None, wait)
    return LaneStatus(LaneState.BROKEN, "Xledger is away", wait)


def stopped(status: LaneStatus) -> bool:
    """Say whether only a human lets the lane go on."""
    by_hand = status.state is LaneState.PAUSED and status.reason == BY_HAND
    return by_hand or status.state is LaneState.HELD


MOST_FAIL: Final = "most people fail"
SPAN: Final = 600.0
AT_LEAST: Final = 20
FAILING: Final = 0.4
RECOVERED: Final = 0.6
KEPT: Final = 10_000


class Recent:
    """Who was tried in the last 10 minutes, and whether they failed."""

    def __init__(self) -> None:
        self._tried: deque[tuple[float, bool]] = deque(maxlen=KEPT)

    def note(self, now: float, applied: int, failed: int) -> None:
        """Count people of one answer; `now` in monotonic seconds."""
        self._tried.extend([(now, True)] * applied + [(now, False)] * failed)

    def judge(self, now: float, current: LaneState, waits: Waits) -> LaneStatus | None:
        """Return the state that the counts ask for, or None to stay.

        Failing: over 40 % of at least 20 people failed in 10 minutes. Running again: at least 60 %
        of the last 20 tried were applied, however long that took.
        """
        if current is LaneState.FAILING:
            last = list(self._tried)[-AT_LEAST:]
            good = sum(ok for _, ok in last)
            if len(last) == AT_LEAST and good >= RECOVERED * AT_LEAST:
                self._tried.clear()
                return LaneStatus()
            return failing(waits)
        while self._tried and self._tried[0][0] < now - SPAN:
            self._tried.popleft()
        failed = sum(not ok for _, ok in self._tried)
        if len(self._tried) >= AT_LEAST and failed > FAILING * len(self._tried):
            self._tried.clear()
            return failing(waits)
        return None


def failing(waits: Waits) -> LaneStatus:
    """Return the state of a lane most of whose people fail, until its next probe."""
    return LaneStatus(LaneState.FAILING, MOST_FAIL, waits.failing)
