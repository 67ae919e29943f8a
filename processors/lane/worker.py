"""One lane at work: takes people, sends them, records what became of them (`design.md`, Delivery).

Level-triggered: what is sent is the current projection, and only what differs from what is
confirmed. Two requests may be under way; a person is in at most one.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

import structlog

from processors.lane.creation import create
from processors.lane.limiter import Limiter
from processors.lane.parcel import Parcel, parcel
from processors.lane.results import Postponed, postpone, result_of
from processors.lane.settings import LaneLimits
from processors.lane.state import Recent, after_trouble
from processors.lane.updating import Sent, cases_of, send
from processors.mapping import MappingContext
from processors.mapping.limits import DEFAULT
from processors.ports.lane import (
    BY_HAND,
    Claimed,
    LaneStatus,
    LaneStore,
    PersonResult,
    Subject,
    Work,
)
from processors.ports.lane import Result as FieldResult
from processors.ports.telemetry import Telemetry
from processors.ports.xledger import Xledger
from schemas.connection import LaneState
from schemas.errors import Ambiguous, OtherCompany, PauseConnection, RetryLater, StoreUnavailable
from schemas.metrics import (
    AMBIGUOUS,
    CLOCK_SKEW,
    END_TO_END,
    OUTCOMES,
    SEARCHES,
    XLEDGER_PEOPLE,
)

PROBE_PEOPLE: Final = 10
"""A failing lane sends so many people at a time (R-94)."""
STORE_SECONDS: Final = 1.0
SHORTEST: Final = 0.02

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(slots=True)
class Tools:
    """What a worker works with.

    Attributes:
        store: the lanes' store, called in worker threads.
        xledger: the token's client; every request of it passes the limiter.
        limiter: of the token.
        limits: see there.
        telemetry: counts.
        today: the date in a zone.
        jobs: runs a planned sync of this lane, and says whether there was one.
        read_people: asks Huma about people who were never read whole.
        clock: monotonic seconds.
    """

    store: LaneStore
    xledger: Xledger
    limiter: Limiter
    limits: LaneLimits
    telemetry: Telemetry
    today: Callable[[str], date]
    jobs: Callable[[], Awaitable[bool]]
    read_people: Callable[[], Awaitable[None]]
    clock: Callable[[], float]


@dataclass(slots=True)
class Lane:
    """One lane, as long as this process owns it."""

    claimed: Claimed
    tools: Tools
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _size: int = 0
    _strikes: int = 0
    _identified: bool = False
    _not_before: float = 0.0
    _status: LaneStatus = field(default_factory=LaneStatus)
    _recent: Recent = field(default_factory=Recent)
    _apart: bool | None = None
    _suspects: bool = False
    _failure: BaseException | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until there is nothing left for a while, or until told to stop.

        Raises:
            LeaseLost: somebody else has the lane.
            StopProcess: a human must act on this process.
        """
        limits = self.tools.limits
        self._size = self.claimed.batch_size or limits.people
        self._status = self.claimed.status
        self._apart = self.claimed.memory.get("apart")
        self._not_before = self.tools.clock() + self.claimed.status.wait
        try:
            await self._work(stop)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _work(self, stop: asyncio.Event) -> None:
        limits = self.tools.limits
        idle_since = self.tools.clock()
        while not stop.is_set() and self._failure is None:
            self.wake.clear()
            try:
                pause = await self._turn()
            except StoreUnavailable as away:
                log.warning("lane.waits", connection=self._id, why=str(away))
                pause = STORE_SECONDS
            if self._status.state is LaneState.PAUSED and self._status.reason == BY_HAND:
                break
            now = self.tools.clock()
            if pause is None:
                idle_since = now
                continue
            if self._tasks:
                idle_since = now
            if now - idle_since > limits.idle:
                break
            await self._rest(min(pause, limits.idle), stop)
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._failure is not None:
            raise self._failure

    @property
    def _id(self) -> str:
        return self.claimed.lease.connection

    async def _turn(self) -> float | None:
        """Take one batch and begin to send it; returns the seconds to wait when there is none."""
        tools, wait = self.tools, self._not_before - self.tools.clock()
        if wait > 0:
            return wait
        if not self._identified and not await self._identify():
            return max(SHORTEST, self._not_before - tools.clock())
        if await tools.jobs():
            return 0.0
        if self.claimed.connection.activated_at is None:
            return tools.limits.idle
        if len(self._tasks) >= tools.limits.in_flight:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        await tools.limiter.free()
        work = await self._take()
        self._status = self._shown(work)
        if not work.people:
            await tools.read_people()
            self._suspects = not self._suspects
            return min(max(SHORTEST, work.next_due or tools.limits.idle), tools.limits.idle)
        task = asyncio.create_task(self._deliver(work.people))
        self._tasks.add(task)
        task.add_done_callback(self._landed)
        if self._status.state is LaneState.FAILING:
            self._not_before = tools.clock() + tools.limits.waits.failing
        return None

    def _shown(self, work: Work) -> LaneStatus:
        by_hand = work.status.state is LaneState.PAUSED and work.status.reason == BY_HAND
        return work.status if by_hand else self._status

    async def _take(self) -> Work:
        failing = self._status.state is LaneState.FAILING
        size = min(self._size, PROBE_PEOPLE) if failing else self._size
        return await self._call(
            lambda: self.tools.store.take(
                self.claimed.lease,
                size,
                self.tools.limits.linger,
                self.tools.limiter.newest_age(),
                suspects=self._suspects,
            )
        )

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait for work, a landing, a time, or the end."""
        waits = [asyncio.create_task(self.wake.wait()), asyncio.create_task(stop.wait())]
        try:
            await asyncio.wait(
                [*waits, *self._tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in waits:
                task.cancel()

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = self._failure or failure
        self.wake.set()

    async def _identify(self) -> bool:
        """Check whose token it is, at each start and after each credential error (R-09)."""
        try:
            identity = await self.tools.xledger.identity()
            if identity.entity != self.claimed.connection.entity:
                raise OtherCompany("the token reaches another company than the one connected")
        except (RetryLater, PauseConnection) as trouble:
            await self._met(trouble)
            return False
        self._identified = True
        await self._well()
        return True

    async def _deliver(self, people: Sequence[Subject]) -> None:
        connection = self.claimed.connection
        today = self.tools.today(connection.zone)
        parcels = [
            parcel(
                subject,
                MappingContext(
                    connection.country,
                    today,
                    connection.synthetic_numbers,
                    subject.confirmed,
                    DEFAULT,
                ),
                connection.group,
            )
            for subject in people
        ]
        creations = [one for one in parcels if one.creates]
        updates = [one for one in parcels if not one.creates and one.sent]
        settled = [
            postpone(one, Postponed(0.0, unsure=False))
            for one in parcels
            if not one.creates and not one.sent
        ]
        if settled:
            await self.record(settled)
        if updates:
            await self._update(updates)
        if creations:
            await create(self, creations)

    async def _update(self, parcels: Sequence[Parcel]) -> None:
        sent = await send(
            self.tools.xledger, cases_of(parcels), self.tools.limits.aliases, apart=self._apart
        )
        results = [
            result_of(
                one,
                sent.verdicts.get(one.subject.user, {}),
                self.tools.limits.retries,
                self.postponed(sent, one.subject.user),
            )
            for one in parcels
        ]
        await self.sent(sent, results, "update")

    def postponed(self, sent: Sent, user: str) -> Postponed:
        """Say when an undecided person is tried again, and whether it may have happened."""
        unsure = isinstance(sent.trouble, Ambiguous) and user in sent.asked
        return Postponed(self.tools.limits.settle if unsure else 0.0, unsure)

    async def sent(self, sent: Sent, results: Sequence[PersonResult], verb: str) -> None:
        """Record what came of a request, and draw what follows for the lane."""
        size = None
        if isinstance(sent.trouble, Ambiguous):
            size = self._size = max(1, self._size // 2)
            self.tools.telemetry.count(AMBIGUOUS, by=len(sent.asked))
        elif sent.trouble is None and self._size < self.tools.limits.people:
            size = self._size = min(self.tools.limits.people, self._size * 2)
        await self.record(results, size)
        if sent.extra:
            self.tools.telemetry.count(SEARCHES, by=sent.extra)
        written = sum(1 for result in results if result.confirmed)
        if written:
            self.tools.telemetry.count(XLEDGER_PEOPLE, verb, by=written)
        if sent.apart is not None and sent.apart != self._apart:
            self._apart = sent.apart
            memory = {**self.claimed.memory, "apart": sent.apart}
            await self._call(lambda: self.tools.store.remember(self.claimed.lease, memory))
        if sent.trouble is not None:
            await self._met(sent.trouble)
            return
        failed = sum(
            1 for one in results if any(end.result is FieldResult.FAILED for end in one.ends)
        )
        now = self.tools.clock()
        self._recent.note(now, len(results) - failed, failed)
        judged = self._recent.judge(now, self._status.state, self.tools.limits.waits)
        if judged is not None and judged.state is not self._status.state:
            await self._set(judged)
        elif judged is None:
            await self._well()

    async def record(self, results: Sequence[PersonResult], size: int | None = None) -> None:
        """Record results, however long the store is away: they are not to be lost."""
        ended = await self._call(lambda: self.tools.store.finish(self.claimed.lease, results, size))
        for end in ended:
            reason = end.reason.value if end.reason else ""
            self.tools.telemetry.count(OUTCOMES, end.result.value, reason)
            if end.seconds is not None:
                if end.seconds < 0:
                    self.tools.telemetry.count(CLOCK_SKEW)
                self.tools.telemetry.observe(END_TO_END, max(0.0, end.seconds))

    async def _met(self, trouble: RetryLater | PauseConnection) -> None:
        self._strikes += 1
        if isinstance(trouble, PauseConnection):
            self._identified = False
        jitter = random.random()  # noqa: S311 - spreads retries, protects nothing
        status = after_trouble(trouble, self._strikes, self.tools.limits.waits, jitter)
        self._not_before = self.tools.clock() + status.wait
        if status.state is not self._status.state or status.reason != self._status.reason:
            log.warning(
                "lane.state", connection=self._id, state=status.state.value, why=str(trouble),
                wait=round(status.wait, 1),
            )  # fmt: skip
            await self._set(status)

    async def _well(self) -> None:
        self._strikes = 0
        if self._status.state not in {LaneState.RUNNING, LaneState.FAILING}:
            log.info("lane.state", connection=self._id, state=LaneState.RUNNING.value)
            await self._set(LaneStatus())

    async def _set(self, status: LaneStatus) -> None:
        self._status = status
        await self._call(lambda: self.tools.store.set_status(self.claimed.lease, status))

    async def _call(self, call: Callable[[], T]) -> T:
        """Run a store call in a thread, again and again while the store is away."""
        while True:
            try:
                return await asyncio.to_thread(call)
            except StoreUnavailable as away:
                log.warning("lane.waits", connection=self._id, why=str(away))
                await asyncio.sleep(STORE_SECONDS)

    async def call(self, call: Callable[[], T]) -> T:
        """See `_call`; for the creation's steps."""
        return await self._call(call)
