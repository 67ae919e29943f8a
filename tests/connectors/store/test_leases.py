"""A lane has one owner, who has an epoch (`design.md`, A lease)."""

import threading
from collections.abc import Callable

import pytest

from connectors.store.tables import dirty, lane, link, run
from processors.ports.huma import HumaListed, HumaPerson
from processors.ports.lane import (
    BY_HAND,
    Again,
    Claim,
    FieldEnd,
    Idle,
    Intent,
    LaneStatus,
    Lease,
    LeaseLost,
    NewEmail,
    PersonResult,
    Result,
    Step,
    Unread,
)
from processors.ports.sync import NewLink, Run
from schemas.connection import Connection, LaneState
from schemas.personal import Personal
from tests.fixtures.stored import KARI, LEASE, ORGANIZATION, SETTLE, Stored

INTENT = Intent(Step.RECORDS, "S", None, None, ())
MAY_PROBE = (
    (LaneStatus(LaneState.RUNNING), True),
    (LaneStatus(LaneState.FAILING), True),
    (LaneStatus(LaneState.WAITING, "burst", 60.0), False),
    (LaneStatus(LaneState.WAITING, "burst", 0.0), True),
    (LaneStatus(LaneState.BROKEN, "503", 60.0), False),
    (LaneStatus(LaneState.PAUSED, "credential", 900.0), False),
    (LaneStatus(LaneState.PAUSED, "credential", 0.0), True),
    (LaneStatus(LaneState.PAUSED, BY_HAND, 0.0), False),
    (LaneStatus(LaneState.HELD), False),
)
RUN = Run("r", "c", "link-matching")


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection with one person who has work."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI)
    stored.change(one, KARI, 1, {"phone": "1"})
    return one


def test_a_lane_has_one_owner(stored: Stored, one: Connection) -> None:
    """Nobody takes a lane whose lease runs; its own owner may, with another epoch."""
    mine = stored.claim(one, "me")
    assert stored.lanes.claim(one.id, "other", LEASE, SETTLE) is None
    assert stored.claim(one, "me").epoch == mine.epoch + 1


@pytest.mark.rule("R-08")
def test_a_claim_brings_what_the_lane_needs(stored: Stored, one: Connection) -> None:
    """The token, opened; the state, the memory and the size as the last owner left them."""
    lease = stored.claim(one, "before")
    stored.lanes.remember(lease, {"apart": True})
    stored.lanes.finish(lease, [], batch_size=37)
    stored.lanes.set_status(lease, LaneStatus(LaneState.WAITING, "burst", 30.0))
    stored.lanes.take(lease, 0, 0.0, 2.0, suspects=False)
    stored.lanes.release([lease])
    claimed = stored.lanes.claim(one.id, "me", LEASE, SETTLE)
    assert claimed is not None
    assert claimed.connection == one
    assert claimed.token == Personal("token of c1")
    assert "token of" not in repr(claimed)
    assert (claimed.status.state, claimed.status.reason) == (LaneState.WAITING, "burst")
    assert 25 < claimed.status.wait <= 30
    assert 2 <= claimed.quiet < 7
    assert (claimed.batch_size, claimed.memory) == (37, {"apart": True})


def test_a_connection_that_is_gone_has_no_lane(stored: Stored) -> None:
    """Claiming it leaves nothing behind."""
    assert stored.lanes.claim("gone", "me", LEASE, SETTLE) is None
    assert stored.rows(lane.c.connection) == []


def test_an_expired_lease_is_free(stored: Stored, one: Connection) -> None:
    """So is a released one, at once."""
    mine = stored.claim(one, "me")
    stored.expire(one)
    theirs = stored.claim(one, "other")
    assert theirs.epoch > mine.epoch
    stored.lanes.release([theirs])
    assert stored.claim(one, "me").epoch > theirs.epoch


def test_a_release_of_a_lost_lane_is_ignored(stored: Stored, one: Connection) -> None:
    """It does not give away what another one owns."""
    mine = stored.claim(one, "me")
    stored.expire(one)
    stored.claim(one, "other")
    stored.lanes.release([mine])
    assert stored.lanes.claim(one.id, "third", LEASE, SETTLE) is None


def test_renewing_keeps_every_lane_of_the_owner(stored: Stored, one: Connection) -> None:
    """In one statement; a lease that has ended is not brought back to life."""
    two = stored.connect("c2")
    leases = {each.id: stored.claim(each, "me").epoch for each in (one, two)}
    three = stored.connect("c3")
    stored.claim(three, "other")
    before = dict(stored.rows(lane.c.connection, lane.c.lease_until))
    assert stored.lanes.renew("me", LEASE + 5) == leases
    after = dict(stored.rows(lane.c.connection, lane.c.lease_until))
    assert after[one.id] > before[one.id]
    assert after[three.id] == before[three.id]
    stored.expire(one)
    assert stored.lanes.renew("me", LEASE) == {two.id: leases[two.id]}


def test_of_many_at_once_one_gets_the_lane(stored: Stored, one: Connection) -> None:
    """Processes that claim at the same time: one of them owns it."""
    barrier, got = threading.Barrier(4), []

    def claim(owner: str) -> None:
        barrier.wait(10)
        got.append(stored.lanes.claim(one.id, owner, LEASE, SETTLE))

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([one for one in got if one is not None]) == 1
    assert len(got) == 4


CALLS: dict[str, Callable[[Stored, Lease], object]] = {
    "take": lambda s, mine: s.take(mine),
    "finish": lambda s, mine: s.finish(
        mine, PersonResult(KARI.user, (FieldEnd("phone", 10**15, Result.APPLIED),))
    ),
    "again": lambda s, mine: s.finish(
        mine, PersonResult(KARI.user, again=(Again("phone", 10**15, 9.0, unsure=True),))
    ),
    "set_status": lambda s, mine: s.lanes.set_status(mine, LaneStatus(LaneState.BROKEN, "x", 9.0)),
    "remember": lambda s, mine: s.lanes.remember(mine, {"apart": True}),
    "begin": lambda s, mine: s.lanes.begin(mine, [Claim(KARI.user, INTENT)], "company"),
    "holders": lambda s, mine: s.lanes.holders(mine, "company", ["1"]),
    "elsewhere": lambda s, mine: s.lanes.elsewhere(mine, {KARI.user: "kari@x.no"}),
    "of_others": lambda s, mine: s.lanes.of_others(
        mine, "company", [NewEmail(KARI.user, "x", "1")]
    ),
    "merge_read": lambda s, mine: s.lanes.merge_read(
        mine,
        Unread(KARI.user, -1),
        HumaPerson(KARI.user, "user", None, None, {"email": "x"}, {}),
        "x",
    ),
    "unknown_in_huma": lambda s, mine: s.lanes.unknown_in_huma(mine, KARI.user),
    "huma_state": lambda s, mine: s.lanes.huma_state(mine, "away", 9.0),
    "remember_people": lambda s, mine: s.sync.remember_people(
        mine, [(HumaListed(KARI.user, "service_user", None, (), None), None)]
    ),
    "remember_employees": lambda s, mine: s.sync.remember_employees(mine, []),
    "link": lambda s, mine: s.sync.link(mine, "company", [NewLink(KARI.user, "1")], []),
    "progress": lambda s, mine: s.sync.progress(mine, RUN, {"people": 1}),
    "sync finish": lambda s, mine: s.sync.finish(mine, RUN, {}),
    "fail": lambda s, mine: s.sync.fail(mine, RUN, "why"),
}


@pytest.mark.rule("R-82", "R-09")
def test_a_stale_epoch_changes_nothing(stored: Stored, one: Connection) -> None:
    """Whoever lost the lane is told so, and nothing it says is kept."""
    mine = stored.claim(one, "me")
    stored.expire(one)
    stored.claim(one, "other")
    before = everything(stored)
    for name, call in CALLS.items():
        with pytest.raises(LeaseLost):
            call(stored, mine)
        assert everything(stored) == before, name


def everything(stored: Stored) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    return {table.name: stored.rows(*table.c) for table in lane.metadata.sorted_tables}


@pytest.mark.rule("R-85")
def test_who_was_in_flight_is_ambiguous_after_a_takeover(stored: Stored, one: Connection) -> None:
    """What was sent may have happened: it waits the settle time, then goes out again for sure."""
    stored.take(stored.claim(one, "me"))
    stored.expire(one)
    lease = stored.claim(one, "other", settle=60.0)
    ((unsure, due),) = stored.rows(dirty.c.unsure, dirty.c.due)
    ((until,),) = stored.rows(lane.c.lease_until)
    assert unsure
    assert abs(until - LEASE * 1000 + 60_000 - due) < 1000
    assert stored.rows(link.c.flight_epoch) == [(None,)]
    work = stored.take(lease)
    assert work.people == ()
    assert work.next_due is not None
    assert 50 < work.next_due <= 60
    stored.set(dirty, dirty.c.open, due=0)
    (subject,) = stored.take(lease).people
    assert [field.unsure for field in subject.dirty] == [True]


def test_who_was_not_in_flight_is_not_ambiguous(stored: Stored, one: Connection) -> None:
    """A takeover of an idle lane changes nobody's work."""
    stored.claim(one, "me")
    stored.expire(one)
    stored.claim(one, "other")
    assert stored.rows(dirty.c.unsure, dirty.c.due) == [(False, 0)]


def test_a_pause_by_hand_is_not_ended_by_the_lane(stored: Stored, one: Connection) -> None:
    """Only a human ends it; another pause the lane ends itself."""
    lease = stored.claim(one)
    stored.connections.pause(one.id, "admin")
    stored.lanes.set_status(lease, LaneStatus())
    assert stored.rows(lane.c.state, lane.c.reason) == [("paused", BY_HAND)]
    stored.connections.resume(one.id, "admin")
    stored.lanes.set_status(lease, LaneStatus(LaneState.PAUSED, "credential", 900.0))
    stored.lanes.set_status(lease, LaneStatus())
    assert stored.rows(lane.c.state, lane.c.reason) == [("running", None)]


def test_lanes_with_work_are_candidates(stored: Stored, one: Connection) -> None:
    """Whoever owns it is shown so; idle lanes and lanes of others are not shown."""
    stored.connect("idle")
    assert stored.lanes.candidates("me", 10) == [Idle(one.id, mine=False)]
    lease = stored.claim(one, "me")
    assert stored.lanes.candidates("me", 10) == [Idle(one.id, mine=True)]
    assert stored.lanes.candidates("other", 10) == []
    stored.lanes.release([lease])
    assert stored.lanes.candidates("other", 10) == [Idle(one.id, mine=False)]
    stored.set(dirty, dirty.c.open, open=False)
    assert stored.lanes.candidates("me", 10) == []


@pytest.mark.rule("R-94")
def test_a_lane_is_a_candidate_when_it_may_probe(stored: Stored, one: Connection) -> None:
    """The middle states recover alone, when their time has come; a human ends the others."""
    lease = stored.claim(one)
    for status, shown in MAY_PROBE:
        stored.set(lane, lane.c.connection == one.id, state="running")
        stored.lanes.set_status(lease, status)
        found = [idle.connection for idle in stored.lanes.candidates("me", 10)]
        assert found == [one.id] * shown, status


@pytest.mark.rule("R-03")
def test_an_inactive_connection_is_a_candidate_only_for_its_sync(stored: Stored) -> None:
    """Nothing is written before the first sync ran; the sync itself is the lane's work."""
    one = stored.connect("inactive", active=False)
    stored.change(one, KARI, 1, {"phone": "1"})
    assert stored.lanes.candidates("me", 10) == []
    planned = stored.runs.plan(one.id, ORGANIZATION, "admin")
    assert stored.lanes.candidates("me", 10) == [Idle(one.id, mine=False)]
    stored.set(run, run.c.id == planned.id, state="failed")
    assert stored.lanes.candidates("me", 10) == []


def test_no_more_candidates_than_asked_for(stored: Stored) -> None:
    """Each connection with work is found once, up to the limit."""
    everybody = [stored.connect(f"c{number}") for number in range(5)]
    for one in everybody:
        stored.change(one, KARI, 1, {"phone": "1", "email": "x"})
    assert len(stored.lanes.candidates("me", 3)) == 3
    found = {idle.connection for idle in stored.lanes.candidates("me", 99)}
    assert found == {one.id for one in everybody}
