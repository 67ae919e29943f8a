"""Delivery: one process with many lanes (`design.md`, Delivery).

It looks for lanes with work, claims those that are free, renews all of its leases in one statement,
and keeps the kernel timer armed to the earliest lease end.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from processors.lane.worker import Lane
from processors.ports.lane import Claimed, LaneStore, LeaseLost
from processors.ports.telemetry import Health, Telemetry
from processors.ports.timer import Timer
from schemas.errors import RetryLater
from schemas.metrics import LANES, LEASES_LOST

PART: Final = "lanes"
STOP_SECONDS: Final = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """Seconds, and lanes that one process owns at the most."""

    lease: float
    renewal: float
    settle: float
    scan: float
    lanes: int


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
        renewing = asyncio.create_task(self._renew())
        try:
            while not stop.is_set() and self._failure is None:
                self.health.beat(PART)
                try:
                    await self._scan()
                    self.health.trouble(PART, None)
                except RetryLater as away:
                    self.health.trouble(PART, str(away))
                    log.warning("delivery.waits", why=str(away))
                    await asyncio.sleep(self.limits.renewal / 4)
                await asyncio.sleep(self.limits.scan)
        finally:
            self._stop.set()
            tasks = [owned.task for owned in self._owned.values()]
            if tasks:
                await asyncio.wait(tasks, timeout=STOP_SECONDS)
            renewing.cancel()
            await self._release([owned.lane.claimed for owned in self._owned.values()])
            self.timer.disarm()
            await self.close()
        if self._failure is not None:
            raise self._failure

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
        elif failure is not None:
            self._failure = self._failure or failure
        else:
            await self._release([owned.lane.claimed])
        self._arm()

    async def _release(self, claims: list[Claimed]) -> None:
        if not claims:
            return
        try:
            await asyncio.to_thread(self.store.release, [claimed.lease for claimed in claims])
        except RetryLater as away:
            log.warning("delivery.release_failed", why=str(away))

    async def _renew(self) -> None:
        """Renew all leases again and again; a lane that is no longer ours ends."""
        while True:
            await asyncio.sleep(self.limits.renewal)
            if not self._owned:
                continue
            since = self.clock()
            try:
                epochs = await asyncio.to_thread(self.store.renew, self.owner, self.limits.lease)
            except RetryLater as away:
                log.warning("delivery.renewal_failed", why=str(away))
                self._drop_ending()
                continue
            self._keep(epochs, since)

    def _drop_ending(self) -> None:
        """Let go of lanes whose lease ends before the next renewal: no request of theirs runs.

        A request starts only with its whole time-out left on the lease, so what is dropped here
        has nothing under way; else the kernel timer would end a process that only waits.
        """
        soon = self.clock() + 1.5 * self.limits.renewal
        for connection, owned in list(self._owned.items()):
            if self._ends.get(connection, 0.0) < soon:
                owned.task.cancel()
                self._ends.pop(connection, None)
        self._arm()

    def _keep(self, epochs: Mapping[str, int], since: float) -> None:
        for connection, owned in list(self._owned.items()):
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
