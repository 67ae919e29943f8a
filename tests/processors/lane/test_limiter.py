"""The limiter: never more than so many in any window, first come first served."""

import asyncio
import time
from bisect import bisect_left
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.lane.limiter import Limiter, Window


@given(
    st.integers(1, 20),
    st.floats(0.5, 10.0),
    st.lists(st.floats(0.0, 3.0), min_size=1, max_size=200),
    st.none() | st.integers(1, 20),
)
def test_no_window_holds_more_than_its_number(
    requests: int, seconds: float, gaps: list[float], burst: int | None
) -> None:
    """Whenever requests are asked for, any so many seconds see at most so many starts."""
    window, now = Window(requests, seconds, burst), 0.0
    starts: list[float] = []
    for gap in gaps:
        now += gap
        while (pause := window.wait(now)) > 0:
            now = max(now + pause, now + 1e-9)
        window.note(now)
        starts.append(now)
    for number, start in enumerate(starts):
        end = bisect_left(starts, start + seconds - 1e-6)
        assert end - number <= requests


@pytest.mark.rule("R-80")
def test_a_flood_leaves_room_for_a_change_made_meanwhile() -> None:
    """After its burst a flood starts evenly, takes all it may, and nobody waits for the end."""
    window, now = Window(18, 5.0, burst=9), 0.0
    starts: list[float] = []
    while now < 100.0:
        now += window.wait(now)
        window.note(now)
        starts.append(now)
    gaps = [later - sooner for sooner, later in pairwise(starts)]
    assert gaps[:8] == [0.0] * 8
    assert max(gaps[9:]) <= 2 * 5.0 / 18 + 1e-9
    assert len(starts) == pytest.approx(100.0 / 5.0 * 18, abs=2)


def test_a_late_start_is_made_up_for() -> None:
    """A loop that wakes a little late each time loses nothing of the allowance."""
    window, now, count = Window(18, 5.0, burst=9), 0.0, 0
    while now < 100.0:
        now += window.wait(now) + 0.01
        window.note(now)
        count += 1
    assert count == pytest.approx(100.0 / 5.0 * 18, abs=4)


@given(st.integers(1, 20), st.floats(0.5, 10.0))
def test_searches_get_half(requests: int, seconds: float) -> None:
    """At least one, else half as many."""
    half = Window(requests, seconds).half()
    for _ in range(max(1, requests // 2)):
        assert half.wait(0.0) == 0.0
        half.note(0.0)
    assert half.wait(0.0) > 0.0


def limiter(window: Window, in_flight: int = 2, quiet: float = 0.0) -> Limiter:
    """Return a limiter on a lease that lasts."""
    return Limiter(window, in_flight, time.monotonic, lambda: 90.0, 60.0, quiet)


def test_first_come_is_first_served_and_two_are_in_flight() -> None:
    """Requests start in the order they came, no more than two at once."""
    started: list[int] = []
    flying: list[int] = []
    most = 0

    async def run() -> None:
        one = limiter(Window(3, 0.1))

        async def ask(number: int) -> None:
            nonlocal most
            async with one.request():
                started.append(number)
                flying.append(number)
                most = max(most, len(flying))
                await asyncio.sleep(0.01 * (number % 3))
                flying.remove(number)

        await asyncio.gather(*(ask(number) for number in range(9)))

    asyncio.run(run())
    assert started == list(range(9))
    assert most == 2


def test_a_new_owner_is_quiet_at_first() -> None:
    """Nothing is sent before the last owner's newest request is a window old."""
    began = time.monotonic()

    async def run() -> None:
        one = limiter(Window(5, 1.0), quiet=0.15)
        assert one.newest_age() is None
        await one.free()
        async with one.request():
            pass
        assert one.newest_age() is not None

    asyncio.run(run())
    assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize("age", [0.0, 2.5])
def test_the_newest_age_is_what_the_next_owner_needs(age: float) -> None:
    """Seconds since the newest start, by the clock that is given."""
    clock = {"now": 100.0}
    one = Limiter(Window(5, 1.0), 1, lambda: clock["now"], lambda: 90.0, 60.0)

    async def run() -> None:
        async with one.request():
            pass

    asyncio.run(run())
    clock["now"] += age
    assert one.newest_age() == age
