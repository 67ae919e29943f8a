"""One lane at work: takes people, sends them, records what became of them (`design.md`, Delivery).

Level-triggered: what is sent is the current projection, and only what differs from what is
confirmed. Two requests may be under way; a person is in at most one.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

import structlog

from processors.ends import count_ends
from processors.lane.creation import create
from processors.lane.emails import new_emails, with_warnings
from processors.lane.limiter import Limiter
from processors.lane.parcel import Parcel, parcel
from processors.lane.results import Postponed, has_failed, postpone, result_of
from processors.lane.settings import LaneLimits
from processors.lane.state import Recent, after_trouble, stopped
from processors.lane.telling import tell_emails, tell_once
from processors.lane.updating import Sent, cases_of, send
from processors.mapping import MappingContext
from processors.mapping.limits import DEFAULT
from processors.ports.lane import (
    Claimed,
    LaneStatus,
    LaneStore,
    PersonResult,
    Subject,
    Work,
)
from processors.ports.telemetry import Telemetry
from processors.ports.xledger import Xledger
from schemas.connection import LaneState
from schemas.errors import (
    Ambiguous,
    Limited,
    OtherCompany,
    PauseConnection,
    RetryLater,
    StoreUnavailable,
)
from schemas.metrics import AMBIGUOUS, SEARCHES, XLEDGER_PEOPLE

PROBE_PEOPLE: Final = 10
"""A failing lane sends so many people at a time (R-94)."""
STORE_SECONDS: Final = 1.0
SHORTEST: Final = 0.02
STRIKES: Final = "strikes"
APART: Final = "apart"
TROUBLED: Final = frozenset({LaneState.WAITING, LaneState.BROKEN, LaneState.PAUSED})

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
    read_people: Callable[[], Coroutine[Any, Any, None]]
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
    _memory: dict[str, int] = field(default_factory=dict)
    _reading: "asyncio.Task[None] | None" = None
    _failure: BaseException | None = None
    _outdated: bool = False
    _changed: bool = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until there is nothing left for a while, or until told to stop.

        Raises:
            LeaseLost: somebody else has the lane.
            StopProcess: a human must act on this process.
        """
        limits = self.tools.limits
        self._size = min(self.claimed.batch_size or limits.people, limits.people)
        self._status = self.claimed.status
        self._memory = dict(self.claimed.memory)
        self._strikes = self._memory.get(STRIKES, 0)
        self._not_before = self.tools.clock() + self.claimed.status.wait
        try:
            await self._work(stop)
        finally:
            begun = [*self._tasks, *([self._reading] if self._reading else [])]
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def _work(self, stop: asyncio.Event) -> None:
        limits = self.tools.limits
        idle_since: float | None = None  # when a turn first found nothing to do
        while not (stop.is_set() or self._failure or self._changed):
            self.wake.clear()
            busy = self._busy  # before the turn, which looks for people to read
            try:
                pause = await self._turn()
            except StoreUnavailable as away:
                log.warning("lane.waits", connection=self._id, why=str(away))
                pause = STORE_SECONDS
            if stopped(self._status) or self._outdated:
                break
            now = self.tools.clock()
            if pause is None or busy or self._tasks:
                idle_since = None
            else:
                idle_since = now if idle_since is None else idle_since
            if pause is None:
                continue
            if idle_since is not None and now - idle_since > limits.idle:
                break
            await self._rest(min(pause, limits.idle), stop)
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._failure is not None:
            raise self._failure

    @property
    def _busy(self) -> bool:
        """Whether the lane is not to be given back; whom a failing one tried is not stored."""
        failing = self._status.state is LaneState.FAILING
        return bool(self._tasks) or self._reading is not None or failing

    @property
    def _id(self) -> str:
        return self.claimed.lease.connection

    async def _turn(self) -> float | None:
        """Take one batch and begin to send it; returns the seconds to wait when there is none."""
        tools = self.tools
        pause = await self._hindered()
        if pause is not None:
            return pause
        if len(self._tasks) >= tools.limits.in_flight:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        await tools.limiter.free()
        try:
            work = await self._take()
        except Limited as limit:
            await self._met(limit)
            return max(SHORTEST, self._not_before - tools.clock())
        self._status = self._shown(work)
        self._read_people()
        if not work.people:
            return min(max(SHORTEST, work.next_due or tools.limits.idle), tools.limits.idle)
        if not self._identified or self._not_before > tools.clock():
            # trouble came while they were taken: they go back, and wait like all others
            await self.record([PersonResult(one.user) for one in work.people])
            return 0.0
        task = asyncio.create_task(self._deliver(work.people))
        self._tasks.add(task)
        task.add_done_callback(self._landed)
        if self._status.state is LaneState.FAILING:
            self._not_before = tools.clock() + tools.limits.waits.failing
        return None

    async def _hindered(self) -> float | None:
        """Return the seconds to wait when nothing may be taken now, else None."""
        tools = self.tools
        if not await self._call(lambda: tools.store.as_claimed(self.claimed)):
            self._outdated = True  # somebody takes it anew, with the options and token of now
            return 0.0
        wait = self._not_before - tools.clock()
        if wait > 0:
            return wait
        if not self._identified and not await self._identify():
            return max(SHORTEST, self._not_before - tools.clock())
        if await tools.jobs():
            self._changed = True  # it may have activated the connection: to be claimed, read, anew
            return 0.0
        return tools.limits.idle if self.claimed.connection.activated_at is None else None

    def _shown(self, work: Work) -> LaneStatus:
        return work.status if stopped(work.status) else self._status

    def _read_people(self) -> None:
        """Ask Huma about people, beside the lane (R-97)."""
        if self._reading is None:
            self._reading = asyncio.create_task(self.tools.read_people())
            self._reading.add_done_callback(self._have_read)

    def _have_read(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, StoreUnavailable):
            log.warning("lane.waits", connection=self._id, why=str(failure))
        elif failure is not None:
            self._failure = self._failure or failure
            self.wake.set()

    @property
    def apart(self) -> bool | None:
        """Whether aliased roots are judged apart, as far as known."""
        known = self._memory.get(APART)
        return None if known is None else bool(known)

    async def _take(self) -> Work:
        """Take new work; where there is none, those who are tried again, among themselves."""
        work = await self._take_of(suspects=False)
        if work.people or stopped(work.status):
            return work
        return await self._take_of(suspects=True)

    async def _take_of(self, *, suspects: bool) -> Work:
        failing = self._status.state is LaneState.FAILING
        size = min(self._size, PROBE_PEOPLE) if failing else self._size
        tools = self.tools
        return await self._call(
            lambda: tools.store.take(
                self.claimed.lease,
                size,
                tools.limits.linger,
                tools.limiter.newest_age(),
                suspects=suspects,
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
        updates = [one for one in parcels if not one.creates and one.values]
        settled = [
            postpone(one, Postponed(0.0, unsure=False))
            for one in parcels
            if not one.creates and not one.values
        ]
        if settled:
            await self.record(settled)
        if updates:
            await self._update(updates)
        if creations:
            await create(self, creations)

    async def _update(self, parcels: Sequence[Parcel]) -> None:
        tools = self.tools
        parcels = await self._warned(parcels)
        sent = await send(
            tools.xledger, cases_of(parcels), tools.limits.aliases, tools.limiter.spare,
            apart=self.apart,
        )  # fmt: skip
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

    async def _warned(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Warn whoever gets an email that another employee has; it is sent all the same (R-12)."""
        emails = new_emails(parcels)
        if not emails:
            return parcels
        lease, company = self.claimed.lease, self.claimed.connection.company
        others = await self._call(lambda: self.tools.store.of_others(lease, company, emails))
        tell_emails(self._id, others)
        return with_warnings(parcels, others)

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
        stopped_by = None if sent.trouble is None else self._after(sent.trouble)
        await self.record(results, size)
        if sent.extra:
            self.tools.telemetry.count(SEARCHES, by=sent.extra)
        written = sum(1 for result in results if result.confirmed)
        if written:
            self.tools.telemetry.count(XLEDGER_PEOPLE, verb, by=written)
        if sent.apart is not None:
            await self._remember(APART, int(sent.apart))
        if stopped_by is not None:
            await self._show(stopped_by)
            return
        tried = [one for one in results if one.ends or any(each.attempted for each in one.again)]
        failed = sum(1 for one in tried if has_failed(one))
        now = self.tools.clock()
        self._recent.note(now, len(tried) - failed, failed)
        judged = self._recent.judge(now, self._status.state, self.tools.limits.waits)
        if judged is not None and judged.state is not self._status.state:
            await self._set(judged)
        elif judged is None:
            await self._well()

    async def record(self, results: Sequence[PersonResult], size: int | None = None) -> None:
        """Record results, however long the store is away: they are not to be lost."""
        idle = self.tools.limiter.newest_age()
        ended = await self._call(
            lambda: self.tools.store.finish(self.claimed.lease, results, size, idle=idle)
        )
        count_ends(self.tools.telemetry, ended)
        tell_once(self._id, results)

    async def _met(self, trouble: RetryLater | PauseConnection) -> None:
        await self._show(self._after(trouble))

    def _after(self, trouble: RetryLater | PauseConnection) -> LaneStatus:
        """Stop sending, from now on; returns the state that this is."""
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
        return status

    async def _show(self, status: LaneStatus) -> None:
        await self._remember(STRIKES, self._strikes)
        await self._set(status)  # until when, also where the state stays: others look there

    async def _well(self) -> None:
        if self._status.state in TROUBLED and self.tools.clock() < self._not_before:
            return  # an answer to what was sent before the trouble
        self._strikes = 0
        if self._memory.get(STRIKES):
            await self._remember(STRIKES, 0)
        if self._status.state not in {LaneState.RUNNING, LaneState.FAILING}:
            log.info("lane.state", connection=self._id, state=LaneState.RUNNING.value)
            await self._set(LaneStatus())

    async def _remember(self, name: str, value: int) -> None:
        if self._memory.get(name) == value:
            return
        self._memory[name] = value
        memory = dict(self._memory)
        await self._call(lambda: self.tools.store.remember(self.claimed.lease, memory))

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
