"""Delivery: one process with many lanes (`design.md`, Delivery).

It looks for lanes with work, claims those that are free, renews all of its leases in one statement,
and keeps the kernel timer armed to the earliest lease end.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from traceback import extract_tb
from typing import Final, Protocol

import structlog

from processors.lane.worker import Lane
from processors.ports.lane import Claimed, LaneStatus, LaneStore, LeaseLost
from processors.ports.telemetry import Health, Telemetry
from processors.ports.timer import Timer
from schemas.connection import LaneState
from schemas.errors import RetryLater, StopProcess
from schemas.metrics import LANES, LEASES_LOST

PART: Final = "lanes"
STOP_SECONDS: Final = 10.0
FAULT: Final = LaneStatus(LaneState.BROKEN, "a fault of this program", 60.0)
"""What a lane is in after an error nobody thought of: the others go on (promise 6)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """Seconds, and lanes that one process owns at the most; `stop` is for lanes to finish in."""

    lease: float
    renewal: float
    settle: float
    scan: float
    lanes: int
    stop: float = STOP_SECONDS


class Build(Protocol):
    """Makes a lane of a claim; `lease_left` says how many seconds its lease has."""

    def __call__(self, claimed: Claimed, lease_left: Callable[[], float]) -> Lane:
        """Return the lane."""
        ...


@dataclass(slots=True)
class _Owned:
    lane: Lane
    task: "asyncio.Task[None]"
    ends: float


@dataclass(slots=True)
class Delivery:
    """Runs lanes until told to stop.

    Attributes:
        store: the lanes' store, called in worker threads.
        owner: who holds the leases; unique a process.
        limits: see there.
        build: makes a lane.
        timer: ends this process if it sleeps past a lease.
        telemetry: counts.
        health: hears how it is.
        close: closes what lanes share.
        clock: monotonic seconds.
    """

    store: LaneStore
    owner: str
    limits: DeliveryLimits
    build: Build
    timer: Timer
    telemetry: Telemetry
    health: Health
    close: Callable[[], Awaitable[None]]
    clock: Callable[[], float] = time.monotonic
    _owned: dict[str, _Owned] = field(default_factory=dict)
    _ends: dict[str, float] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: BaseException | None = None

    def run(self, stop: threading.Event) -> None:
        """Run in this thread until `stop` is set, then give every lane back."""
        asyncio.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> None:
        self._stop = asyncio.Event()
        keep_out = self.timer.keep_out
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=keep_out))
        with ThreadPoolExecutor(1, initializer=keep_out) as renewer:
            renewing = asyncio.create_task(self._renew(renewer))
            renewing.add_done_callback(self._renewed_last)
            try:
                while not stop.is_set() and self._failure is None:
                    await self._turn()
                    await asyncio.sleep(self.limits.scan)
            finally:
                self._stop.set()
                await self._end_lanes()
                renewing.cancel()
                self.timer.disarm()
                await self.close()
        if self._failure is not None:
            raise self._failure

    async def _turn(self) -> None:
        self.health.beat(PART)
        try:
            await self._scan()
            self.health.trouble(PART, None)
        except RetryLater as away:
            self.health.trouble(PART, str(away))
            log.warning("delivery.waits", why=str(away))
            await asyncio.sleep(self.limits.renewal / 4)

    async def _end_lanes(self) -> None:
        """Let lanes finish, for a while; a lane is given back only once nothing of it runs."""
        owned = list(self._owned.values())
        tasks = [one.task for one in owned]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.limits.stop)
            for task in late:
                task.cancel()
            await asyncio.wait(tasks)
        await self._release([one.lane.claimed for one in owned])

    def _renewed_last(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self._failure = self._failure or task.exception()

    async def _scan(self) -> None:
        """Wake our lanes that have work, and claim free ones."""
        room = self.limits.lanes
        for idle in await asyncio.to_thread(self.store.candidates, self.owner, room):
            owned = self._owned.get(idle.connection)
            if owned is not None:
                owned.lane.wake.set()
            elif len(self._owned) < room:
                await self._claim(idle.connection)

    async def _claim(self, connection: str) -> None:
        since = self.clock()
        claimed = await asyncio.to_thread(
            self.store.claim, connection, self.owner, self.limits.lease, self.limits.settle
        )
        if claimed is None:
            return
        self._ends[connection] = since + self.limits.lease
        self._arm()
        lane = self.build(claimed, lambda: self._left(connection))
        task = asyncio.create_task(lane.run(self._stop))
        self._owned[connection] = _Owned(lane, task, since + self.limits.lease)
        task.add_done_callback(lambda _: asyncio.ensure_future(self._over(connection)))
        self.telemetry.set(LANES, len(self._owned))
        log.info("lane.claimed", connection=connection, epoch=claimed.lease.epoch)

    def _left(self, connection: str) -> float:
        return self._ends.get(connection, 0.0) - self.clock()

    async def _over(self, connection: str) -> None:
        """A lane has ended: by itself, by losing its lease, or by a failure of ours."""
        owned = self._owned.pop(connection, None)
        if owned is None:
            return
        self._ends.pop(connection, None)
        self.telemetry.set(LANES, len(self._owned))
        failure = None if owned.task.cancelled() else owned.task.exception()
        if isinstance(failure, LeaseLost):
            self.telemetry.count(LEASES_LOST)
            log.warning("lane.lost", connection=connection)
        elif isinstance(failure, StopProcess):
            self._failure = self._failure or failure
        else:
            if failure is not None:
                where = [f"{one.name}:{one.lineno}" for one in extract_tb(failure.__traceback__)]
                kind = type(failure).__name__
                log.error("lane.failed", connection=connection, type=kind, where=where)
                await self._broken(owned.lane.claimed)
            await self._release([owned.lane.claimed])
        self._arm()

    async def _broken(self, claimed: Claimed) -> None:
        try:
            await asyncio.to_thread(self.store.set_status, claimed.lease, FAULT)
        except (RetryLater, LeaseLost) as away:
            log.warning("delivery.status_failed", why=str(away))

    async def _release(self, claims: Sequence[Claimed]) -> None:
        if not claims:
            return
        try:
            await asyncio.to_thread(self.store.release, [claimed.lease for claimed in claims])
        except RetryLater as away:
            log.warning("delivery.release_failed", why=str(away))

    async def _renew(self, renewer: ThreadPoolExecutor) -> None:
        """Renew all leases again and again; a lane that is no longer ours ends.

        In a thread of its own: store calls of lanes that wait must not hold it up.
        """
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.limits.renewal)
            if not self._owned:
                continue
            since, asked = self.clock(), dict(self._owned)
            call = loop.run_in_executor(renewer, self.store.renew, self.owner, self.limits.lease)
            try:
                async with asyncio.timeout(self.limits.renewal / 2):
                    epochs = await call
            except (RetryLater, TimeoutError) as away:
                log.warning("delivery.renewal_failed", why=str(away) or "no answer in time")
                self._drop_ending()
                continue
            self._keep(asked, epochs, since)

    def _drop_ending(self) -> None:
        """Let go of lanes whose lease could end before the next renewal has failed as well.

        What of them is under way is ambiguous; else the kernel timer would end the process.
        """
        soon = self.clock() + 1.5 * self.limits.renewal
        for connection, owned in list(self._owned.items()):
            if self._ends.get(connection, 0.0) < soon:
                owned.task.cancel()
                self._ends.pop(connection, None)
        self._arm()

    def _keep(self, asked: Mapping[str, _Owned], epochs: Mapping[str, int], since: float) -> None:
        """Let go of lanes that the renewal did not find; those claimed during it are not meant."""
        for connection, owned in asked.items():
            if self._owned.get(connection) is not owned:
                continue
            if epochs.get(connection) == owned.lane.claimed.lease.epoch:
                self._ends[connection] = since + self.limits.lease
            else:
                owned.task.cancel()
                self._ends.pop(connection, None)
                self.telemetry.count(LEASES_LOST)
                log.warning("lane.lost", connection=connection)
        self._arm()

    def _arm(self) -> None:
        """Set the kernel timer to the earliest lease end: after it this process must not send."""
        if self._ends:
            self.timer.arm(min(self._ends.values()) - self.clock())
        else:
            self.timer.disarm()
