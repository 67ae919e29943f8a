"""The guard on a store: what it counts, holds, releases and rejects (R-93)."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection as Transaction
from sqlalchemy import select, update

from connectors.store import holds
from connectors.store.delivery import StoredLanes
from connectors.store.guard import StoredGuard
from connectors.store.holds import Hold, Rejected
from connectors.store.tables import audit, dirty, guarded
from processors.lane.guard import Guard
from processors.ports.lane import (
    FieldEnd,
    Lease,
    PersonResult,
    Result,
    Work,
)
from schemas.connection import Connection, LaneState, LinkState
from schemas.errors import StopProcess
from schemas.guard import Crowd, GuardLimits
from schemas.person import PersonKey
from schemas.personal import Personal
from tests.fixtures.stored import BOUNDS, ORGANIZATION, Stored

WHY = Personal("case 17")
HOUR = 3_600_000
RULE = Guard(GuardLimits(4, 20, 2, 2), 3600.0)


def who(number: int) -> PersonKey:
    """Return who this is."""
    return PersonKey(ORGANIZATION, f"9b2e0c1a-0000-4000-8000-{number:012d}")


class Guarded:
    """One connection of linked people, of whom four may change in an hour, two in email."""

    def __init__(self, stored: Stored, name: str = "c1", people: int = 12) -> None:
        self.stored = stored
        self.one: Connection = stored.connect(name)
        self.lanes = StoredLanes(stored.store, stored.keyring, BOUNDS, RULE)
        self.lease: Lease = stored.claim(self.one)
        keys = [who(number) for number in range(people)]
        stored.people(*keys)
        stored.linked(self.one, *keys)
        self.versions = count(1)

    def change(self, *numbers: int, field: str = "phone", origin: int = 0) -> list[str]:
        """Let people change; returns the events."""
        told = []
        for number in numbers:
            version = next(self.versions)
            self.stored.change(self.one, who(number), version, {field: "x"}, origin=origin)
            told.append(f"e{version}")
        return told

    def take(self, people: int = 100) -> Work:
        """Take work."""
        return self.lanes.take(self.lease, people, 0.0, None, suspects=False)

    def send(self, people: int = 100, result: Result = Result.APPLIED) -> set[int]:
        """Take work and apply it; returns whose."""
        work = self.take(people)
        self.lanes.finish(
            self.lease,
            [
                PersonResult(one.user, tuple(FieldEnd(d.field, d.turn, result) for d in one.dirty))
                for one in work.people
            ],
        )
        return {int(one.user[-12:]) for one in work.people}

    def restart(self) -> None:
        """Let another process have the lane."""
        self.lanes = StoredLanes(self.stored.store, self.stored.keyring, BOUNDS, RULE)

    def later(self, milliseconds: int) -> None:
        """Let so much time pass since whoever was sent; what a process knew of it is old."""
        self.restart()
        with self.stored.store.begin() as transaction:
            transaction.execute(
                update(guarded).values(
                    taken_at=guarded.c.taken_at - milliseconds,
                    sensitive_at=guarded.c.sensitive_at - milliseconds,
                )
            )

    def state(self) -> tuple[str, str | None]:
        """Return state and reason of the lane."""
        (shown,) = self.stored.connections.shown(self.one.id)
        return shown.state.value, shown.reason

    def release(self) -> None:
        """Release what is held."""
        holds.release(self.stored.store, self.stored.keyring, self.one, "operator", WHY)

    def reject(self) -> Rejected | None:
        """Reject what is held."""
        store, keyring = self.stored.store, self.stored.keyring
        return holds.reject(store, keyring, self.one, "command", "operator", WHY, settle=60.0)

    def shown(self) -> Hold:
        """Return what is held."""
        return holds.shown(self.stored.store, self.one, RULE)


HELD = ("held", "many people")
SENSITIVE = ("held", "sensitive fields")
RUNS = ("running", None)


@pytest.fixture
def few(stored: Stored) -> Guarded:
    """Twelve linked people; four of them may change in an hour."""
    return Guarded(stored)


@pytest.mark.rule("R-93")
def test_nothing_of_a_mass_change_leaves(few: Guarded) -> None:
    """Five wait where four may change: the lane is held, nobody is taken, in small batches too."""
    few.change(*range(5))
    work = few.take(people=1)
    assert (work.people, work.status.state) == ((), LaneState.HELD)
    assert few.state() == HELD
    assert few.take().people == ()
    assert list(few.lanes.candidates("you", 10)) == []
    told = few.stored.rows(audit.c.action, audit.c.rule, audit.c.object)
    assert ("connection.held", "R-93", "guard:many people") in told


@pytest.mark.rule("R-93")
def test_as_many_as_allowed_go_out(few: Guarded) -> None:
    """Four people, however often each changes, and whatever else of them."""
    few.change(*range(4))
    assert few.send(people=2) == {0, 1}
    few.change(0, 1, 2, 3, field="homeAddress")
    assert few.send() == {0, 1, 2, 3}
    assert few.state() == RUNS


@pytest.mark.rule("R-93")
def test_who_was_sent_within_the_hour_counts_with_who_waits(few: Guarded) -> None:
    """One after the other, too: the fifth of an hour is held, an hour later it is the first."""
    for number in range(4):
        few.change(number)
        assert few.send() == {number}
    few.later(HOUR)
    few.change(4)
    assert few.send() == {4}
    few.later(-HOUR // 2)
    few.change(5)
    assert few.send() == set()
    assert few.state() == HELD


@pytest.mark.rule("R-93")
def test_what_was_equal_is_not_counted_once_it_has_ended(few: Guarded) -> None:
    """A change that turns out to be none sends nothing, and so counts only while it waits."""
    for _ in range(2):
        few.change(*range(4))
        assert len(few.send(result=Result.UNCHANGED)) == 4
    few.change(*range(4, 8))
    assert len(few.send()) == 4


@pytest.mark.rule("R-93")
def test_a_share_of_many_is_more(stored: Stored) -> None:
    """Of 50 linked people ten may change, and no eleventh."""
    many = Guarded(stored, people=50)
    many.change(*range(10))
    assert len(many.send()) == 10
    many.change(10)
    assert many.send() == set()
    assert many.state() == HELD


@pytest.mark.rule("R-93")
@pytest.mark.parametrize("origin", [0, 1])
def test_what_we_asked_for_ourselves_is_not_counted(few: Guarded, origin: int) -> None:
    """Replays, resends, runs and `day.turned` are requests: so are not counted, and do not wait."""
    few.change(*range(8), origin=origin)
    assert few.state() == RUNS
    assert (len(few.send()), few.state()) == ((8, RUNS) if origin else (0, HELD))
    if origin:
        few.change(*range(4))
        assert len(few.send()) == 4


@pytest.mark.rule("R-93")
@pytest.mark.parametrize("field", ["bankAccount", "identifications", "email"])
def test_sensitive_fields_have_a_limit_of_their_own(few: Guarded, field: str) -> None:
    """Three accounts where two may change."""
    few.change(0, 1, field=field)
    few.change(2, 3)
    assert len(few.send()) == 4
    few.change(0, 1, 2, field=field)
    assert few.send() == set()
    assert few.state() == SENSITIVE


@pytest.mark.rule("R-93")
def test_a_value_that_was_there_before_is_not_sensitive(few: Guarded) -> None:
    """Who comes back sends what differs: what did not change under the lock is not counted."""
    few.change(*range(4), field="bankAccount")
    few.stored.set(dirty, dirty.c.connection == few.one.id, version=9_000)
    assert len(few.send()) == 4


@pytest.mark.rule("R-93")
def test_somebody_new_has_no_account_to_be_changed(few: Guarded) -> None:
    """New people count among the people alone."""
    few.stored.linked(few.one, *(who(n) for n in range(5)), state=LinkState.WANTED)
    few.change(*range(4), field="bankAccount")
    assert len(few.take().people) == 4
    few.change(4)
    assert few.take().people == ()
    assert few.state() == HELD


@pytest.mark.rule("R-93")
def test_what_mapping_finds_sensitive_is_admitted_before_it_is_sent(few: Guarded) -> None:
    """Each person once; a third is too many, and then none of them is counted."""
    admit = few.lanes.admit
    assert admit(few.lease, {who(0).user: 5, who(1).user: 5}).state is LaneState.RUNNING
    assert admit(few.lease, {who(1).user: 6}).state is LaneState.RUNNING
    held = admit(few.lease, {who(1).user: 7, who(2).user: 7})
    assert (held.state, held.reason) == (LaneState.HELD, "sensitive fields")
    assert len(few.stored.rows(guarded.c.person)) == 2
    assert admit(few.lease, {who(3).user: 8}).state is LaneState.HELD


@pytest.mark.rule("R-93")
def test_release_sends_what_was_there_and_counts_anew(few: Guarded) -> None:
    """Released work is not counted, nor is who was sent before it; the next four are."""
    few.change(*range(3))
    few.send()
    few.change(*range(3, 9), field="bankAccount")
    assert few.send() == set()
    few.release()
    assert few.state() == RUNS
    few.change(9, 10)
    assert few.send() == {3, 4, 5, 6, 7, 8, 9, 10}
    few.change(0, 1)
    assert len(few.send()) == 2
    few.change(2)
    assert few.send() == set()
    assert few.state() == HELD


@pytest.mark.rule("R-93")
def test_released_accounts_are_not_admitted_against_the_limit(few: Guarded) -> None:
    """What is written because it was released does not hold the lane again."""
    few.change(*range(5), field="bankAccount")
    few.send()
    few.release()
    work = few.take()
    turns = {one.user: one.dirty[0].turn for one in work.people}
    assert len(turns) == 5
    assert few.lanes.admit(few.lease, turns).state is LaneState.RUNNING
    assert few.stored.rows(guarded.c.person) == []


@pytest.mark.rule("R-93", "R-94")
def test_nothing_but_a_human_ends_a_hold(few: Guarded) -> None:
    """Not a restart, not a probe, not another token, not `resume`, not `pause`."""
    few.change(*range(5))
    few.take()
    admin, one = few.stored.connections, few.one.id
    few.stored.expire(few.one)
    few.lease = few.stored.claim(few.one, "next")
    few.restart()
    few.lanes.set_status(few.lease, replace(few.take().status, state=LaneState.RUNNING))
    admin.replace_token(one, Personal("another"), "operator")
    for command in (admin.resume, admin.pause):
        with pytest.raises(StopProcess, match="connections held"):
            command(one, "operator")
    assert few.state() == HELD
    assert few.take().people == ()


@pytest.mark.rule("R-93")
def test_one_held_lane_holds_no_other(stored: Stored) -> None:
    """Two connections of one organisation, each with its own count and limits."""
    one, other = Guarded(stored, "c1"), Guarded(stored, "c2")
    stored.connections.change(other.one.id, {"guard_people": 7}, "operator")
    for guarded_ in (one, other):
        guarded_.versions = one.versions
        guarded_.change(*range(5))
    assert one.send() == set()
    assert other.send() == {0, 1, 2, 3, 4}
    assert (one.state(), other.state()) == (HELD, RUNS)


@pytest.mark.rule("R-93")
def test_reject_ends_all_and_the_lane_runs(few: Guarded) -> None:
    """Everything that waits is skipped as rejected, what we asked for too; nothing was sent."""
    told = few.change(*range(5)) + few.change(0, 7, field="bankAccount")
    told += few.change(8, origin=1)
    few.take()
    few.lanes.release([few.lease])
    assert few.reject() == Rejected(people=7, events=8)
    ended = few.stored.ended()
    assert {ended[event] for event in told} == {("skipped", "rejected")}
    assert few.stored.open(few.one) == {}
    assert few.state() == RUNS
    few.lease = few.stored.claim(few.one)
    few.change(*range(4))
    assert few.send() == {0, 1, 2, 3}
    assert set(few.stored.ended().values()) == {("skipped", "rejected"), ("applied", None)}


@pytest.mark.rule("R-93")
def test_reject_waits_for_whoever_has_the_lane(few: Guarded) -> None:
    """An answer that is under way is heard first."""
    few.change(*range(5))
    few.take()
    assert few.reject() is None
    assert few.state() == HELD
    assert few.stored.ended() == {}


@pytest.mark.rule("R-93")
def test_what_a_dead_process_sent_stays_unsure(few: Guarded) -> None:
    """Rejected, it may have been written all the same: the next change sends it whatever it is."""
    few.change(0)
    few.take()
    few.change(*range(1, 6))
    few.take()
    few.stored.expire(few.one)
    assert few.reject() is not None
    unsure = few.stored.rows(dirty.c.person, dirty.c.open, dirty.c.unsure)
    assert [row[2] for row in unsure if row[0] == who(0).user] == [True]
    assert not any(row[1] for row in unsure)


@pytest.mark.rule("R-93")
def test_reject_goes_in_parts(few: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for the store; what became dirty meanwhile is not rejected."""
    monkeypatch.setattr(holds, "AT_ONCE", 2)
    few.change(*range(5))
    few.take()
    few.lanes.release([few.lease])
    real = holds._end
    late: list[bool] = []

    def end(transaction: Transaction, *given: Any) -> tuple[int, set[str]]:
        if not late:
            transaction.execute(
                update(dirty).where(dirty.c.person == who(4).user).values(turn=2**45)
            )
            late.append(True)
        return real(transaction, *given)

    monkeypatch.setattr(holds, "_end", end)
    assert few.reject() == Rejected(people=4, events=4)
    assert list(few.stored.open(few.one).values()) == [2**45]


@pytest.mark.rule("R-93")
def test_only_what_is_held_is_released_or_rejected(few: Guarded) -> None:
    """A lane that runs is left as it is."""
    few.change(0)
    with pytest.raises(StopProcess, match="not held"):
        few.release()
    few.lanes.release([few.lease])
    with pytest.raises(StopProcess, match="not held"):
        few.reject()
    assert few.state() == RUNS
    assert len(few.stored.open(few.one)) == 1


@pytest.mark.rule("R-93", "R-104")
def test_a_decision_is_audited(few: Guarded) -> None:
    """Who, what, by which rule; why is sealed."""
    few.change(*range(5))
    few.take()
    few.release()
    few.change(*range(5, 10))
    few.take()
    few.lanes.release([few.lease])
    few.reject()
    with few.stored.store.read() as transaction:
        rows = transaction.execute(select(audit).order_by(audit.c.id)).all()
    told = [(row.actor, row.action) for row in rows if row.rule == "R-93"]
    assert told == [
        (None, "connection.held"), ("operator", "connection.released"),
        (None, "connection.held"), ("operator", "connection.rejected"),
    ]  # fmt: skip
    whys = [row.reason for row in rows if row.actor == "operator" and row.rule == "R-93"]
    assert all(whys)
    assert not any(b"case 17" in bytes(why) for why in whys)


@pytest.mark.rule("R-93")
def test_what_is_held_is_shown_in_numbers_and_ids(few: Guarded) -> None:
    """Counts, fields, ten people, and which limit was passed."""
    few.change(*range(12))
    few.change(3, field="email")
    few.change(0, field="gender", origin=1)
    few.take()
    hold = few.shown()
    assert (hold.state, hold.reason) == (LaneState.HELD, "many people")
    assert (hold.changed, hold.allowed, hold.linked) == (Crowd(12, 1), Crowd(4, 2), 12)
    assert (hold.people, hold.events) == (12, 14)
    assert hold.fields == {"phone": 12, "email": 1, "gender": 1}
    assert hold.some == tuple(who(number).user for number in range(10))


@pytest.mark.rule("R-93")
def test_of_very_many_not_all_are_counted(stored: Stored) -> None:
    """Where more rows wait than four people can have, more than four people wait."""
    many = Guarded(stored, people=100)
    stored.connections.change(many.one.id, {"guard_percent": 0}, "operator")
    many.change(*range(90))
    assert many.take().people == ()
    assert many.shown().changed.people > 4


def test_a_count_is_not_repeated_at_once(few: Guarded) -> None:
    """Who was counted may go, and as many others as were still allowed; one more is counted."""
    seconds = count()
    guard = StoredGuard(RULE, lambda: next(seconds))
    now, old, new = 10**13, 1, 10**13

    def held(*turns: int | None) -> bool:
        with few.stored.store.begin() as transaction:
            return guard.look(transaction, few.lease, turns, now)

    few.change(0)
    assert not held(new)
    few.change(*range(1, 6))
    assert not held(old, old, old, None, None, None)
    assert not held(old, new)
    assert not held(new)
    assert held(new)


def test_a_count_is_repeated_in_time(few: Guarded) -> None:
    """It is good for twenty times as long as it took."""
    seconds = iter([0.0, 1.0, 20.9, 21.1, 22.0])
    guard = StoredGuard(RULE, lambda: next(seconds))

    def held() -> bool:
        with few.stored.store.begin() as transaction:
            return guard.look(transaction, few.lease, [1], 10**13)

    few.change(0)
    assert not held()
    few.change(*range(1, 6))
    assert not held()
    assert held()
