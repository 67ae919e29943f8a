"""The sweep: everybody whose day has come is asked for, once, at a pace; and the heart beats."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from processors.heartbeat import Heart
from processors.ports.source import Place
from processors.sweep import Sweep, SweepLimits
from processors.today import today_in
from schemas.errors import BrokerUnavailable, RetryLater, StoreUnavailable
from schemas.metrics import SWEEP_DUE, SWEEP_ENDED, SWEPT
from tests.fixtures.arrivals import Feelings, Numbers
from tests.fixtures.records import until

LIMITS = SweepLimits(every=60.0, lease=90.0, retry=5.0, people=500, ahead=1000)
OSLO, KIRITIMATI, LOS_ANGELES = "Europe/Oslo", "Pacific/Kiritimati", "America/Los_Angeles"
NOON = datetime(2026, 12, 31, 12, 0, 20, tzinfo=UTC)


@dataclass
class Calendar:
    """The ports `SweepStore` and `Partitions`: people by zone and day, and what was asked."""

    people: dict[tuple[str, date], int] = field(default_factory=dict)
    time: datetime = NOON
    free: bool = True
    away: int = 0
    crowded: bool = False
    partitions: int | None = 2
    asked: list[tuple[str, date, int]] = field(default_factory=list)
    sweeps: set[str] = field(default_factory=set)
    beats: list[tuple[int, datetime]] = field(default_factory=list)
    claims: int = 0
    released: list[str] = field(default_factory=list)
    speed: float | None = None
    """Requests that intake reads in a second; None: each at once."""
    waiting: float = 0
    again: bool = False
    """Whether whoever is asked for is due again at once."""

    def claim(self, owner: str, seconds: float) -> bool:
        """See the port."""
        assert (owner, seconds) == ("me", 90.0)
        self.claims += 1
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the store is away")
        return self.free

    def release(self, owner: str) -> None:
        """See the port."""
        self.released.append(owner)

    def now(self) -> datetime:
        """See the port."""
        return self.time

    def zones(self) -> list[str]:
        """See the port."""
        return sorted({zone for zone, _ in self.people})

    def due(self, zone: str, today: date) -> int:
        """See the port."""
        return sum(n for (there, day), n in self.people.items() if there == zone and day <= today)

    def full(self) -> bool:
        """See the port."""
        return self.crowded

    def request(self, zone: str, today: date, limit: int, sweep: str) -> int:
        """See the port."""
        assert sweep not in self.sweeps
        self.sweeps.add(sweep)
        taken = 0
        for (there, day), count in sorted(self.people.items()):
            if there == zone and day <= today:
                some = min(count, limit - taken)
                self.people[there, day] -= 0 if self.again else some
                taken += some
        self.asked.append((zone, today, taken))
        self.waiting += 0 if self.speed is None else taken
        return taken

    def unread(self, ends: Mapping[Place, int]) -> int:
        """See the port."""
        assert ends == {}
        return int(self.waiting)

    def ends(self) -> Mapping[Place, int]:
        """See the port."""
        if self.partitions is None:
            raise BrokerUnavailable("Kafka does not answer")
        return {}

    def heartbeats(self, partitions: int, now: datetime) -> None:
        """See the port."""
        self.beats.append((partitions, now))

    def count(self) -> int:
        """See the port."""
        if self.partitions is None:
            raise BrokerUnavailable("Kafka does not answer")
        return self.partitions


class Stop(threading.Event):
    """Waiting that takes no time, but for the calendar; set after so many waits."""

    def __init__(self, calendar: Calendar, after: int = 10**6) -> None:
        super().__init__()
        self.calendar, self.left = calendar, after
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass."""
        assert timeout is not None
        self.waits.append(timeout)
        self.calendar.time += timedelta(seconds=timeout)
        read = timeout * (self.calendar.speed or 0)
        self.calendar.waiting = max(0, self.calendar.waiting - read)
        self.left -= 1
        if not self.left:
            self.set()
        return self.is_set()


class Bench:
    """A sweep of a calendar."""

    def __init__(self, calendar: Calendar, limits: SweepLimits = LIMITS) -> None:
        self.calendar = calendar
        self.numbers, self.health = Numbers(), Feelings()
        ids = iter(range(10**6))
        self.sweep = Sweep(
            calendar, calendar, Heart(calendar, calendar), "me", limits, self.numbers, self.health,
            lambda: str(next(ids)), self.seconds,
        )  # fmt: skip

    def seconds(self) -> float:
        """Return the monotonic clock."""
        return self.calendar.time.timestamp()

    def turn(self, stop: Stop | None = None) -> float:
        """Sweep once."""
        return self.sweep.turn(stop or Stop(self.calendar))


@pytest.mark.rule("R-59", "R-60")
def test_each_zone_turns_at_its_own_midnight() -> None:
    """At one moment it is tomorrow in Kiritimati, today in Oslo and Los Angeles."""
    new_year = date(2027, 1, 1)
    calendar = Calendar({(z, new_year): 3 for z in (OSLO, KIRITIMATI, LOS_ANGELES)})
    bench = Bench(calendar)
    bench.turn()
    assert calendar.asked == [(KIRITIMATI, new_year, 3)]
    calendar.time = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    bench.turn()
    assert len(calendar.asked) == 1
    calendar.time = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    bench.turn()
    assert calendar.asked[1:] == [(OSLO, new_year, 3)]
    calendar.time = datetime(2027, 1, 1, 7, 59, 59, tzinfo=UTC)
    bench.turn()
    assert len(calendar.asked) == 2
    calendar.time = datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
    bench.turn()
    assert calendar.asked[2:] == [(LOS_ANGELES, new_year, 3)]
    assert bench.numbers.of(SWEPT) == 9


MIDNIGHTS = [
    (OSLO, "2026-03-28T23:00:00", "2026-03-29"),
    (OSLO, "2026-03-29T22:00:00", "2026-03-30"),
    (OSLO, "2026-10-24T22:00:00", "2026-10-25"),
    (OSLO, "2026-10-25T23:00:00", "2026-10-26"),
    (LOS_ANGELES, "2026-03-08T08:00:00", "2026-03-08"),
    (LOS_ANGELES, "2026-03-09T07:00:00", "2026-03-09"),
    (LOS_ANGELES, "2026-11-01T07:00:00", "2026-11-01"),
    (LOS_ANGELES, "2026-11-02T08:00:00", "2026-11-02"),
    (KIRITIMATI, "2026-12-31T10:00:00", "2027-01-01"),
    ("America/Havana", "2026-03-08T05:00:00", "2026-03-08"),
    ("Pacific/Apia", "2026-12-31T11:00:00", "2027-01-01"),
    (OSLO, "2028-02-28T23:00:00", "2028-02-29"),
    (OSLO, "2028-02-29T23:00:00", "2028-03-01"),
    (OSLO, "2027-02-28T23:00:00", "2027-03-01"),
]
"""Moments in UTC with which a day begins: before and after each change to and from summer time,
one where midnight itself is left out (Havana goes from 00:00 to 01:00), and leap days."""


@pytest.mark.rule("R-59", "R-60")
@pytest.mark.parametrize(("zone", "moment", "day"), MIDNIGHTS)
def test_a_day_begins_where_the_organisation_is(zone: str, moment: str, day: str) -> None:
    """Not a second before; also on the days of change to and from summer time."""
    begins = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    today = date.fromisoformat(day)
    assert today_in(begins, zone) == today
    assert today_in(begins - timedelta(seconds=1), zone) == today - timedelta(days=1)
    calendar = Calendar({(zone, today): 1}, begins - timedelta(seconds=1))
    bench = Bench(calendar)
    bench.turn()
    assert calendar.asked == []
    calendar.time = begins
    bench.turn()
    assert calendar.asked == [(zone, today, 1)]


@pytest.mark.rule("R-60")
def test_missed_days_are_caught_up() -> None:
    """Whoever has waited since any day before is asked for, once."""
    days = {(OSLO, date(2026, 12, day)): 2 for day in (1, 24, 31)}
    bench = Bench(Calendar({**days, (OSLO, date(2027, 1, 1)): 2}))
    bench.turn()
    bench.turn()
    assert bench.calendar.asked == [(OSLO, date(2026, 12, 31), 6)]


@pytest.mark.rule("R-60")
def test_many_people_are_asked_for_as_fast_as_intake_reads() -> None:
    """In transactions of 500; 1,500 wait at the most, so that a live change waits little."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 5100}, speed=1000)
    bench, stop = Bench(calendar), Stop(calendar)
    most: list[float] = []
    plain = calendar.request

    def request(zone: str, today: date, limit: int, sweep: str) -> int:
        taken = plain(zone, today, limit, sweep)
        most.append(calendar.waiting)
        return taken

    calendar.request = request  # type: ignore[method-assign]
    bench.turn(stop)
    assert [count for _, _, count in calendar.asked] == [500] * 10 + [100]
    assert max(most) < 1500
    assert set(stop.waits) == {0.1}
    assert sum(stop.waits) == pytest.approx((5100 - 1500) / 1000, abs=0.6)
    assert bench.numbers.of(SWEPT) == 5100
    assert bench.numbers.of(SWEEP_DUE) == 0
    assert bench.numbers.of(SWEEP_ENDED) == calendar.time.timestamp()


@pytest.mark.rule("R-60")
def test_while_intake_stands_nobody_more_is_asked_for() -> None:
    """What was asked waits in Kafka; the lease is kept, and the heart beats."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 5000}, speed=0)
    bench, stop = Bench(calendar), Stop(calendar, after=2000)
    bench.turn(stop)
    assert sum(count for _, _, count in calendar.asked) == 1000
    assert calendar.claims >= 30
    assert len(calendar.beats) == 4
    assert bench.numbers.of(SWEEP_DUE) == 4000


@pytest.mark.rule("R-60")
def test_who_is_due_again_waits_for_the_next_time() -> None:
    """A lane whose clock is behind cannot keep a sweep going: each turn asks for each once."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 700}, again=True)
    bench = Bench(calendar)
    bench.turn()
    assert [count for _, _, count in calendar.asked] == [500, 200]
    bench.turn()
    assert len(calendar.asked) == 4


@pytest.mark.rule("R-60")
def test_people_held_elsewhere_do_not_keep_a_sweep_going() -> None:
    """A transaction that finds nobody ends its zone, for this time."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 3, (LOS_ANGELES, date(2026, 12, 31)): 3})
    plain = calendar.request

    def request(zone: str, today: date, limit: int, sweep: str) -> int:
        return 0 if zone == LOS_ANGELES else plain(zone, today, limit, sweep)

    calendar.request = request  # type: ignore[method-assign]
    Bench(calendar).turn()
    assert calendar.asked == [(OSLO, date(2026, 12, 31), 3)]


@pytest.mark.rule("R-60", "R-109")
def test_requests_wait_while_the_outbox_is_full() -> None:
    """It is said, looked at again a little later, and goes on by itself; the heart waits too."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 3}, crowded=True)
    bench = Bench(calendar)
    with pytest.raises(RetryLater, match=r"a quarter of OUTBOX__LIMIT"):
        bench.turn()
    stop = Stop(calendar, after=1)
    bench.sweep.run(stop)
    assert stop.waits == [5.0]
    assert (calendar.asked, calendar.beats) == ([], [])
    assert "requests wait" in (bench.health.said[-1] or "")
    calendar.crowded = False
    bench.sweep.run(Stop(calendar, after=2))
    assert calendar.asked == [(OSLO, date(2026, 12, 31), 3)]
    assert bench.health.said[-1] is None


def test_another_process_sweeps() -> None:
    """Nobody is asked for, no heart beats; it looks again every so often."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 3}, free=False)
    bench = Bench(calendar)
    assert bench.turn() == 60.0
    assert (calendar.asked, calendar.beats) == ([], [])


def test_a_lease_that_is_lost_ends_a_turn() -> None:
    """The other process goes on with those who are left."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 2000}, speed=0)
    bench = Bench(calendar)

    class Losing(Stop):
        """Somebody takes the lease while intake is waited for."""

        def wait(self, timeout: float | None = None) -> bool:
            calendar.free = False
            return super().wait(timeout)

    bench.turn(Losing(calendar))
    assert len(calendar.asked) == 2
    assert bench.numbers.of(SWEEP_DUE) == 0
    assert bench.numbers.of(SWEEP_ENDED) == 0


def test_a_stop_ends_a_turn_between_two_transactions() -> None:
    """What is left waits for whoever sweeps next; the lease is given back."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 2000}, speed=0)
    bench = Bench(calendar)
    bench.sweep.run(Stop(calendar, after=1))
    assert len(calendar.asked) == 2
    assert calendar.released == ["me"]
    assert bench.numbers.of(SWEEP_ENDED) == 0


def test_it_comes_at_full_minutes_and_beats_while_it_waits() -> None:
    """So that a date is looked at as it comes; health hears of it at least every five seconds."""
    calendar = Calendar()
    bench, stop = Bench(calendar), Stop(calendar, after=21)
    assert bench.turn() == 40.0
    bench.sweep.run(stop)
    assert stop.waits == [5.0] * 21
    assert [now.second for _, now in calendar.beats] == [20, 0, 0]


def test_it_goes_on_after_an_outage_and_ends_at_once() -> None:
    """A store that is away is tried again soon; a stop does not wait for the minute to end."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 3}, away=1)
    limits = SweepLimits(every=60.0, lease=90.0, retry=0.01, people=500, ahead=1000)
    bench, stop = Bench(calendar, limits), threading.Event()
    ids = iter(range(10**6))
    sweep = Sweep(
        calendar, calendar, Heart(calendar, calendar), "me", limits, bench.numbers, bench.health,
        lambda: str(next(ids)),
    )  # fmt: skip
    thread = threading.Thread(target=sweep.run, args=(stop,))
    thread.start()
    until(lambda: bool(calendar.asked))
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert bench.health.said[0] == "the store is away"
    assert calendar.released == ["me"]


@pytest.mark.rule("R-109")
def test_the_heart_beats_once_a_minute_for_each_partition() -> None:
    """However often it is looked at; partitions that are added get theirs in the next minute."""
    calendar = Calendar()
    bench = Bench(calendar)
    bench.turn()
    bench.turn()
    calendar.partitions = 5
    calendar.time += timedelta(seconds=39)
    bench.turn()
    assert calendar.beats == [(2, NOON)]
    calendar.time += timedelta(seconds=1)
    bench.turn()
    assert [count for count, _ in calendar.beats] == [2, 5]


@pytest.mark.rule("R-109")
def test_the_heart_beats_during_a_long_sweep() -> None:
    """A 1 January on which everybody turns takes longer than a minute."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 300_000}, speed=2000)
    limits = SweepLimits(every=60.0, lease=90.0, retry=5.0, people=5000, ahead=1000)
    bench = Bench(calendar, limits)
    bench.turn()
    minutes = [now.replace(second=0, microsecond=0) for _, now in calendar.beats]
    assert minutes == [datetime(2026, 12, 31, 12, minute, tzinfo=UTC) for minute in range(3)]


@pytest.mark.rule("R-109")
def test_a_missed_minute_is_said_and_not_made_up() -> None:
    """Without Kafka nobody knows the partitions; nobody is asked for either, until it answers."""
    calendar = Calendar({(OSLO, date(2026, 12, 31)): 3}, partitions=None)
    bench = Bench(calendar)
    bench.sweep.run(Stop(calendar, after=1))
    assert calendar.asked == []
    assert calendar.beats == []
    assert bench.health.said == ["Kafka does not answer"]
    calendar.partitions = 2
    bench.turn()
    bench.sweep.run(Stop(calendar, after=9))
    assert len(calendar.beats) == 1
    assert calendar.beats[0][1] >= NOON + timedelta(seconds=40)
    assert bench.health.said[-1] is None
