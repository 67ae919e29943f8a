"""At most so many requests in any window, and so many in flight (`xledger-api.md` 1.3, 4.4).

A permit is also where the lease is asked: no request starts with less than its time-out left.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from schemas.errors import Unavailable


class Window:
    """Counts starts in a sliding window. Times are seconds of one monotonic clock.

    Beyond `burst` starts the rest are spread evenly: a flood that took its whole allowance at once
    would let a change made meanwhile wait for the rest of the window (R-80).

    Args:
        requests: starts in any so many `seconds`, at the most.
        seconds: of the window.
        burst: starts that follow each other freely; all of them, where it is not given.

    >>> window = Window(2, 5.0)
    >>> for at in (0.0, 1.0):
    ...     window.note(at)
    >>> window.wait(1.5), window.wait(5.0)
    (3.5, 0.0)
    """

    def __init__(self, requests: int, seconds: float, burst: int | None = None) -> None:
        self._seconds = seconds
        self._starts: deque[float] = deque(maxlen=requests)
        self._requests = requests
        self._burst = requests if burst is None else burst
        self._even = seconds / requests
        self._due = -math.inf

    def wait(self, now: float) -> float:
        """Return the seconds until one more start fits."""
        starts = self._starts
        full = len(starts) == self._requests
        hold = starts[0] + self._seconds - now if full else 0.0
        spread = self._burst < self._requests and self._used(now) >= self._burst
        return max(0.0, hold, self._due - now if spread else 0.0)

    def note(self, now: float) -> None:
        """Count a start."""
        self._starts.append(now)
        self._due = max(self._due, now - self._even) + self._even

    def _used(self, now: float) -> int:
        return sum(1 for start in self._starts if start > now - self._seconds)

    def half(self) -> "Window":
        """Return a window of its own that lets half as many through, at least one."""
        return Window(max(1, self._requests // 2), self._seconds)

    @property
    def newest(self) -> float | None:
        """When the newest request started."""
        return self._starts[-1] if self._starts else None


class Limiter:
    """One token's permit: window, requests in flight, and the lease behind them.

    Args:
        window: what was sent.
        in_flight: requests under way at once.
        clock: monotonic seconds.
        lease_left: seconds left on the lane's lease.
        needed: seconds a request may take in all; with less on the lease none starts.
        quiet: seconds a new owner sends nothing (`design.md`, The limiter).
    """

    def __init__(
        self,
        window: Window,
        in_flight: int,
        clock: Callable[[], float],
        lease_left: Callable[[], float],
        needed: float,
        quiet: float = 0.0,
    ) -> None:
        self._window = window
        self._searches = window.half()
        self._slots = asyncio.Semaphore(in_flight)
        self._turn = asyncio.Lock()
        self._clock = clock
        self._lease_left = lease_left
        self._needed = needed
        self._not_before = clock() + quiet

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Let one request through, first come first served (`ports.xledger.Permit`).

        Raises:
            Unavailable: the lease is lost or too short; nothing was sent.
        """
        async with self._slots:
            async with self._turn:
                while (pause := self._pause()) > 0:  # noqa: ASYNC110 - a time, not an event
                    await asyncio.sleep(pause)
                if self._lease_left() < self._needed:
                    raise Unavailable("the lease of this lane ends before a request could")
                self._window.note(self._clock())
            yield

    async def spare(self) -> None:
        """Wait until a search may send: it gets at most half of what passes (`design.md`)."""
        while (pause := self._searches.wait(self._clock())) > 0:  # noqa: ASYNC110 - a time
            await asyncio.sleep(pause)
        self._searches.note(self._clock())

    async def free(self) -> None:
        """Wait until one more request would pass: until then the batch may grow."""
        while (pause := self._pause()) > 0:  # noqa: ASYNC110 - a time, not an event
            await asyncio.sleep(pause)

    def newest_age(self) -> float | None:
        """Return the seconds since the newest request started; None before the first."""
        newest = self._window.newest
        return None if newest is None else max(0.0, self._clock() - newest)

    def _pause(self) -> float:
        now = self._clock()
        return max(self._window.wait(now), self._not_before - now)
