"""What a lane does in trouble: no letter, a state, a probe, and back to work (R-85, R-94)."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.store.tables import dirty, link, outbox, person
from connectors.store.tables import lane as lane_table
from processors.lane import asking_huma
from processors.lane.limiter import Limiter, Window
from processors.lane.state import STRIKES, Recent, Waits, after_trouble
from processors.ports.huma import HumaPerson
from processors.ports.lane import LaneStatus
from schemas import errors
from schemas.connection import LaneState, LinkState
from schemas.employee import Target
from schemas.errors import (
    Ambiguous,
    CredentialRefused,
    Fault,
    Limited,
    NotFound,
    OtherCompany,
    PauseConnection,
    RetryLater,
    StoreUnavailable,
    Unavailable,
)
from schemas.metrics import OUTCOMES
from schemas.personal import Personal
from tests.fixtures.stored import Stored
from tests.fixtures.working import LIMITS, Bad, Bench, whole
from tests.fixtures.working import person as who

AWAY = Unavailable("Xledger cannot be reached")
REFUSED = CredentialRefused("Xledger refuses the token")
WAITS = Waits(first=1.0, longest=300.0, credential=900.0, failing=60.0)

MEANING: dict[type[Fault], tuple[LaneState, str | None] | str] = {
    RetryLater: (LaneState.BROKEN, "Xledger is away"),
    Unavailable: (LaneState.BROKEN, "Xledger is away"),
    errors.StoreUnavailable: "the lane waits",
    errors.BrokerUnavailable: "not met by a lane",
    Limited: (LaneState.WAITING, "credits"),
    Ambiguous: (LaneState.BROKEN, "Xledger is away"),
    errors.ProtocolError: (LaneState.BROKEN, "Xledger is away"),
    PauseConnection: (LaneState.PAUSED, "credential"),
    CredentialRefused: (LaneState.PAUSED, "credential"),
    OtherCompany: (LaneState.PAUSED, "other company"),
    errors.DeadLetter: "the field fails",
    NotFound: "Huma does not know the person",
    errors.CannotStore: "the lane is broken by a fault of ours",
    errors.StopProcess: "the process stops",
}


def kinds(of: type[Fault] = Fault) -> set[type[Fault]]:
    """Return every fault that `schemas.errors` declares."""
    below = {one for one in of.__subclasses__() if one.__module__ == errors.__name__}
    return below.union(*(kinds(one) for one in below)) if below else below


@pytest.mark.rule("R-85")
def test_every_fault_has_a_meaning_for_a_lane() -> None:
    """Whoever adds a fault says here what a lane makes of it."""
    assert kinds() == MEANING.keys()


@pytest.mark.rule("R-85", "R-94")
@pytest.mark.parametrize(
    ("kind", "expected"), [(k, v) for k, v in MEANING.items() if isinstance(v, tuple)]
)
def test_systemic_trouble_is_a_state(
    kind: type[RetryLater | PauseConnection], expected: tuple[LaneState, str | None]
) -> None:
    """Limits wait, credentials pause, the rest is broken after three in a row."""
    trouble = Limited("limit", "credits", 60.0) if kind is Limited else kind("trouble")
    status = after_trouble(trouble, STRIKES, WAITS, 0.0)
    assert (status.state, status.reason) == expected
    assert status.wait > 0


@pytest.mark.rule("R-94")
@pytest.mark.parametrize(
    ("strikes", "jitter", "state", "wait"),
    [
        (1, 0.0, LaneState.RUNNING, 1.0),
        (2, 0.0, LaneState.RUNNING, 2.0),
        (3, 0.0, LaneState.BROKEN, 4.0),
        (3, 1.0, LaneState.BROKEN, 5.0),
        (60, 0.0, LaneState.BROKEN, 300.0),
        (10_000, 0.0, LaneState.BROKEN, 300.0),
    ],
)
def test_pauses_double_up_to_the_longest(
    strikes: int, jitter: float, state: LaneState, wait: float
) -> None:
    """One failure is a pause; three are a state."""
    status = after_trouble(AWAY, strikes, WAITS, jitter)
    assert (status.state, status.wait) == (state, wait)


@pytest.mark.rule("R-94")
def test_a_wait_that_xledger_names_is_kept() -> None:
    """A Retry-After and a limit's reset are waited for; the former no longer than the longest."""
    assert after_trouble(Unavailable("x", 20.0), 1, WAITS, 0.0).wait == 20.0
    assert after_trouble(Unavailable("x", 9999.0), 1, WAITS, 0.0).wait == 300.0
    assert after_trouble(Limited("x", "credits", 1200.0), 1, WAITS, 0.0).wait == 1200.0


@pytest.mark.rule("R-94")
@pytest.mark.parametrize(
    ("applied", "failed", "fails"), [(12, 8, False), (11, 9, True), (0, 19, False), (0, 20, True)]
)
def test_failing_is_over_forty_percent_of_at_least_twenty(
    applied: int, failed: int, *, fails: bool
) -> None:
    """The count is of ten minutes."""
    recent = Recent()
    recent.note(0.0, 0, 50)
    recent.note(700.0, applied, failed)
    judged = recent.judge(700.0, LaneState.RUNNING, WAITS)
    assert (judged is not None) is fails


@pytest.mark.rule("R-94")
def test_failing_ends_with_twelve_of_the_last_twenty() -> None:
    """However slowly they are tried."""
    recent = Recent()
    for minute in range(20):
        recent.note(minute * 60.0, int(minute >= 8), int(minute < 8))
        judged = recent.judge(minute * 60.0, LaneState.FAILING, WAITS)
        assert judged is not None
        assert (judged.state is LaneState.RUNNING) is (minute == 19)


def ready(bench: Bench, *numbers: int) -> None:
    """Let people be linked."""
    bench.hire(*numbers)


@pytest.mark.rule("R-85", "R-94")
def test_xledger_away_writes_no_letter(bench: Bench) -> None:
    """Three failures break the lane; it probes, and goes on by itself."""
    ready(bench, 1)
    seen: list[tuple[str, str | None]] = []
    bench.xledger.faults = [(AWAY, False)] * 4
    events = bench.change({1: whole(1)})

    def over() -> bool:
        seen.append(bench.status())
        return bench.all_ended(*events)()

    bench.run(over)
    assert ("broken", "Xledger is away") in seen
    assert bench.results()[events[0]] == "applied"
    assert bench.status() == ("running", None)


@pytest.mark.rule("R-94")
def test_a_broken_lane_stays_broken_for_its_next_owner(bench: Bench) -> None:
    """A lane given back in trouble is not running before it was tried, and its pauses go on."""
    ready(bench, 1)
    bench.change({1: whole(1)})
    bench.xledger.faults = [(AWAY, False)] * 9
    bench.run(lambda: bench.status()[0] == "broken")
    tried = len(bench.xledger.writes)

    def away(_operation: str) -> None:
        raise AWAY

    bench.xledger.trouble = away
    bench.stored.expire(bench.connection)
    lane = bench.lane("next")
    bench.run(lambda: lane._standing._memory.get("strikes", 0) > tried, lane)
    assert bench.status()[0] == "broken"


@pytest.mark.rule("R-94")
def test_a_lane_whose_writes_alone_fail_stays_broken(bench: Bench) -> None:
    """That Xledger says whose token it is ends no trouble of writing: else no mail would tell."""
    ready(bench, 1)
    bench.change({1: whole(1)})
    bench.xledger.faults = [(AWAY, False)] * 100
    bench.run(lambda: bench.status()[0] == "broken")
    ((since,),) = bench.stored.rows(lane_table.c.since)
    seen = set()

    def again() -> bool:
        seen.add(bench.status()[0])
        return len(bench.xledger.writes) > tried

    for owner in ("next", "next but one"):
        tried = len(bench.xledger.writes) + 1
        bench.stored.expire(bench.connection)
        bench.run(again, bench.lane(owner))
    assert seen == {"broken"}
    assert bench.stored.rows(lane_table.c.since) == [(since,)]


@pytest.mark.rule("R-94")
def test_a_broken_lane_that_has_nothing_left_to_send_runs(bench: Bench) -> None:
    """Nobody is told of trouble that nothing waits for."""
    ready(bench, 1)
    bench.change({1: whole(1)})
    bench.xledger.faults = [(AWAY, False)] * 9
    bench.run(lambda: bench.status()[0] == "broken")
    bench.stored.set(dirty, dirty.c.open, open=False)
    bench.stored.expire(bench.connection)
    bench.run(lambda: bench.status()[0] == "running", bench.lane("next"))


@pytest.mark.rule("R-85")
def test_a_limit_waits(bench: Bench) -> None:
    """Credits used up: the lane waits until then, and goes on."""
    ready(bench, 1)
    bench.xledger.faults = [(Limited("Xledger's limit: credits", "credits", 0.3), False)]
    events = bench.change({1: whole(1)})
    bench.run(lambda: bench.status() == ("waiting", "credits"))
    bench.run(bench.all_ended(*events))
    one, two = bench.xledger.at[1], bench.xledger.at[-1]
    assert two - one >= 0.25, bench.xledger.requests
    assert bench.status() == ("running", None)


@pytest.mark.rule("R-85", "R-94")
def test_a_refused_credential_pauses_and_probes(bench: Bench) -> None:
    """Each probe asks whose token it is before anything is written; rights come back."""
    ready(bench, 1)
    events = bench.change({1: whole(1)})
    refusing = {"on": True}

    def refuse(_operation: str) -> None:
        if refusing["on"]:
            raise REFUSED

    bench.xledger.trouble = refuse
    probes: list[float] = []

    def paused() -> bool:
        if bench.status() == ("paused", "credential"):
            probes.append(time.monotonic())
        return len(probes) > 20

    bench.run(paused)
    assert bench.xledger.writes == []
    refusing["on"] = False
    bench.run(bench.all_ended(*events))
    assert bench.status() == ("running", None)


@pytest.mark.rule("R-09", "R-94")
def test_the_old_tokens_refusal_pauses_nothing_once_it_was_replaced(bench: Bench) -> None:
    """What was sent with it comes back late; the new one is tried at once, and nobody is told."""
    ready(bench, 1)
    (event,) = bench.change({1: whole(1)})
    bench.xledger.faults = [(REFUSED, False)]
    lane = bench.lane()

    async def go() -> None:
        bench.xledger.gate = asyncio.Event()
        task = asyncio.create_task(lane.run(asyncio.Event()))
        await bench.wait(lambda: bool(bench.xledger.writes), lane, task)
        bench.stored.connections.replace_token(bench.connection.id, Personal("new"), "admin")
        bench.xledger.gate.set()
        await bench.wait(task.done, lane, task)

    asyncio.run(go())
    assert bench.status() == ("running", None)
    assert bench.stored.rows(outbox.c.id) == []
    bench.xledger.gate = None
    bench.run(bench.all_ended(event))


def test_a_probe_that_fails_again_is_stored_with_its_time(bench: Bench) -> None:
    """Others look at the row: the next probe is 15 minutes on, not at once."""
    ready(bench, 1)
    bench.change({1: whole(1)})
    bench.limits = replace(LIMITS, waits=replace(LIMITS.waits, credential=900.0))

    def refuse(_operation: str) -> None:
        raise REFUSED

    bench.xledger.trouble = refuse
    for _ in range(2):
        claimed = bench.lane()
        claimed.claimed = replace(
            claimed.claimed, status=LaneStatus(LaneState.PAUSED, "credential")
        )
        bench.run(lambda: bench.status() == ("paused", "credential"), claimed)
        assert list(bench.stored.lanes.candidates("other", 10)) == []


@pytest.mark.rule("R-09")
def test_another_company_is_never_written_to(bench: Bench) -> None:
    """A token that reaches another entity pauses the lane before its first write."""
    ready(bench, 1)
    bench.change({1: whole(1)})
    bench.xledger.entity = "another"
    bench.run(lambda: bench.status() == ("paused", "other company"))
    assert bench.xledger.writes == []


@pytest.mark.rule("R-94")
def test_a_pause_by_hand_stops_before_the_next_request(bench: Bench) -> None:
    """Work waits; the lane ends; once resumed it goes out."""
    ready(bench, 1)
    lane = bench.lane()
    bench.stored.connections.pause(bench.connection.id, "admin")
    events = bench.change({1: whole(1)})
    asyncio.run(lane.run(asyncio.Event()))
    assert bench.xledger.writes == []
    assert list(bench.stored.lanes.candidates("me", 10)) == []
    bench.stored.connections.resume(bench.connection.id, "admin")
    bench.run(bench.all_ended(*events))


@pytest.mark.rule("R-94", "R-85")
def test_a_failing_lane_probes_ten_at_a_time_and_recovers(bench: Bench) -> None:
    """Most of a batch is refused: probes of at most ten people, until they are applied again."""
    numbers = range(1, 101)
    ready(bench, *numbers)
    bench.limits = replace(LIMITS, people=30, in_flight=1)
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, f"{40000000 + n}") for n in range(1, 31)]
    events = bench.change({n: whole(n) for n in numbers})
    seen: list[str] = []

    def over() -> bool:
        seen.append(bench.status()[0])
        return bench.all_ended(*events)()

    bench.run(over)
    assert "failing" in seen
    assert bench.status() == ("running", None)
    assert set(bench.results().values()) == {"applied", "dead-lettered"}
    firsts = [len(w[0].inputs) for w in bench.xledger.writes if w[0].alias == "contact"]
    assert firsts[:3] == [30, 10, 10]
    assert max(firsts[3:]) == 30


@pytest.mark.rule("R-97")
def test_the_unread_are_read_beside_the_lane(bench: Bench) -> None:
    """While Huma is slow only the people concerned wait."""
    ready(bench, 1)
    bench.hire(2, complete=False)
    huma = SlowHuma()
    bench.reads = lambda claimed: asking_huma.reader_of(
        bench.stored.lanes, claimed.lease, lambda: huma, 8, 0.2, bench.numbers
    )
    (waits,) = bench.change({2: {"phone": "2"}})
    (goes,) = bench.change({1: whole(1)})

    async def both() -> None:
        lane, stop = bench.lane(), asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        await bench.wait(lambda: huma.asked == [who(2).user], lane, task)
        await bench.wait(bench.all_ended(goes), lane, task)
        assert waits not in bench.results()
        huma.open.set()
        await bench.wait(bench.all_ended(waits), lane, task)
        stop.set()
        await task

    asyncio.run(both())
    assert bench.results()[waits] == "applied"


def test_a_lane_without_work_is_given_back(bench: Bench) -> None:
    """It looks for people to read, finds none, and ends after its idle time."""
    bench.limits = replace(LIMITS, idle=0.1)
    bench.reads = lambda claimed: asking_huma.reader_of(
        bench.stored.lanes, claimed.lease, SlowHuma, 8, 0.2, bench.numbers
    )
    lane = bench.lane()

    async def ends() -> None:
        async with asyncio.timeout(5.0):
            await lane.run(asyncio.Event())

    asyncio.run(ends())


@pytest.mark.rule("R-97")
def test_a_slow_read_outlasts_the_idle_time(bench: Bench) -> None:
    """A lane that waits for Huma alone is not given back meanwhile, its read is not begun anew."""
    bench.limits = replace(LIMITS, idle=0.1)
    bench.hire(2, complete=False)
    huma = SlowHuma()
    bench.reads = lambda claimed: asking_huma.reader_of(
        bench.stored.lanes, claimed.lease, lambda: huma, 8, 0.2, bench.numbers
    )
    (event,) = bench.change({2: {"phone": "2"}})
    lane = bench.lane()

    async def slow() -> None:
        task = asyncio.create_task(lane.run(asyncio.Event()))
        until = time.monotonic() + 0.5
        await bench.wait(lambda: time.monotonic() > until, lane, task)
        assert not task.done()
        huma.open.set()
        await bench.wait(bench.all_ended(event), lane, task)
        await task

    asyncio.run(slow())
    assert huma.asked == [who(2).user]


@pytest.mark.rule("R-97")
def test_work_that_cannot_be_taken_is_not_looked_for_ten_times_a_second(bench: Bench) -> None:
    """With Huma away for a night, each lane with somebody unread would keep the store busy."""
    bench.hire(1, complete=False)
    bench.change({1: whole(1)})
    taken: list[float] = []
    lane = bench.lane()
    take = lane.tools.store.take

    def counted(*args: Any, **more: Any) -> Any:
        taken.append(time.monotonic())
        return take(*args, **more)

    lane.tools.store.take = counted  # type: ignore[method-assign]
    ends = time.monotonic() + 2.5
    bench.run(lambda: time.monotonic() > ends, lane)
    late = [at for at in taken if at > taken[0] + 1.2]
    assert len(late) <= 4


@pytest.mark.rule("R-97")
@pytest.mark.parametrize("fault", [AWAY, REFUSED])
def test_with_huma_away_only_the_unread_wait(bench: Bench, fault: Fault) -> None:
    """They stay pending, the organisation says why, and a probe brings them back."""
    ready(bench, 1)
    bench.hire(2, complete=False)
    huma = SlowHuma([fault])
    huma.open.set()
    bench.reads = lambda claimed: asking_huma.reader_of(
        bench.stored.lanes, claimed.lease, lambda: huma, 8, 0.3, bench.numbers
    )
    (waits,) = bench.change({2: {"phone": "2"}})
    began = time.monotonic()
    bench.run(bench.all_ended(*bench.change({1: whole(1)})))
    bench.run(bench.all_ended(waits))
    assert time.monotonic() - began >= 0.28
    assert huma.asked == [who(2).user] * 2


@pytest.mark.rule("R-97", "R-105")
def test_whom_huma_does_not_know_is_skipped(bench: Bench) -> None:
    """A 404 ends what waits for the person, and the end is counted like any other."""
    bench.hire(2, complete=False)
    huma = SlowHuma([NotFound("no such person")])
    huma.open.set()
    bench.reads = lambda claimed: asking_huma.reader_of(
        bench.stored.lanes, claimed.lease, lambda: huma, 8, 0.3, bench.numbers
    )
    (event,) = bench.change({2: {"phone": "2"}})
    bench.run(bench.all_ended(event))
    assert bench.stored.ended()[event] == ("skipped", "unknown in Huma")
    assert bench.numbers.of(OUTCOMES, "skipped", "unknown in Huma") == 1
    assert bench.xledger.writes == []


class SlowHuma:
    """One organisation's Huma that answers once it is let."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self.asked: list[str] = []
        self.faults = faults or []
        self.open = asyncio.Event()

    async def read(self, user: str) -> HumaPerson:
        """See the port."""
        self.asked.append(user)
        await self.open.wait()
        if self.faults:
            raise self.faults.pop(0)
        number = int(user[-12:])
        fields = {**whole(number), "phone": "from Huma"}
        return HumaPerson(user, "user", True, (), fields, {})  # noqa: FBT003 - as declared

    def list_people(self) -> Any:
        """See the port."""
        raise NotImplementedError

    async def organization(self) -> str:
        """See the port."""
        raise NotImplementedError


class Blinking:
    """A store that is away for a call now and then."""

    def __init__(self, stored: Stored, *names: str) -> None:
        self._lanes = stored.lanes
        self.away = list(names)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._lanes, name)

        def call(*given: Any, **named: Any) -> Any:
            if name in self.away:
                self.away.remove(name)
                raise StoreUnavailable("the store is away")
            return method(*given, **named)

        return call


@pytest.mark.parametrize("name", ["finish", "take", "unread", "begin"])
def test_with_the_store_away_nothing_is_lost(
    bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is recorded later, and nothing is sent twice."""
    monkeypatch.setattr("processors.lane.worker.STORE_SECONDS", 0.05)
    ready(bench, 1)
    bench.hire(2, state=LinkState.WANTED)
    blinking = Blinking(bench.stored, name)
    bench.lanes = blinking
    bench.reads = lambda claimed: asking_huma.reader_of(
        bench.lanes, claimed.lease, SlowHuma, 8, 0.3, bench.numbers
    )
    bench.run(bench.all_ended(*bench.change({1: whole(1), 2: whole(2)})))
    assert blinking.away == []
    assert set(bench.results().values()) == {"applied"}
    assert len(bench.xledger.writes) == 3


def test_one_connections_trouble_delays_no_other(stored: Stored) -> None:
    """One Xledger hangs, the other's changes go out (promise 6)."""
    hangs, works = Bench(stored, "c1"), Bench(stored, "c2")
    hangs.hire(1)
    works.hire(2)
    hangs.change({1: whole(1)})
    events = works.change({2: whole(2)})

    async def both() -> None:
        hangs.xledger.gate = asyncio.Event()
        stuck, stop = hangs.lane(), asyncio.Event()
        task = asyncio.create_task(stuck.run(stop))
        await hangs.wait(lambda: bool(hangs.xledger.writes), stuck, task)
        await works.work(works.all_ended(*events), works.lane())
        assert not task.done()
        hangs.xledger.gate.set()
        stop.set()
        await task

    asyncio.run(both())


@pytest.mark.rule("R-30", "R-71")
def test_who_may_not_be_written_is_not_sent(bench: Bench) -> None:
    """Deactivated, deleted, no person, or not linked: told, and no request."""
    ready(bench, *range(1, 5))
    known = person.c.person
    bench.stored.set(person, known == who(1).user, active=False, active_version=0)
    bench.stored.set(person, known == who(2).user, deleted_at=1)
    bench.stored.set(person, known == who(3).user, type="service_user")
    bench.stored.set(link, link.c.person == who(4).user, state="declined")
    events = bench.change({n: {"phone": "1", **whole(n)} for n in range(1, 5)})
    bench.run(bench.all_ended(*events))
    ended = bench.stored.ended()
    assert [ended[event] for event in events] == [
        ("skipped", "locked"), ("skipped", "deleted"), ("skipped", "not a person"),
        ("skipped", "declined"),
    ]  # fmt: skip
    assert bench.xledger.writes == []


def test_no_request_starts_with_less_than_its_time_left() -> None:
    """A lease shorter than a request's time-out lets none through."""
    left = {"seconds": 59.9}
    limiter = Limiter(Window(1, 1.0), 1, time.monotonic, lambda: left["seconds"], 60.0)

    async def ask() -> None:
        async with limiter.request():
            pass

    with pytest.raises(Unavailable):
        asyncio.run(ask())
    left["seconds"] = 60.0
    asyncio.run(ask())
