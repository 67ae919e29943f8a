"""Deactivated: locked from a revision on, and what is older still goes, once (R-70 to R-72)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.store.tables import connection as connections
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.errors import Ambiguous
from tests.fixtures.arrivals import START
from tests.fixtures.stored import ORGANIZATION
from tests.fixtures.working import Bad
from tests.processors.life.conftest import Life

LOCKED = ("skipped", "locked")
APPLIED = ("applied", None)
PHONE = Target.CONTACT_PHONE
TO = Target.EMPLOYMENT_TO
NO_ANSWER = Ambiguous("Xledger does not answer in time")
JOB: dict[str, Any] = {
    "contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}, "primary": True,
}  # fmt: skip


@pytest.fixture
def employed(life: Life) -> Life:
    """Kari is an employee."""
    life.connect()
    life.employ()
    return life


@pytest.mark.rule("R-70", "R-71")
def test_the_end_of_a_contract_goes_out_though_the_account_ends_at_once(employed: Life) -> None:
    """HR sets the contract end and deactivates: both wait for the lane, and the date arrives."""
    life = employed
    life.position(5, contractEndDate="2026-12-31", **JOB)
    life.happened("user.deactivated", 6)
    life.live()
    assert life.has()[TO] == "2026-12-31"
    assert life.ends() == {"e5": APPLIED, "e6": ("skipped", "nothing to do")}
    assert life.state() == "linked"


@pytest.mark.rule("R-71")
@pytest.mark.parametrize("apart", [True, False])
def test_what_is_older_goes_once_and_what_is_younger_never(employed: Life, *, apart: bool) -> None:
    """In one batch or one by one, and whatever comes first: the revision decides."""
    life = employed

    def next_() -> None:
        if apart:
            life.read()

    life.arrivals.updated(4, phone="4")
    next_()
    life.happened("user.deactivated", 6)
    next_()
    life.arrivals.updated(7, gender="Male")
    next_()
    life.arrivals.updated(5, birthDate="1990-01-05")
    life.live()
    assert life.ends() == {
        "e4": APPLIED, "e5": APPLIED, "e6": ("skipped", "nothing to do"), "e7": LOCKED,
    }  # fmt: skip
    assert Target.CONTACT_GENDER not in life.has()
    assert len(life.written()) == 1
    life.arrivals.updated(8, phone="8")
    life.live()
    assert len(life.written()) == 1


@pytest.mark.rule("R-71")
def test_a_younger_value_is_not_sent_in_an_older_ones_place(employed: Life) -> None:
    """The older change is superseded: what would be sent is the younger value."""
    life = employed
    life.arrivals.updated(5, phone="5", gender="Male")
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="7")
    life.live()
    assert PHONE not in life.has()
    assert life.has()[Target.CONTACT_GENDER] == "M"
    assert life.ends()["e7"] == LOCKED
    (told,) = (one for one in life.stored.outcomes() if one["event"]["id"] == "e5")
    ends = {name: end["result"] for name, end in told["fields"].items()}
    assert ends == {"phone": "superseded", "gender": "applied"}


@pytest.mark.rule("R-71")
def test_a_change_that_came_before_its_lock_was_known_is_locked(employed: Life) -> None:
    """The deactivation arrives late, and before the lane: the change was younger all the time."""
    life = employed
    life.arrivals.updated(7, phone="7")
    life.read()
    life.happened("user.deactivated", 6)
    life.live()
    assert life.ends()["e7"] == LOCKED
    assert life.written() == []


@pytest.mark.rule("R-71")
def test_a_position_field_is_as_young_as_the_youngest_position(employed: Life) -> None:
    """It is made of all positions: a later change of another one holds it back."""
    life = employed
    life.position(5, contractEndDate="2026-12-31", **JOB)
    life.happened("user.deactivated", 6)
    other = {"id": "p2", "contractStartDate": "2010-01-01", "contractEndDate": "2011-01-01"}
    life.happened("position.created", 7, position=other)
    life.live()
    assert life.written() == []
    assert life.ends() == {
        "e5": ("superseded", None), "e6": ("skipped", "nothing to do"), "e7": LOCKED,
    }  # fmt: skip


@pytest.mark.rule("R-72", "R-71", "R-92")
def test_a_letter_that_is_tried_again_closes_as_locked(employed: Life) -> None:
    """Refused, deactivated, corrected in Xledger, and replayed: the lock wins."""
    life = employed
    life.benches["c1"].xledger.bad = [Bad(PHONE, "5")]
    life.arrivals.updated(5, phone="5")
    life.live()
    assert life.ends()["e5"] == ("dead-lettered", "refused by Xledger")
    life.benches["c1"].xledger.bad = []
    before = life.written()
    life.happened("user.deactivated", 6)
    life.read()
    life.arrivals.forget()
    life.replay(5, "c1", ["phone"], phone="5")
    life.live()
    assert life.ends() == {"e5": LOCKED}
    (told,) = life.stored.outcomes()
    assert (told["round"], told["fields"]["phone"]["code"]) == (1, "locked")
    assert life.written() == before


@pytest.mark.rule("R-72", "R-71")
def test_a_retry_after_a_failure_ends_as_locked(employed: Life) -> None:
    """Refused for now, deactivated before the next try: the try does not come."""
    life, bench = employed, employed.benches["c1"]
    bench.xledger.bad = [Bad(PHONE, "5", retry=True)]
    life.arrivals.updated(5, phone="5")
    life.read()
    life.attempt("c1", lambda: bench.attempts() == [1])
    bench.xledger.bad = []
    tried = len(life.written())
    life.happened("user.deactivated", 6)
    life.live()
    assert life.ends()["e5"] == LOCKED
    assert len(life.written()) == tried


@pytest.mark.rule("R-71")
@pytest.mark.parametrize("happened", [True, False])
def test_what_may_have_been_written_is_sent_again_under_the_lock(
    employed: Life, *, happened: bool
) -> None:
    """A lost answer is no failure: the same value goes once more, so that it is known."""
    life, bench = employed, employed.benches["c1"]
    bench.xledger.faults = [(NO_ANSWER, happened)]
    life.arrivals.updated(5, phone="5")
    life.read()
    life.attempt()
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, gender="Male")
    life.live()
    assert life.ends()["e5"] == APPLIED
    assert life.has()[PHONE] == "5"
    assert Target.CONTACT_GENDER not in life.has()


@pytest.mark.rule("R-71")
def test_who_is_locked_while_in_flight_gets_what_was_sent(employed: Life) -> None:
    """The request is on its way: what it wrote is told, and nothing follows."""
    life, bench = employed, employed.benches["c1"]

    async def flight() -> None:
        bench.xledger.gate = asyncio.Event()
        lane = bench.lane()
        task = asyncio.create_task(lane.run(asyncio.Event()))
        await bench.wait(lambda: bool(bench.xledger.writes), lane, task)
        life.happened("user.deactivated", 6)
        life.arrivals.updated(7, phone="7")
        await asyncio.to_thread(life.read)
        bench.xledger.gate.set()
        await bench.wait(life.idle(), lane, task)
        await bench.kill(task)

    life.arrivals.updated(5, phone="5")
    life.read()
    asyncio.run(flight())
    assert life.has()[PHONE] == "5"
    assert (life.ends()["e5"], life.ends()["e7"]) == (APPLIED, LOCKED)


@pytest.mark.rule("R-71")
def test_while_locked_the_projection_follows_and_nothing_is_dirty(employed: Life) -> None:
    """Events end, their values are kept, and no lane has anything to do."""
    life = employed
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="7")
    life.position(8, "created", **JOB)
    life.read()
    assert life.open() == set()
    assert life.arrivals.projection()["phone"] == (7, "7")
    assert life.ends() == {"e6": ("skipped", "nothing to do"), "e7": LOCKED, "e8": LOCKED}


@pytest.mark.rule("R-52", "R-53", "R-71", "R-74")
@pytest.mark.parametrize("before_activation", [True, False])
def test_a_position_of_a_locked_person_counts_once_they_are_back(
    employed: Life, *, before_activation: bool
) -> None:
    """Created under the lock it is the trigger, unless it happened before the activation."""
    life = employed
    began = int((START - timedelta(hours=1)).timestamp() * 1000)
    life.stored.set(connections, connections.c.organization == ORGANIZATION, activated_at=began)
    life.happened("user.deactivated", 6)
    time = START - timedelta(hours=2 if before_activation else 1)
    life.arrivals.arrive("position.created", {"position": {"id": "p1", **JOB}}, 7, time=time)
    life.live()
    assert (life.written(), life.link()["triggered"]) == ([], not before_activation)
    life.happened("user.reactivated", 8)
    life.live()
    assert life.has().get(Target.CONTACT_JOB_TITLE) == (None if before_activation else "Chef")


@pytest.mark.rule("R-70", "R-71")
def test_nobody_locked_is_begun(life: Life) -> None:
    """Created and deactivated before the lane came: nobody is made, until the account is back."""
    life.connect()
    life.created(5)
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.benches["c1"].xledger.writes == []
    assert (life.ends()["e5"], life.ends()["e7"]) == (LOCKED, LOCKED)
    life.happened("user.reactivated", 8)
    life.live()
    assert (life.has()[PHONE], life.ends()["e8"]) == ("7", APPLIED)


def half_made(life: Life, step: int, *, happened: bool) -> None:
    """Let the answer to a step of Kari's creation be lost, and deactivate her meanwhile."""
    bench = life.connect()
    bench.xledger.faults = [None] * step + [(NO_ANSWER, happened)]
    life.created(5, phone="5")
    life.read()
    life.attempt()
    life.happened("user.deactivated", 6)
    life.read()


@pytest.mark.rule("R-71", "R-82")
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("step", [0, 1])
def test_a_creation_under_a_lock_is_finished_with_what_is_older(
    life: Life, step: int, *, happened: bool
) -> None:
    """One employee, and no younger value in any record; that one goes with the reactivation."""
    half_made(life, step, happened=happened)
    life.arrivals.updated(7, phone="7", gender="Male")
    life.live()
    written = [values for values in life.written() if PHONE in values]
    assert {values[PHONE] for values in written} <= {"5"}
    assert not any(Target.CONTACT_GENDER in values for values in life.written())
    assert life.state() == "linked"
    life.happened("user.reactivated", 8)
    life.live()
    assert (life.has()[PHONE], life.has()[Target.CONTACT_GENDER]) == ("7", "M")


@pytest.mark.rule("R-71", "R-82")
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("step", [0, 1])
def test_a_creation_that_lacks_an_older_name_is_left_at_what_was_made(
    life: Life, step: int, *, happened: bool
) -> None:
    """Without a name nobody is made, and a younger one is not sent: it waits, half made."""
    half_made(life, step, happened=happened)
    life.arrivals.updated(7, familyName="Younger")
    life.live()
    assert "Younger" not in {value for one in life.written() for value in one.values()}
    made = step == 1 and happened
    assert life.state() == ("linked" if made else "wanted")
    assert life.ends()["e5"] == (APPLIED if made else LOCKED)
    life.happened("user.reactivated", 8)
    life.live()
    assert life.state() == "linked"
    assert life.has()[Target.CONTACT_LAST_NAME] == "Younger"
    records: Any = life.benches["c1"].xledger.records
    assert {len(made) for made in records.values()} == {1}


@pytest.mark.rule("R-09", "R-71")
def test_a_lock_of_somebody_ambiguous_or_declined_changes_nothing(employed: Life) -> None:
    """Whoever is for a human to decide about stays so."""
    life = employed
    life.set_state(LinkState.DECLINED)
    life.happened("user.deactivated", 6)
    life.happened("user.reactivated", 7)
    life.arrivals.updated(8, phone="8")
    life.live()
    assert life.state() == "declined"
    assert life.ends()["e8"] == ("skipped", "declined")
    assert life.written() == []
