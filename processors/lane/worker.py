"""One lane at work: takes people, sends them, records what became of them (`design.md`, Delivery).

Level-triggered: what is sent is the current projection, and only what differs from what is
confirmed. Two requests may be under way; a person is in at most one.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog

from processors.ends import count_ends
from processors.lane.creation import create
from processors.lane.emails import new_emails, with_warnings
from processors.lane.guard import exposed
from processors.lane.parcel import Parcel, parcel
from processors.lane.results import Postponed, postpone, result_of
from processors.lane.standing import STORE_SECONDS, Standing
from processors.lane.state import stopped
from processors.lane.telling import tell_emails, tell_once
from processors.lane.tools import Tools
from processors.lane.updating import Sent, cases_of, send
from processors.mapping import MappingContext
from processors.mapping.limits import DEFAULT
from processors.ports.lane import (
    Claimed,
    LaneStatus,
    PersonResult,
    Subject,
    Work,
)
from schemas.connection import LaneState
from schemas.errors import (
    Ambiguous,
    Limited,
    OtherCompany,
    PauseConnection,
    RetryLater,
    StoreUnavailable,
    perhaps_done,
)
from schemas.metrics import AMBIGUOUS, SEARCHES, XLEDGER_PEOPLE

PROBE_PEOPLE: Final = 10
"""A failing lane sends so many people at a time (R-94)."""
SHORTEST: Final = 0.02
LOOK_SECONDS: Final = 1.0
"""Work that could not be taken for so long (somebody waits for Huma) is looked for so seldom."""

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(slots=True)
class Lane:
    """One lane, as long as this process owns it."""

    claimed: Claimed
    tools: Tools
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: dict[asyncio.Task[None], frozenset[str]] = field(default_factory=dict)  # and for whom
    _reading: "asyncio.Task[None] | None" = None
    _failure: BaseException | None = None
    _outdated: bool = False
    _vain_since: float | None = None  # since when it was woken and could take nobody
    _size: int = field(init=False)
    _standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        limits = self.tools.limits
        self._size = min(self.claimed.batch_size or limits.people, limits.people)
        self._standing = Standing(self.claimed, self.tools)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until there is nothing left for a while, or until told to stop.

        Raises:
            LeaseLost: somebody else has the lane.
            StopProcess: a human must act on this process.
        """
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
        while not (stop.is_set() or self._failure):
            self.wake.clear()
            busy = self._busy  # before the turn, which looks for people to read
            try:
                pause = await self._turn()
            except StoreUnavailable as away:
                log.warning("lane.waits", connection=self._id, why=str(away))
                pause = STORE_SECONDS
            if stopped(self._standing.status) or self._outdated:
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
        return bool(self._tasks) or self._reading is not None or self._standing.failing

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
        alone = not self._tasks  # before the look: what lands during it may have left work
        try:
            work = await self._take()
        except Limited as limit:
            await self._met(limit)
            return max(SHORTEST, self._standing.wait)
        if stopped(work.status):
            self._standing.stop(work.status)
        self._read_people()
        if not work.people:
            return await self._nobody(work.next_due, alone=alone)
        self._vain_since = None
        if not self._standing.identified or self._standing.wait > 0:
            # trouble came while they were taken: they go back, and wait like all others
            await self.record([PersonResult(one.user) for one in work.people])
            return 0.0
        task = asyncio.create_task(self._deliver(work.people))
        self._tasks[task] = frozenset(one.user for one in work.people)
        task.add_done_callback(self._landed)
        if self._standing.failing:
            self._standing.probe()
        return None

    async def _nobody(self, next_due: float | None, *, alone: bool) -> float:
        """Return the seconds to wait when nobody could be taken."""
        if self._vain_since is None:
            self._vain_since = self.tools.clock()
        if next_due is None and alone:  # trouble that nothing waits for is over
            await self._standing.well()
        idle = self.tools.limits.idle
        return min(max(SHORTEST, next_due or idle), idle)

    async def _hindered(self) -> float | None:
        """Return the seconds to wait when nothing may be taken now, else None."""
        tools, standing = self.tools, self._standing
        if not await self.call(lambda: tools.store.as_claimed(self.claimed)):
            self._outdated = True  # somebody takes it anew, with the options and token of now
            return 0.0
        if standing.wait > 0:
            return standing.wait
        if not standing.identified and not await self._identify():
            return max(SHORTEST, standing.wait)
        if await tools.jobs():
            return 0.0
        return tools.limits.idle if self.claimed.connection.activated_at is None else None

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
        return self._standing.apart

    async def _take(self) -> Work:
        """Take new work; where there is none, those who are tried again, among themselves."""
        work = await self._take_of(suspects=False)
        if work.people or stopped(work.status):
            return work
        return await self._take_of(suspects=True)

    async def _take_of(self, *, suspects: bool) -> Work:
        size = min(self._size, PROBE_PEOPLE) if self._standing.failing else self._size
        tools, lease = self.tools, self.claimed.lease
        while True:
            try:
                return await asyncio.to_thread(
                    lambda: tools.store.take(
                        lease, size, tools.limits.linger, tools.limiter.newest_age(),
                        suspects=suspects,
                    )
                )  # fmt: skip
            except StoreUnavailable as away:  # it may have taken people all the same
                log.warning("lane.waits", connection=self._id, why=str(away))
                await asyncio.sleep(STORE_SECONDS)
                await self._ground()

    async def _ground(self) -> None:
        """Let go of whom nobody works on."""
        lease, flying = self.claimed.lease, frozenset[str]().union(*self._tasks.values())
        await self.call(lambda: self.tools.store.ground(lease, flying))

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait for work, a landing, a time, or the end."""
        since = self._vain_since
        if since is not None and self.tools.clock() - since > LOOK_SECONDS:
            deaf = min(seconds, LOOK_SECONDS)
            if await self._first([asyncio.create_task(stop.wait())], deaf):
                return
            seconds -= deaf
            if seconds <= 0:
                return
        waits = [asyncio.create_task(self.wake.wait()), asyncio.create_task(stop.wait())]
        if not await self._first(waits, seconds):
            self._vain_since = None

    async def _first(self, waits: Sequence[asyncio.Task[Any]], seconds: float) -> bool:
        """Wait for one of these, or a landing; False: none in that time."""
        try:
            done, _ = await asyncio.wait(
                [*waits, *self._tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in waits:
                task.cancel()
        return bool(done)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
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
        self._standing.identified = True
        if (
            self._standing.status.state is not LaneState.BROKEN
        ):  # that ends when a write is answered
            await self._standing.well()
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
        if not await self._admitted(parcels):
            await self.record([PersonResult(one.user) for one in people])
            return
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

    async def _admitted(self, parcels: Sequence[Parcel]) -> bool:
        """Ask the guard, where something sensitive is about to be written (R-93)."""
        people = exposed(parcels)
        if not people:
            return True
        lease = self.claimed.lease
        status = await self.call(lambda: self.tools.store.admit(lease, people))
        if stopped(status):
            self._standing.stop(status)
        return not stopped(status)

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
        others = await self.call(lambda: self.tools.store.of_others(lease, company, emails))
        tell_emails(self._id, others)
        return with_warnings(parcels, others)

    def postponed(self, sent: Sent, user: str) -> Postponed:
        """Say when an undecided person is tried again, and whether it may have happened."""
        unsure = perhaps_done(sent.trouble) and user in sent.asked
        return Postponed(self.tools.limits.settle if unsure else 0.0, unsure)

    async def sent(self, sent: Sent, results: Sequence[PersonResult], verb: str) -> None:
        """Record what came of a request, and draw what follows for the lane."""
        size = None
        if isinstance(sent.trouble, Ambiguous):
            size = self._size = max(1, self._size // 2)
            self.tools.telemetry.count(AMBIGUOUS, by=len(sent.asked))
        elif sent.trouble is None and self._size < self.tools.limits.people:
            size = self._size = min(self.tools.limits.people, self._size * 2)
        trouble = sent.trouble
        stopped_by = None if trouble is None else self._standing.after(trouble)
        await self.record(results, size)
        if sent.extra:
            self.tools.telemetry.count(SEARCHES, by=sent.extra)
        written = sum(1 for result in results if result.confirmed)
        if written:
            self.tools.telemetry.count(XLEDGER_PEOPLE, verb, by=written)
        if sent.apart is not None:
            await self._standing.learn_apart(apart=sent.apart)
        if trouble is not None and stopped_by is not None:
            await self._show(trouble, stopped_by)
        else:
            await self._standing.judge(results)

    async def record(self, results: Sequence[PersonResult], size: int | None = None) -> None:
        """Record results, however long the store is away: they are not to be lost."""
        idle = self.tools.limiter.newest_age()
        ended = await self.call(
            lambda: self.tools.store.finish(self.claimed.lease, results, size, idle=idle)
        )
        count_ends(self.tools.telemetry, ended)
        tell_once(self._id, results)

    async def _met(self, trouble: RetryLater | PauseConnection) -> None:
        await self._show(trouble, self._standing.after(trouble))

    async def _show(self, trouble: RetryLater | PauseConnection, status: LaneStatus) -> None:
        """Store what trouble led to; what the old token met says nothing of another one (R-09)."""
        refused = isinstance(trouble, PauseConnection)
        if refused and not await self.call(lambda: self.tools.store.as_claimed(self.claimed)):
            self._outdated = True
        else:
            await self._standing.show(status)

    async def call(self, call: Callable[[], T]) -> T:
        """Run a store call in a thread, however long the store is away."""
        return await self._standing.call(call)
