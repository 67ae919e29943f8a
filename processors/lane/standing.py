"""How a lane stands: its state, the trouble it met, what it keeps for its next owner (R-94)."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import structlog

from processors.lane.results import has_failed
from processors.lane.state import Recent, after_trouble, failing, stopped
from processors.lane.tools import Tools
from processors.ports.lane import Claimed, LaneStatus, PersonResult
from schemas.connection import LaneState
from schemas.errors import PauseConnection, RetryLater, StoreUnavailable
from schemas.metrics import GUARD_HOLDS

STORE_SECONDS: Final = 1.0
"""Between two tries while the store is away."""
MET: Final = "strikes"
APART: Final = "apart"
FAILED: Final = "failing"
"""Kept while a failing lane meets trouble besides: it is failing again once that is over."""
TROUBLED: Final = frozenset({LaneState.WAITING, LaneState.BROKEN, LaneState.PAUSED})

T = TypeVar("T")
log = structlog.get_logger()


class Standing:
    """The standing of one lane, as long as this process owns it.

    Attributes:
        status: as stored.
        not_before: when the trouble that it met is to be over, on the lane's clock.
        identified: whether the company was checked since the last credential error (R-09).

    Args:
        claimed: the lane, as its last owner left it.
        tools: of the lane.
    """

    def __init__(self, claimed: Claimed, tools: Tools) -> None:
        self.status = claimed.status
        self.not_before = tools.clock() + claimed.status.wait
        self.identified = False
        self._next_probe = self.not_before
        self._lease = claimed.lease
        self._tools = tools
        self._memory = dict(claimed.memory)
        self._strikes = self._memory.get(MET, 0)
        if claimed.status.state is LaneState.RUNNING:  # a human said so
            self._memory.pop(FAILED, None)
        self._recent = Recent()

    @property
    def wait(self) -> float:
        """The seconds until a request may start; none or less: now."""
        return max(self.not_before, self._next_probe) - self._tools.clock()

    @property
    def _in_trouble(self) -> bool:
        """Whether it waits; what is answered meanwhile was sent before the trouble."""
        return self.status.state in TROUBLED and self.not_before > self._tools.clock()

    def probe(self) -> None:
        """Let the next request of a failing lane wait, from now on."""
        self._next_probe = self._tools.clock() + self._tools.limits.waits.failing

    @property
    def failing(self) -> bool:
        """Whether most people fail, or did when the trouble began that the lane is in."""
        return self.status.state is LaneState.FAILING or bool(self._memory.get(FAILED))

    @property
    def apart(self) -> bool | None:
        """Whether aliased roots are judged apart, as far as known."""
        known = self._memory.get(APART)
        return None if known is None else bool(known)

    async def learn_apart(self, *, apart: bool) -> None:
        """Keep whether aliased roots are judged apart."""
        await self._remember(APART, int(apart))

    def after(self, trouble: RetryLater | PauseConnection) -> LaneStatus:
        """Stop sending, from now on; returns the state that this is, to be shown."""
        self._strikes += 1
        if isinstance(trouble, PauseConnection):
            self.identified = False
        jitter = random.random()  # noqa: S311 - spreads retries, protects nothing
        waits = self._tools.limits.waits
        status = after_trouble(trouble, self._strikes, waits, jitter)
        if self.failing and status.state is LaneState.RUNNING:  # a pause, no state of its own
            status = replace(failing(waits), wait=max(status.wait, self.wait))
        self.not_before = self._tools.clock() + status.wait
        if status.state is not self.status.state or status.reason != self.status.reason:
            log.warning(
                "lane.state", connection=self._lease.connection, state=status.state.value,
                why=str(trouble), wait=round(status.wait, 1),
            )  # fmt: skip
        return status

    def stop(self, status: LaneStatus) -> None:
        """Take over a state that only a human ends, as stored."""
        if status.state is LaneState.HELD and self.status.state is not LaneState.HELD:
            self._tools.telemetry.count(GUARD_HOLDS, status.reason or "")
            connection = self._lease.connection
            log.warning("lane.state", connection=connection, state="held", why=status.reason)
        self.status = status

    async def show(self, status: LaneStatus) -> None:
        """Store the state that trouble led to, and how often there was any."""
        if self.failing and status.state in TROUBLED:
            await self._remember(FAILED, 1)
        await self._remember(MET, self._strikes)
        await self._set(status)  # until when, also where the state stays: others look there

    async def well(self) -> None:
        """Run again, or fail on: something was answered."""
        if self._in_trouble:
            return
        await self._answered()
        if self.status.state not in {LaneState.RUNNING, LaneState.FAILING}:
            status = failing(self._tools.limits.waits) if self.failing else LaneStatus()
            await self._leave(status)

    async def judge(self, results: Sequence[PersonResult]) -> None:
        """Draw what an answer without trouble means for the lane: failing, or well."""
        tried = [one for one in results if one.ends or any(each.attempted for each in one.again)]
        failed = sum(1 for one in tried if has_failed(one))
        now, waits = self._tools.clock(), self._tools.limits.waits
        self._recent.note(now, len(tried) - failed, failed)
        current = LaneState.FAILING if self.failing else self.status.state
        judged = self._recent.judge(now, current, waits)
        if judged is None:
            await self.well()
        elif self._in_trouble:
            await self._remember(FAILED, int(judged.state is LaneState.FAILING))
        else:
            await self._answered()
            await self._leave(judged)  # stored also where it stays: until the next probe

    async def call(self, call: Callable[[], T]) -> T:
        """Run a store call in a thread, again and again while the store is away."""
        while True:
            try:
                return await asyncio.to_thread(call)
            except StoreUnavailable as away:
                log.warning("lane.waits", connection=self._lease.connection, why=str(away))
                await asyncio.sleep(STORE_SECONDS)

    async def _answered(self) -> None:
        self._strikes = 0
        if self._memory.get(MET):
            await self._remember(MET, 0)

    async def _leave(self, status: LaneStatus) -> None:
        """Leave trouble for a state without."""
        if status.state is not self.status.state:
            log.info("lane.state", connection=self._lease.connection, state=status.state.value)
        if self._memory.get(FAILED):
            await self._remember(FAILED, 0)
        await self._set(status)

    async def _remember(self, name: str, value: int) -> None:
        if self._memory.get(name) == value:
            return
        self._memory[name] = value
        memory = dict(self._memory)
        await self.call(lambda: self._tools.store.remember(self._lease, memory))

    async def _set(self, status: LaneStatus) -> None:
        if stopped(self.status):  # an answer to what was sent before a human, or the guard, said so
            return
        self.status = status
        await self.call(lambda: self._tools.store.set_status(self._lease, status))
