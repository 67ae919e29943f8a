"""The delivery process: claims, renews, gives back, and never outlives a lease."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.store.tables import lane as lanes
from processors.delivery import Delivery, DeliveryLimits
from processors.lane.worker import Lane
from processors.ports.lane import Claimed
from schemas.errors import StopProcess, StoreUnavailable
from schemas.metrics import LEASES_LOST
from tests.fixtures.arrivals import Feelings, Numbers
from tests.fixtures.stored import Stored
from tests.fixtures.working import Bench, whole

LIMITS = DeliveryLimits(lease=2.0, renewal=0.2, settle=0.1, scan=0.01, lanes=10, stop=0.3)
DEADLINE = 10.0


@pytest.fixture
def store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty store of SQLite."""
    path = tmp_path / "store.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


class FakeTimer:
    """The port `Timer`: when it would have killed, by the clock; None when not armed."""

    def __init__(self) -> None:
        self.end: float | None = None
        self.kept_out: set[str] = set()
        self.armed: list[float] = []

    def arm(self, seconds: float) -> None:
        """See the port."""
        self.armed.append(seconds)
        self.end = time.monotonic() + seconds

    def disarm(self) -> None:
        """See the port."""
        self.end = None

    def keep_out(self) -> None:
        """See the port."""
        self.kept_out.add(threading.current_thread().name)

    @property
    def killed(self) -> bool:
        """Whether the process would be dead now."""
        return self.end is not None and time.monotonic() > self.end


class Renewals:
    """A store whose renewals may fail, or answer late."""

    def __init__(self, stored: Stored) -> None:
        self._lanes = stored.lanes
        self.away = False
        self.hangs: threading.Event | None = None
        self.released: list[str] = []
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._lanes, name)  # type: ignore[no-any-return]

    def renew(self, owner: str, lease: float) -> Mapping[str, int]:
        """See the port."""
        if self.hangs is not None:
            self.hangs.wait(DEADLINE)
        if self.away:
            raise StoreUnavailable("the store is away")
        return self._lanes.renew(owner, lease)

    def release(self, leases: Sequence[Any]) -> None:
        """See the port."""
        self.released += [one.connection for one in leases]
        self._lanes.release(leases)


class Process:
    """A delivery process in a thread."""

    def __init__(self, *benches: Bench) -> None:
        self.benches = {bench.connection.id: bench for bench in benches}
        self.stored = benches[0].stored
        self.store = Renewals(self.stored)
        self.timer = FakeTimer()
        self.numbers = Numbers()
        self.health = Feelings()
        self.left: dict[str, Callable[[], float]] = {}
        self.built: list[Lane] = []
        self.wrap: Callable[[Lane], None] = lambda _: None
        self.failure: BaseException | None = None
        self.closed = False
        self.delivery = Delivery(
            self.store, "me", LIMITS, self.build, self.timer, self.numbers, self.health, self.close
        )

    def build(self, claimed: Claimed, lease_left: Callable[[], float]) -> Lane:
        """Build a lane of a claim."""
        id_ = claimed.lease.connection
        bench = self.benches[id_]
        self.left[id_] = lease_left
        bench.lanes = _Given(self.stored, claimed)
        made = bench.lane()
        bench.lanes = self.stored.lanes
        made.tools.limiter._lease_left = lease_left
        made.tools.limiter._needed = 1.0
        made.tools.store = self.stored.lanes
        self.built.append(made)
        self.wrap(made)
        return made

    async def close(self) -> None:
        """Close what lanes share."""
        self.closed = True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run until the block is left."""
        stop = threading.Event()

        def run() -> None:
            try:
                self.delivery.run(stop)
            except BaseException as failure:  # noqa: BLE001 - looked at by the test
                self.failure = failure

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true; the timer never rings."""
        until = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < until, "it never came true"
            assert not self.timer.killed, "the kernel timer would have ended the process"
            time.sleep(0.01)

    def owner(self, bench: Bench) -> str | None:
        """Return who owns a lane."""
        found: dict[str, str | None] = dict(self.stored.rows(lanes.c.connection, lanes.c.owner))
        return found[bench.connection.id]


class _Given:
    """A store whose claim was made already."""

    def __init__(self, stored: Stored, claimed: Claimed) -> None:
        self._lanes, self._claimed = stored.lanes, claimed

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._lanes, name)  # type: ignore[no-any-return]

    def claim(self, *_: Any) -> Claimed:
        """See the port."""
        return self._claimed


def test_lanes_with_work_are_claimed_and_given_back_on_stop(stored: Stored) -> None:
    """Two connections with work are delivered, the idle one is left; at the end all are free."""
    benches = [Bench(stored, name) for name in ("c1", "c2", "c3")]
    process = Process(*benches)
    for number, bench in enumerate(benches, 1):
        bench.hire(number)
    events = [benches[n].change({n + 1: whole(n + 1)})[0] for n in range(2)]
    with process.running():
        process.wait(lambda: set(events) <= stored.ended().keys())
        assert process.owner(benches[0]) == "me"
        assert process.owner(benches[2]) is None
    assert process.failure is None
    assert process.closed
    assert {process.owner(bench) for bench in benches} == {None}
    assert process.timer.end is None
    assert len(process.timer.kept_out) >= 2, "threads of the store keep out of the signal"


def test_the_timer_follows_the_earliest_lease(bench: Bench) -> None:
    """Armed with the claim, armed anew with each renewal: never more than a lease from then."""
    process = Process(bench)
    bench.hire(1)
    bench.change({1: whole(1)})
    with process.running():
        process.wait(lambda: len(process.timer.armed) >= 4)
        assert all(1.0 < seconds <= LIMITS.lease for seconds in process.timer.armed)
        left = process.left[bench.connection.id]()
        assert process.timer.end is not None
        assert abs(process.timer.end - time.monotonic() - left) < 0.05


@pytest.mark.parametrize("how", ["away", "hanging"])
def test_lanes_are_dropped_before_the_timer_when_renewal_fails(bench: Bench, how: str) -> None:
    """The process lives on; a lane it let go lets no request through; later it goes on."""
    process = Process(bench)
    bench.hire(1)
    bench.change({1: whole(1)})
    with process.running():
        process.wait(lambda: bool(process.built))
        first = process.built[0]
        if how == "away":
            process.store.away = True
        else:
            process.store.hangs = threading.Event()
        process.wait(lambda: bench.connection.id in process.store.released)
        assert first.tools.limiter._lease_left() < 1.0 or len(process.built) > 1
        if process.store.hangs is not None:
            process.store.hangs.set()
        process.store.hangs, process.store.away = None, False
        events = bench.change({1: {"phone": "1"}})
        process.wait(lambda: set(events) <= bench.stored.ended().keys())
    assert process.failure is None


def test_a_lane_that_somebody_else_took_ends(bench: Bench) -> None:
    """At the next renewal the lane is no longer ours: it ends, and is not given back."""
    process = Process(bench)
    bench.hire(1)
    bench.change({1: whole(1)})
    with process.running():
        process.wait(lambda: process.owner(bench) == "me")
        bench.stored.expire(bench.connection)
        while bench.stored.lanes.claim(bench.connection.id, "other", 90.0, 60.0) is None:
            bench.stored.expire(bench.connection)
        process.wait(lambda: process.numbers.of(LEASES_LOST) == 1)
        assert process.owner(bench) == "other"
        process.wait(lambda: process.timer.end is None)
    assert process.owner(bench) == "other"


def test_a_lane_claimed_during_a_renewal_stays(stored: Stored) -> None:
    """The renewal does not name it, because it began before; it is not lost."""
    one, two = Bench(stored, "c1"), Bench(stored, "c2")
    process = Process(one, two)
    process.delivery.limits = replace(LIMITS, lease=20.0, renewal=1.0)
    for bench in (one, two):
        bench.hire(1)
    renew, renewed = process.store.renew, threading.Event()

    def meanwhile(owner: str, lease: float) -> Mapping[str, int]:
        epochs = renew(owner, lease)
        if not renewed.is_set():
            two.change({1: whole(1)})
            process.wait(lambda: two.connection.id in process.left)
            renewed.set()
        return epochs

    process.store.renew = meanwhile  # type: ignore[method-assign]
    one.change({1: whole(1)})
    with process.running():
        process.wait(renewed.is_set)
        process.wait(lambda: bool(two.stored.ended()))
        time.sleep(0.1)
        assert process.numbers.of(LEASES_LOST) == 0
        assert process.owner(two) == "me"


def test_a_hanging_request_is_given_up_before_its_lane_is_given_back(bench: Bench) -> None:
    """On a stop a lane gets its time; it is free only once nothing of it runs any more."""
    process = Process(bench)
    bench.hire(1)
    bench.change({1: whole(1)})
    running: list[bool] = []

    def hang(_: Lane) -> None:
        bench.xledger.gate = asyncio.Event()

    process.wrap = hang
    release = process.store.release

    def looked(leases: Sequence[Any]) -> None:
        running.extend(bool(made._tasks) for made in process.built)
        release(leases)

    process.store.release = looked  # type: ignore[method-assign]
    with process.running():
        process.wait(lambda: bool(bench.xledger.writes))
    assert running
    assert not any(running)
    assert process.owner(bench) is None
    claimed = bench.stored.lanes.claim(bench.connection.id, "next", 90.0, 60.0)
    assert claimed is not None
    work = bench.stored.take(claimed.lease)
    assert work.people == (), "what was under way is ambiguous: it waits"
    assert work.next_due is not None
    assert work.next_due > 55.0


def test_one_lanes_fault_ends_no_other(stored: Stored) -> None:
    """An error nobody thought of breaks its lane, visibly, and for a while (promise 6)."""
    odd, good = Bench(stored, "c1"), Bench(stored, "c2")
    process = Process(odd, good)
    odd.hire(1)
    good.hire(2)
    odd.change({1: whole(1)})

    def fail(made: Lane) -> None:
        if made.claimed.connection.id == odd.connection.id:
            odd.xledger.faults = [(ZeroDivisionError(), False)]

    process.wrap = fail
    with process.running():
        process.wait(lambda: odd.status() == ("broken", "a fault of this program"))
        events = good.change({2: whole(2)})
        process.wait(lambda: set(events) <= stored.ended().keys())
    assert process.failure is None
    assert list(stored.lanes.candidates("next", 10)) == []


def test_what_a_human_must_mend_ends_the_process(bench: Bench) -> None:
    """A wrong key or setting is said, and not tried for ever."""
    process = Process(bench)
    bench.hire(1)
    bench.change({1: whole(1)})

    def fail(_: Lane) -> None:
        bench.xledger.faults = [(StopProcess("mend it"), False)]

    process.wrap = fail
    with process.running():
        process.wait(lambda: process.failure is not None)
    assert isinstance(process.failure, StopProcess)


def test_a_store_that_is_away_is_said_and_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan goes on once it is back; meanwhile the process beats and is not ready."""
    process = Process(bench)
    bench.hire(1)
    events = bench.change({1: whole(1)})
    away = {"left": 2}

    def candidates(*given: Any) -> Any:
        away["left"] -= 1
        if away["left"] >= 0:
            raise StoreUnavailable("the store is away")
        return bench.stored.lanes.candidates(*given)

    monkeypatch.setattr(process.store, "candidates", candidates, raising=False)
    with process.running():
        process.wait(lambda: set(events) <= bench.stored.ended().keys())
    assert process.health.said[:2] == ["the store is away", None]
