"""A lane under the guard: nothing of a mass change reaches Xledger (R-93), and what fails on."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.store import holds
from connectors.store.delivery import StoredLanes
from connectors.store.tables import dirty, guarded, lane
from processors.lane.guard import Guard
from processors.ports.intake import Value
from processors.ports.lane import LaneStatus, Lease
from schemas.connection import LaneState, LinkState
from schemas.employee import Target
from schemas.errors import Limited, Unavailable
from schemas.guard import GuardLimits
from schemas.metrics import GUARD_HOLDS
from schemas.person import Json, PositionField
from schemas.personal import Personal
from tests.fixtures.stored import BOUNDS, SETTLE, Stored, waiting
from tests.fixtures.working import LIMITS, Bad, Bench, person, whole

RULE = Guard(GuardLimits(4, 0, 2, 0), 3600.0)
"""Four people may change in an hour, two in what is sensitive."""
WHY = Personal("case 17")
HELD = ("held", "many people")
SENSITIVE = ("held", "sensitive fields")
FIELDS = tuple(field.value for field in PositionField)


@pytest.fixture
def guarded_(stored: Stored) -> Bench:
    """A connection that the guard looks after."""
    return watched(stored)


def watched(stored: Stored, name: str = "c1") -> Bench:
    """Return a connection that the guard looks after."""
    bench = Bench(stored, name)
    bench.lanes = StoredLanes(stored.store, stored.keyring, BOUNDS, RULE)
    return bench


def release(bench: Bench) -> None:
    """Release what is held."""
    holds.release(bench.stored.store, bench.stored.keyring, bench.connection, "operator", WHY)


def move(bench: Bench, ends: Mapping[int, str | None], title: str = "Baker") -> list[str]:
    """Let one position event a person arrive, which makes every position field dirty."""
    one, told = bench.connection, []
    with bench.stored.intake.transaction() as transaction:
        for number, end in ends.items():
            key, version = person(number), next(bench.versions)
            position: Json = {
                "title": {"id": "1", "name": title},
                "contractStartDate": "2020-01-01",
                "contractEndDate": end,
            }
            transaction.merge_positions([Value(key, "p", version, b"", position)])
            turns, _ = transaction.dirty([(one.id, key, name, version, 0) for name in FIELDS])
            mine = {name: turn for (_, _, name), turn in turns.items()}
            transaction.wait([(waiting(one, key, version, FIELDS), mine)])
            told.append(f"e{version}")
    return told


def needed(bench: Bench, *numbers: int) -> None:
    """Let people be linked, with what is required confirmed, and nobody counted."""
    bench.hire(*numbers)
    lanes, bench.lanes = bench.lanes, bench.stored.lanes
    bench.run(bench.all_ended(*bench.change({n: whole(n) for n in numbers})))
    bench.lanes = lanes
    with bench.stored.store.begin() as transaction:
        transaction.execute(guarded.delete())
    bench.xledger.writes.clear()


@pytest.mark.rule("R-93")
def test_a_mass_change_reaches_nobody(guarded_: Bench) -> None:
    """The lane ends held; once a human released it, all of it goes out, and the next is counted."""
    needed(guarded_, *range(1, 10))
    events = guarded_.change({n: {"phone": "1"} for n in range(1, 6)})
    guarded_.run(lambda: guarded_.status() == HELD)
    assert guarded_.xledger.writes == []
    assert guarded_.numbers.of(GUARD_HOLDS, "many people") == 1
    release(guarded_)
    guarded_.run(guarded_.all_ended(*events))
    assert set(guarded_.results().values()) == {"applied"}
    guarded_.run(guarded_.all_ended(*guarded_.change({n: {"phone": "2"} for n in range(1, 5)})))
    guarded_.change({6: {"phone": "2"}})
    guarded_.run(lambda: guarded_.status() == HELD)
    assert guarded_.numbers.of(GUARD_HOLDS, "many people") == 2


@pytest.mark.rule("R-93")
def test_a_held_lane_is_held_for_its_next_owner(guarded_: Bench) -> None:
    """Whoever restarts it sends nothing, and its work waits."""
    needed(guarded_, *range(1, 6))
    events = guarded_.change({n: {"phone": "1"} for n in range(1, 6)})
    guarded_.run(lambda: guarded_.status() == HELD)
    guarded_.stored.expire(guarded_.connection)
    asyncio.run(guarded_.lane("next").run(asyncio.Event()))
    assert guarded_.xledger.writes == []
    assert guarded_.status() == HELD
    assert set(events) & guarded_.stored.ended().keys() == set()
    assert guarded_.numbers.of(GUARD_HOLDS, "many people") == 1


@pytest.mark.rule("R-93")
def test_an_answer_under_way_does_not_end_a_hold(guarded_: Bench) -> None:
    """What was sent before is told; the lane stays held, and is held once."""
    needed(guarded_, *range(1, 8))
    (first,) = guarded_.change({1: {"phone": "1"}})
    later: list[str] = []

    async def both() -> None:
        guarded_.xledger.gate = asyncio.Event()
        lane_, stop = guarded_.lane(), asyncio.Event()
        task = asyncio.create_task(lane_.run(stop))
        await guarded_.wait(lambda: bool(guarded_.xledger.writes), lane_, task)
        later.extend(guarded_.change({n: {"phone": "1"} for n in range(2, 7)}))
        await guarded_.wait(lambda: guarded_.status() == HELD, lane_, task)
        guarded_.xledger.gate.set()
        await guarded_.wait(guarded_.all_ended(first), lane_, task)
        await guarded_.wait(task.done, lane_, task)

    asyncio.run(both())
    assert guarded_.status() == HELD
    assert guarded_.results()[first] == "applied"
    assert set(later) & guarded_.results().keys() == set()
    assert guarded_.numbers.of(GUARD_HOLDS, "many people") == 1


@pytest.mark.rule("R-93")
def test_promotions_end_no_contract(guarded_: Bench) -> None:
    """Every position field is dirty, and only the title is another one: four go out."""
    needed(guarded_, *range(1, 5))
    guarded_.run(guarded_.all_ended(*move(guarded_, dict.fromkeys(range(1, 5)))))
    with guarded_.stored.store.begin() as transaction:
        transaction.execute(guarded.delete())
    guarded_.run(guarded_.all_ended(*move(guarded_, dict.fromkeys(range(1, 5)), title="Chef")))
    assert guarded_.xledger.has(Target.CONTACT_JOB_TITLE, "1c") == "Chef"


@pytest.mark.rule("R-93")
def test_many_ended_contracts_are_held_before_any_is_sent(guarded_: Bench) -> None:
    """Three where two may; once released they go out, and two more may follow."""
    needed(guarded_, *range(1, 8))
    events = move(guarded_, dict.fromkeys(range(1, 4), "2026-12-31"))
    guarded_.run(lambda: guarded_.status() == SENSITIVE)
    assert guarded_.xledger.writes == []
    release(guarded_)
    guarded_.run(guarded_.all_ended(*events))
    assert guarded_.xledger.has(Target.EMPLOYMENT_TO, "1e") == "2026-12-31"
    guarded_.run(guarded_.all_ended(*move(guarded_, dict.fromkeys((4, 5), "2026-12-31"))))
    last = move(guarded_, {6: "2026-12-31"})
    guarded_.run(lambda: guarded_.status() == SENSITIVE)
    assert set(last) & guarded_.results().keys() == set()


@pytest.mark.rule("R-93", "R-74")
def test_who_comes_back_changes_only_what_changed_meanwhile(guarded_: Bench) -> None:
    """A reactivation makes everything dirty: accounts that are as they were hold nothing up."""
    needed(guarded_, *range(1, 5))
    one = guarded_.connection
    account: Json = {"number": "86011117947", "country": "NO", "type": "bank"}
    lanes, guarded_.lanes = guarded_.lanes, guarded_.stored.lanes
    guarded_.run(
        guarded_.all_ended(*guarded_.change({n: {"bankAccount": account} for n in range(1, 5)}))
    )
    guarded_.lanes = lanes
    with guarded_.stored.store.begin() as transaction:
        transaction.execute(guarded.delete())
    with guarded_.stored.intake.transaction() as transaction:
        transaction.dirty(
            [(one.id, person(n), name, 900 + n, 0)
             for n in range(1, 5) for name in ("bankAccount", "email", "phone")]
        )  # fmt: skip
    guarded_.run(lambda: not guarded_.stored.open(one))
    assert guarded_.status() == ("running", None)


@pytest.mark.rule("R-93")
def test_new_people_are_counted_as_people(guarded_: Bench) -> None:
    """Their accounts and emails are new, not changed: four are created, a fifth is held."""
    guarded_.hire(*range(1, 6), state=LinkState.WANTED)
    guarded_.run(guarded_.all_ended(*guarded_.change({n: whole(n) for n in range(1, 5)})))
    guarded_.change({5: whole(5)})
    guarded_.run(lambda: guarded_.status() == HELD)
    assert len([s for s in guarded_.stored.rows(dirty.c.person, dirty.c.open) if s[1]]) == 5


@pytest.mark.rule("R-93")
def test_what_was_refused_is_not_counted(guarded_: Bench) -> None:
    """It changed nothing in Xledger."""
    needed(guarded_, *range(1, 9))
    guarded_.xledger.bad = [Bad(Target.CONTACT_PHONE, "1")]
    guarded_.run(guarded_.all_ended(*guarded_.change({n: {"phone": "1"} for n in range(1, 5)})))
    guarded_.run(guarded_.all_ended(*guarded_.change({n: {"phone": "2"} for n in range(5, 9)})))
    assert sorted(guarded_.results().values()).count("dead-lettered") == 4


class Told:
    """The lanes' store, and the states that were stored, repeats left out."""

    def __init__(self, stored: Stored) -> None:
        self._lanes = stored.lanes
        self.states: list[str] = ["failing"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lanes, name)

    def set_status(self, lease: Lease, status: LaneStatus) -> None:
        """See the port."""
        self._lanes.set_status(lease, status)
        if status.state.value != self.states[-1]:
            self.states.append(status.state.value)


@pytest.mark.rule("R-94")
def test_a_pause_of_a_failing_lane_is_not_its_recovery(bench: Bench) -> None:
    """A limit met by a probe is shown; after it the lane fails on, ten people at a time."""
    numbers = range(1, 61)
    bench.hire(*numbers)
    bench.limits = replace(LIMITS, people=30, in_flight=1)
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, f"{40000000 + n}") for n in range(1, 31)]
    events = bench.change({n: whole(n) for n in numbers})
    bench.run(lambda: bench.status()[0] == "failing")
    bench.xledger.faults = [(Limited("limit", "burst", 0.05), False)]
    before = len(bench.xledger.writes)
    told = Told(bench.stored)
    bench.lanes = told
    bench.run(lambda: bench.all_ended(*events)() and told.states[-1] == "running")
    assert told.states == ["failing", "waiting", "failing", "running"]
    firsts = [w[0].inputs for w in bench.xledger.writes[before:] if w[0].alias == "contact"]
    assert [len(inputs) for inputs in firsts[:3]] == [10, 10, 10]


@pytest.mark.rule("R-94")
@pytest.mark.parametrize("state", [LaneState.WAITING, LaneState.BROKEN])
def test_the_next_owner_knows_that_it_was_failing(bench: Bench, state: LaneState) -> None:
    """It is kept beside the trouble; once a human let the lane run, it is forgotten."""
    bench.hire(1)
    bench.change({1: whole(1)})
    lease = bench.stored.claim(bench.connection)
    bench.lanes.remember(lease, {"failing": 1})
    bench.lanes.set_status(lease, LaneStatus(state, "x"))
    assert bench.lane()._standing.failing
    bench.stored.connections.resume(bench.connection.id, "operator")
    assert not bench.lane()._standing.failing


@pytest.mark.rule("R-94")
def test_one_failure_of_xledger_leaves_a_failing_lane_failing(bench: Bench) -> None:
    """A pause is no state of its own: it is shown as failing, and its probes stay apart."""
    lease = bench.stored.claim(bench.connection)
    bench.lanes.set_status(lease, LaneStatus(LaneState.FAILING, "most people fail", 0.0))
    standing = bench.lane()._standing
    standing._tools.limits = replace(LIMITS, waits=replace(LIMITS.waits, failing=60.0))
    standing.probe()
    status = standing.after(Unavailable("away"))
    assert status.state is LaneState.FAILING
    assert 59.0 < status.wait <= 60.0


@pytest.mark.rule("R-94")
def test_each_probe_of_a_failing_lane_is_stored(bench: Bench) -> None:
    """Whoever takes it next does not send before the next probe's time."""
    numbers = range(1, 81)
    bench.hire(*numbers)
    bench.limits = replace(LIMITS, people=30, in_flight=1, waits=replace(LIMITS.waits, failing=0.3))
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, f"{40000000 + n}") for n in numbers]
    bench.change({n: whole(n) for n in numbers})
    untils: set[int] = set()

    def over() -> bool:
        (row,) = bench.stored.rows(lane.c.state, lane.c.until)
        untils.update({row[1]} if row[0] == "failing" else set())
        return len(untils) > 2

    bench.run(over)
    claimed = bench.lanes.claim(bench.connection.id, "me", 90.0, SETTLE)
    assert claimed is not None
    assert claimed.status.state is LaneState.FAILING
