"""What only the date changes, the whole way: sweep, outbox, intake, lane (R-59, R-60)."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import bindparam, exists, select, update

from connectors.store.intake import StoredIntake
from connectors.store.sweep import StoredSweep
from connectors.store.tables import dirty, link
from processors.heartbeat import Heart
from processors.ports.intake import StoredLink
from processors.ports.outbox import OutboxRow
from processors.ports.source import Place
from processors.sweep import Sweep, SweepLimits
from processors.today import today_in
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.metrics import SWEPT
from schemas.topics import REQUESTS
from tests.fixtures.arrivals import Arrivals
from tests.fixtures.sources import Arrived
from tests.fixtures.stored import Stored
from tests.fixtures.working import Bench, person, whole

SWEEP = SweepLimits(every=60.0, lease=90.0, retry=5.0, people=500, ahead=10**6)
ROWS = 1_000_000
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
NEW_YEAR = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
"""1 January 2027 in Oslo."""
JOB, TRIAL, NOTICE = Target.CONTACT_JOB_TITLE, Target.TRIAL_TO, Target.NOTICE_DATE

Position = dict[str, object]


class Clocked(StoredSweep):
    """A sweep's store that is asked at another time than now."""

    at: datetime

    def now(self) -> datetime:
        """See the port."""
        return self.at


class NoKafka:
    """No partitions, so no heartbeats."""

    def count(self) -> int:
        """See the port."""
        return 0

    def ends(self) -> dict[Place, int]:
        """See the port."""
        return {}


class Days:
    """One connection with its people, and a calendar that can be turned.

    Attributes:
        behind: so much the lane's clock is behind the store's.
    """

    def __init__(self, stored: Stored) -> None:
        self.stored, self.bench = stored, Bench(stored)
        self.arrivals = Arrivals(stored.store, stored.keyring)
        self.arrivals.limits = replace(self.arrivals.limits, batch=2000)
        self.arrivals.intake_store = StoredIntake(stored.store, stored.keyring, ROWS, 86_400.0)
        self.arrivals.renew()
        self.now, self.behind = NEW_YEAR - SECOND, timedelta()
        self.bench.today = lambda zone: today_in(self.now - self.behind, zone)
        self.revisions, self.sweeps, self._relayed = 0, 0, 0
        self._store = Clocked(stored.store, stored.keyring, ROWS)

    @property
    def one(self) -> str:
        """The connection's id."""
        return self.bench.connection.id

    def employ(self, positions: Mapping[str, Position], *numbers: int) -> None:
        """Let linked people have these positions, and Xledger have what follows from them."""
        self._hire(*numbers)
        for number in numbers:
            told = [{"id": name, **one} for name, one in positions.items()]
            self.arrives("user.created", {"user": {**whole(number), "positions": told}}, number)
        self.live()
        self.bench.xledger.writes.clear()

    def _hire(self, *numbers: int) -> None:
        """Let people be linked: what `Bench.hire` does, for thousands at once."""
        keys = [person(number) for number in numbers]
        one = self.bench.connection
        self.stored.people(*keys, type="user", active=True)
        with self.stored.intake.transaction() as transaction:
            links = {(one.id, key.user): StoredLink(LinkState.LINKED) for key in keys}
            transaction.save_links(links, one.organization)
        rows = [
            {"who": key.user, **{root.value: self.bench.xledger.add(number, root) for root in Root}}
            for number, key in zip(numbers, keys, strict=True)
        ]
        records: dict[str, Any] = {root.value: bindparam(root.value) for root in Root}
        mine = update(link).where(link.c.connection == one.id, link.c.person == bindparam("who"))
        with self.stored.store.begin() as connection:
            connection.execute(mine.values(company=one.company, **records), rows)

    def arrives(self, type_: str, data: object, number: int = 1) -> str:
        """Let an event of a person arrive; returns its id."""
        self.revisions += 1
        self.arrivals.arrive(f"{type_}", data, self.revisions, user=person(number).user)
        return f"e{self.revisions}"

    def updated(self, name: str, position: Position) -> str:
        """Let a position of the first person change."""
        return self.arrives("position.updated", {"position": {"id": name, **position}})

    def sweep(self) -> int:
        """Sweep once; returns how many people were asked for."""
        self._store.at = self.now
        self.sweeps += 1
        before, ids = self.asked, iter(range(10**6))
        Sweep(
            self._store, NoKafka(), Heart(self._store, NoKafka()), "me", SWEEP,
            self.arrivals.numbers, self.arrivals.health, lambda: f"s{self.sweeps}-{next(ids)}",
        ).turn(Event())  # fmt: skip
        self.relay()
        return self.asked - before

    @property
    def asked(self) -> int:
        """How many people were asked for so far."""
        return int(self.arrivals.numbers.of(SWEPT))

    def relay(self) -> None:
        """Let requests of the outbox arrive, each once."""
        for row in self.arrivals.rows(REQUESTS.name):
            if row.id > self._relayed:
                self._relayed = row.id
                self._arrive(row)

    def again(self) -> None:
        """Let the newest request arrive once more, as a relay does that died before it said so."""
        self._arrive(self.arrivals.rows(REQUESTS.name)[-1])

    def _arrive(self, row: OutboxRow) -> None:
        place, at = Place(REQUESTS.name, 0), int(time.time() * 1000)
        there = self.arrivals.source.records.setdefault(place, [])
        there.append(Arrived(place, len(there), row.key, row.value, list(row.headers), at))

    def live(self) -> None:
        """Let intake read, and the lane send, until nothing is open."""
        self.arrivals.read()
        if self.open():
            self.bench.run(lambda: not self.open())

    def open(self) -> bool:
        """Say whether anything is left to send."""
        with self.stored.store.read() as transaction:
            return bool(transaction.execute(select(exists().where(dirty.c.open))).scalar_one())

    def turn(self, to: datetime | None = None) -> int:
        """Let it be later, and all that follows from it happen; returns how many were asked for."""
        self.now = to or self.now
        asked = self.sweep()
        self.live()
        return asked

    def has(self, target: Target, number: int = 1) -> str | None:
        """Return what Xledger has."""
        return self.bench.xledger.has(target, f"{number}{target.root.value[0]}")

    def next(self, number: int = 1) -> str | None:
        """Return the next flip that is kept for a person."""
        rows = self.stored.rows(link.c.person, link.c.next_flip_on)
        found: str | None = next(day for user, day in rows if user == person(number).user)
        return found

    @property
    def writes(self) -> int:
        """How many requests wrote something since people were employed."""
        return len(self.bench.xledger.writes)

    def requests(self) -> dict[str, tuple[str, str | None]]:
        """Return how the sweep's requests ended, by id."""
        told = self.stored.ended()
        return {id_: end for id_, end in told.items() if not id_.startswith("e")}


@pytest.fixture
def days(stored: Stored) -> Days:
    """A second before the new year, in Oslo."""
    return Days(stored)


OLD: Position = {
    "title": {"name": "Old"}, "contractStartDate": "2020-01-01", "contractEndDate": "2026-12-31",
    "probationEndDate": "2020-06-30", "terminationNoticeDate": "2026-09-30",
}  # fmt: skip
NEW: Position = {
    "title": {"name": "New"}, "contractStartDate": "2027-01-01", "probationEndDate": "2027-06-30",
}  # fmt: skip
PROMOTION = {"old": OLD, "new": NEW}


@pytest.mark.rule("R-57", "R-58", "R-60")
def test_a_day_turns_by_itself(days: Days) -> None:
    """At midnight, not before: title, trial period and notice are of the new position."""
    days.employ(PROMOTION, 1)
    assert (days.has(JOB), days.has(TRIAL), days.has(NOTICE)) == ("Old", "2020-06-30", "2026-09-30")
    assert days.next() == "2027-01-01"
    assert days.turn() == 0
    assert days.turn(NEW_YEAR) == 1
    assert (days.has(JOB), days.has(TRIAL), days.has(NOTICE)) == ("New", "2027-06-30", None)
    assert days.writes == 1
    assert set(days.requests().values()) == {("applied", None)}
    assert days.next() is None


@pytest.mark.rule("R-60")
def test_only_what_differs_goes_out(days: Days) -> None:
    """A flip that changes the title alone writes one record, and no date."""
    days.employ({"old": {**OLD, "probationEndDate": None, "terminationNoticeDate": None},
                 "new": {**NEW, "probationEndDate": None}}, 1)  # fmt: skip
    days.turn(NEW_YEAR)
    ((root,),) = days.bench.xledger.writes
    assert root.inputs[0].values == {JOB: "New"}


@pytest.mark.rule("R-60")
def test_a_flip_that_changes_no_value_is_no_call(days: Days) -> None:
    """Another position, the same values: unchanged."""
    days.employ({"old": OLD, "new": {**OLD, **NEW, **dict.fromkeys(("title",), OLD["title"])}}, 1)
    days.bench.xledger.writes.clear()
    title, trial = days.has(JOB), days.has(TRIAL)
    same = {**OLD, "contractStartDate": "2027-01-01", "contractEndDate": None}
    days.updated("new", same)
    days.live()
    days.bench.xledger.writes.clear()
    assert days.turn(NEW_YEAR) == 1
    assert (days.has(JOB), days.has(TRIAL), days.writes) == (title, trial, 0)
    assert set(days.requests().values()) == {("unchanged", None)}


@pytest.mark.rule("R-60")
@pytest.mark.parametrize("order", ["event first", "sweep first", "event sent first"])
def test_a_flip_and_an_event_at_one_moment_have_one_effect(days: Days, order: str) -> None:
    """Whichever comes first: one write with the right value, and both end."""
    days.employ(PROMOTION, 1)
    days.now = NEW_YEAR
    if order == "sweep first":
        days.sweep()
    event = days.updated("new", {**NEW, "title": {"name": "Newest"}})
    if order == "event sent first":
        days.live()
    days.sweep()
    days.live()
    assert days.has(JOB) == "Newest"
    assert days.writes == 1
    assert days.asked == 1
    assert days.stored.ended()[event][0] == "applied"
    (end,) = days.requests().values()
    assert end[0] == ("unchanged" if order == "event sent first" else "applied")
    assert days.turn(NEW_YEAR + MINUTE) <= 1
    assert (days.next(), days.writes) == (None, 1)


@pytest.mark.rule("R-60", "R-71", "R-74")
def test_a_flip_while_locked_does_nothing_and_is_right_after(days: Days) -> None:
    """The request ends as locked; the reactivation compares everything, and days count again."""
    later: Position = {"title": {"name": "Later"}, "contractStartDate": "2027-03-01"}
    days.employ({"old": OLD, "new": {**NEW, "contractEndDate": "2027-02-28"}, "later": later}, 1)
    days.arrives("user.deactivated", {})
    days.live()
    assert days.turn(NEW_YEAR) == 1
    assert set(days.requests().values()) == {("skipped", "locked")}
    assert (days.has(JOB), days.writes, days.next()) == ("Old", 0, None)
    assert days.turn(NEW_YEAR + MINUTE) == 0
    days.arrives("user.reactivated", {})
    days.live()
    assert (days.has(JOB), days.has(TRIAL), days.writes) == ("New", "2027-06-30", 1)
    assert days.next() == "2027-03-01"
    assert days.turn(datetime(2027, 2, 28, 23, 0, tzinfo=UTC)) == 1
    assert days.has(JOB) == "Later"


@pytest.mark.rule("R-60")
def test_a_lock_that_comes_between_sweep_and_lane_holds(days: Days) -> None:
    """What was asked for before it is asked anew when it is taken."""
    days.employ(PROMOTION, 1)
    days.now = NEW_YEAR
    days.sweep()
    days.arrivals.read()
    days.arrives("user.deactivated", {})
    days.live()
    assert (days.has(JOB), days.writes) == ("Old", 0)
    assert set(days.requests().values()) == {("skipped", "locked")}


@pytest.mark.rule("R-60", "R-94")
def test_a_flip_while_the_lane_is_paused_goes_out_once_it_resumes(days: Days) -> None:
    """It waits, like all others; of several days the last one counts."""
    last: Position = {"title": {"name": "Last"}, "contractStartDate": "2027-01-05"}
    days.employ({"old": OLD, "new": {**NEW, "contractEndDate": "2027-01-04"}, "last": last}, 1)
    days.stored.connections.pause(days.one, "admin")
    days.now = NEW_YEAR
    assert days.sweep() == 1
    days.arrivals.read()
    lane = days.bench.lane()
    asyncio.run(asyncio.wait_for(lane.run(asyncio.Event()), 5))
    assert (days.has(JOB), days.requests()) == ("Old", {})
    days.now += timedelta(days=7)
    assert days.sweep() == 0
    days.stored.connections.resume(days.one, "admin")
    days.live()
    assert (days.has(JOB), days.writes) == ("Last", 1)
    assert days.next() is None


@pytest.mark.rule("R-60")
def test_days_down_are_caught_up_by_one_request(days: Days) -> None:
    """However many flips were missed: the value of today goes out, once."""
    chain: dict[str, Position] = {
        f"p{day}": {
            "title": {"name": f"of {day}"},
            "contractStartDate": f"2027-01-{day:02d}",
            "contractEndDate": f"2027-01-{day + 1:02d}",
        }
        for day in range(1, 19, 2)
    }
    days.employ({"old": OLD, **chain}, 1)
    assert days.turn(datetime(2027, 1, 9, 23, 30, tzinfo=UTC)) == 1
    assert (days.has(JOB), days.writes, days.next()) == ("of 9", 1, "2027-01-11")
    assert days.turn() == 0


ZONES = [
    ("Pacific/Kiritimati", date(2027, 1, 1), "2026-12-31T10:00:00"),
    ("America/Los_Angeles", date(2027, 1, 1), "2027-01-01T08:00:00"),
    ("America/Los_Angeles", date(2026, 11, 2), "2026-11-02T08:00:00"),
    ("Europe/Oslo", date(2027, 3, 28), "2027-03-27T23:00:00"),
    ("Europe/Oslo", date(2027, 3, 29), "2027-03-28T22:00:00"),
    ("Europe/Oslo", date(2027, 10, 31), "2027-10-30T22:00:00"),
    ("Europe/Oslo", date(2027, 11, 1), "2027-10-31T23:00:00"),
    ("Europe/Oslo", date(2028, 3, 1), "2028-02-29T23:00:00"),
    ("Europe/Oslo", date(2028, 2, 29), "2028-02-28T23:00:00"),
]
"""The day on which the new position begins, and the moment in UTC when that day does."""


@pytest.mark.rule("R-59", "R-60")
@pytest.mark.parametrize(("zone", "day", "moment"), ZONES)
def test_each_organisation_turns_at_its_own_midnight(
    days: Days, zone: str, day: date, moment: str
) -> None:
    """Also on days of change to and from summer time, and around a leap day."""
    days.stored.connections.change(days.one, {"zone": zone}, "admin")
    midnight = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    days.now = midnight - SECOND
    ends = (day - timedelta(days=1)).isoformat()
    old, new = {**OLD, "contractEndDate": ends}, {**NEW, "contractStartDate": day.isoformat()}
    days.employ({"old": old, "new": new}, 1)
    assert days.has(JOB) == "Old"
    assert days.turn() == 0
    assert days.turn(midnight) == 1
    assert (days.has(JOB), days.writes) == ("New", 1)


@pytest.mark.rule("R-59", "R-60")
def test_the_last_day_is_part_of_a_contract(days: Days) -> None:
    """One that ends on 29 February is current on that day, and over on 1 March."""
    days.now = datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC)
    days.employ({"leap": {**OLD, "contractEndDate": "2028-02-29"},
                 "other": {"title": {"name": "Other"}, "contractStartDate": "2028-02-01",
                           "percentage": 0}}, 1)  # fmt: skip
    assert (days.has(JOB), days.next()) == ("Old", "2028-03-01")
    days.turn(days.now + SECOND)
    assert (days.has(JOB), days.next()) == ("Other", None)


@pytest.mark.rule("R-60", "R-82")
def test_repeats_change_nothing(days: Days) -> None:
    """A sweep that comes again asks nobody; a request that arrives twice has one effect."""
    days.employ(PROMOTION, 1)
    days.now = NEW_YEAR
    days.sweep()
    days.again()
    days.live()
    days.again()
    days.live()
    for minute in range(3):
        assert days.turn(NEW_YEAR + minute * MINUTE) == 0
    assert (days.has(JOB), days.writes, days.asked) == ("New", 1, 1)
    outcomes = [one for one in days.stored.outcomes() if not one["event"]["id"].startswith("e")]
    assert len({one["id"] for one in outcomes}) == 1
    assert outcomes[0]["result"] == "applied"


@pytest.mark.rule("R-60")
def test_a_lane_whose_clock_is_behind_ends_right(days: Days) -> None:
    """It still sends yesterday's choice, and keeps the date: the next sweep asks again."""
    days.employ(PROMOTION, 1)
    days.behind = timedelta(seconds=30)
    assert days.turn(NEW_YEAR) == 1
    assert (days.has(JOB), days.writes, days.next()) == ("Old", 0, "2027-01-01")
    assert days.turn(NEW_YEAR + MINUTE) == 1
    assert (days.has(JOB), days.writes, days.next()) == ("New", 1, None)
    assert {result for result, _ in days.requests().values()} == {"unchanged", "applied"}


@pytest.mark.rule("R-60")
def test_an_answer_of_yesterday_that_comes_late_takes_no_flip_away(days: Days) -> None:
    """What was mapped before midnight, and ends after the sweep, leaves the date for the next."""
    days.employ(PROMOTION, 1)
    event = days.updated("old", {**OLD, "title": {"name": "Older"}})
    days.arrivals.read()

    async def over_midnight() -> None:
        bench, lane, stop = days.bench, days.bench.lane(), asyncio.Event()
        bench.xledger.gate = asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        await bench.wait(lambda: bool(bench.xledger.writes), lane, task)
        days.now = NEW_YEAR
        assert days.sweep() == 1
        days.arrivals.read()
        bench.xledger.gate.set()
        await bench.wait(lambda: not days.open(), lane, task)
        stop.set()
        await task

    asyncio.run(over_midnight())
    assert days.stored.ended()[event][0] == "applied"
    assert (days.has(JOB), days.writes) == ("New", 2)
    days.turn(NEW_YEAR + MINUTE)
    assert (days.has(JOB), days.writes, days.next()) == ("New", 2, None)


@pytest.mark.rule("R-59", "R-60")
def test_another_zone_lets_everybody_be_looked_at_again(days: Days) -> None:
    """Where it is tomorrow already the day has turned; nobody waits for a flip of the old zone."""
    days.employ(PROMOTION, 1)
    days.now -= timedelta(hours=6)
    assert days.turn() == 0
    days.stored.connections.change(days.one, {"zone": "Pacific/Kiritimati"}, "admin")
    assert days.turn() == 1
    assert (days.has(JOB), days.writes, days.next()) == ("New", 1, None)
    days.stored.connections.change(days.one, {"zone": "America/Los_Angeles"}, "admin")
    assert days.turn() == 1
    assert (days.has(JOB), days.next()) == ("Old", "2027-01-01")
    assert days.turn() == 0


@pytest.mark.rule("R-52", "R-60")
def test_nobody_turns_before_position_data_was_triggered(days: Days) -> None:
    """A position that came before the activation is kept, and its flips are nobody's."""
    days.stored.set(link, link.c.connection == days.one, triggered=False)
    days.bench.hire(1)
    days.arrives("user.updated", {"changes": whole(1)})
    days.live()
    assert days.next() is None
    assert days.turn(NEW_YEAR) == 0


@pytest.mark.rule("R-37", "R-60")
@pytest.mark.parametrize(
    ("state", "end"),
    [
        (LinkState.GONE, ("dead-lettered", "employee gone")),
        (LinkState.EXISTS, ("skipped", "exists in Xledger")),
        (LinkState.UNLINKED, ("skipped", "not linked")),
    ],
)
def test_a_link_that_is_no_more_ends_as_its_state_says(
    days: Days, state: LinkState, end: tuple[str, str]
) -> None:
    """The table of links judges a request as it does an event; it is asked for once."""
    days.employ(PROMOTION, 1)
    days.stored.set(link, link.c.connection == days.one, state=state.value)
    assert days.turn(NEW_YEAR) == 1
    assert set(days.requests().values()) == {end}
    assert (days.has(JOB), days.next()) == ("Old", None)
    assert days.turn(NEW_YEAR + MINUTE) == 0


MANY = range(1, 2001)


@pytest.mark.rule("R-60", "R-80")
def test_two_thousand_people_turn_on_one_day(days: Days) -> None:
    """One request each, four full batches to Xledger; a lone change goes before who is left."""
    days.employ(PROMOTION, *MANY)
    days.now = NEW_YEAR
    assert days.sweep() == 2000
    assert days.sweep() == 0
    days.arrivals.read()

    async def meanwhile() -> str:
        bench, lane, stop = days.bench, days.bench.lane(), asyncio.Event()
        bench.xledger.gate = asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        await bench.wait(lambda: len(bench.xledger.writes) == 2, lane, task)
        event = days.arrives("user.updated", {"changes": {"phone": "99999999"}}, MANY[-1])
        days.arrivals.read()
        bench.xledger.gate.set()
        await bench.wait(lambda: not days.open(), lane, task)
        stop.set()
        await task
        return event

    event = asyncio.run(meanwhile())
    people = [
        {one.db_id for root in roots for one in root.inputs if root.record.value == "contact"}
        for roots in days.bench.xledger.writes
    ]
    assert [len(batch) for batch in people] == [500] * 4
    assert set.union(*people) == {f"{number}c" for number in MANY}
    assert f"{MANY[-1]}c" in people[2]
    assert days.stored.ended()[event] == ("applied", None)
    assert {days.has(JOB, number) for number in MANY} == {"New"}
    assert len(days.requests()) == 2000
    assert set(days.requests().values()) == {("applied", None)}
    assert days.turn(NEW_YEAR + MINUTE) == 0
    assert days.asked == 2000
