"""Updates by a lane at work: what goes out, in how many requests, and what becomes of it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.store import refusals
from connectors.store.tables import dirty, refusal
from connectors.store.tables import lane as lane_row
from processors.lane.limiter import Window
from processors.lane.results import Retries
from processors.ports.lane import Lease, LeaseLost, NewEmail, Work
from processors.ports.xledger import ListedEmployee
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.errors import Ambiguous, CredentialRefused, Fault, StoreUnavailable, Unavailable
from schemas.reasons import Code
from tests.fixtures.working import Bad, Bench, person, whole

OF_A_LANE = (lane_row.c.epoch, lane_row.c.state, lane_row.c.batch_size, lane_row.c.memory)
NO_ANSWER = Ambiguous("Xledger does not answer in time")
HALF_REFUSED = CredentialRefused("the token lacks a scope: Contact", midway=True)


def values(number: int) -> dict[str, object]:
    """Return what is required, without what is not asked for here."""
    return {name: value for name, value in whole(number).items() if name != "phone"}


def start(bench: Bench, *numbers: int) -> None:
    """Let people be linked and confirmed as they are, so that only changes go out."""
    bench.hire(*numbers)
    bench.run(bench.all_ended(*bench.change({n: whole(n) for n in numbers})))
    bench.xledger.writes.clear()
    bench.xledger.at.clear()


@pytest.mark.rule("R-40", "R-84")
def test_only_what_differs_goes_out(bench: Bench) -> None:
    """A changed phone number is written to both records, and nothing else is."""
    start(bench, 1)
    bench.run(bench.all_ended(*bench.change({1: {"phone": "99999999", "givenName": "Given1"}})))
    ((contact, subledger),) = bench.xledger.writes
    assert contact.inputs[0].values == {Target.CONTACT_PHONE: "99999999"}
    assert subledger.inputs[0].values == {Target.SUBLEDGER_PHONE: "99999999"}


@pytest.mark.rule("R-82", "R-84")
def test_ten_changes_of_a_field_are_one_write(bench: Bench) -> None:
    """The newest value goes out once; the older events end superseded."""
    start(bench, 1)
    events = [bench.change({1: {"phone": f"9999999{number}"}})[0] for number in range(10)]
    bench.run(bench.all_ended(*events))
    assert len(bench.xledger.writes) == 1
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == "99999999"
    assert [bench.results()[event] for event in events] == ["superseded"] * 9 + ["applied"]


def test_a_lone_change_lingers_from_its_turn(bench: Bench) -> None:
    """Saving one form raises several events: they travel together."""
    start(bench, 1)
    bench.limits = replace(bench.limits, linger=0.3)
    lane = bench.lane()

    async def two_events() -> None:
        began = time.monotonic()
        events = bench.change({1: {"phone": "1"}})
        task = asyncio.create_task(bench.work(lambda: bool(bench.xledger.writes), lane))
        events += bench.change({1: {"givenName": "Another"}})
        await task
        assert bench.xledger.at[-1] - began >= 0.29
        assert bench.all_ended(*events)()

    asyncio.run(two_events())
    assert len(bench.xledger.writes) == 1


def test_a_flood_is_sent_in_full_batches(bench: Bench) -> None:
    """240 people, 100 in a request, go out in three requests of three roots."""
    numbers = range(1, 241)
    bench.limits = replace(bench.limits, people=100)
    bench.hire(*numbers)
    bench.run(bench.all_ended(*bench.change({n: whole(n) for n in numbers})))
    sizes = [max(len(root.inputs) for root in roots) for roots in bench.xledger.writes]
    assert sorted(sizes) == [40, 100, 100]
    assert {len(roots) for roots in bench.xledger.writes} == {3}


@pytest.mark.rule("R-81")
def test_a_change_during_a_request_goes_out_next(bench: Bench) -> None:
    """A younger turn stays dirty: the answer to the older one does not clean it."""
    start(bench, 1)

    async def during() -> None:
        bench.xledger.gate = asyncio.Event()
        lane, stop = bench.lane(), asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        first = bench.change({1: {"phone": "111"}})
        await bench.wait(lambda: len(bench.xledger.writes) == 1, lane, task)
        second = bench.change({1: {"phone": "222"}})
        for _ in range(20):  # a person is in at most one request
            lane.wake.set()
            await asyncio.sleep(0.01)
        assert len(bench.xledger.writes) == 1
        bench.xledger.gate.set()
        await bench.wait(bench.all_ended(*first, *second), lane, task)
        stop.set()
        await task

    asyncio.run(during())
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == "222"
    assert len(bench.xledger.writes) == 2


def test_two_requests_are_under_way_and_a_person_is_in_one(bench: Bench) -> None:
    """While one request hangs, another takes other people; a third waits."""
    start(bench, 1, 2, 3)
    bench.limits = replace(bench.limits, people=1)

    async def two() -> None:
        bench.xledger.gate = asyncio.Event()
        events = bench.change({n: {"phone": f"{n}"} for n in (1, 2, 3)})
        lane, stop = bench.lane(), asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        await bench.wait(lambda: len(bench.xledger.writes) == 2, lane, task)
        people = [root.inputs[0].db_id for roots in bench.xledger.writes for root in roots]
        assert len(set(people)) == 4  # two people, two records each
        bench.xledger.gate.set()
        await bench.wait(bench.all_ended(*events), lane, task)
        stop.set()
        await task

    asyncio.run(two())
    assert len(bench.xledger.writes) == 3


@pytest.mark.rule("R-85", "R-87", "R-88")
@pytest.mark.parametrize("naming", ["client", "none"])
def test_one_bad_person_delays_nobody(bench: Bench, naming: str) -> None:
    """Of 60 people one is refused; all others are applied after one request more."""
    start(bench, *range(1, 61))
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "bad", naming)]
    changes: dict[int, dict[str, str]] = {
        n: {"phone": "bad" if n == 7 else f"9{n}"} for n in range(1, 61)
    }
    changes[7]["givenName"] = "Other"
    events = bench.change(changes)
    bench.run(bench.all_ended(*events))
    results = bench.results()
    assert results.pop(events[6]) == "dead-lettered"
    assert {results[event] for event in events if event != events[6]} == {"applied"}
    assert bench.xledger.has(Target.CONTACT_FIRST_NAME, "7c") == "Other"
    assert len(bench.xledger.writes) <= (3 if naming == "client" else 4)
    outcome = next(o for o in bench.stored.outcomes() if o["event"]["id"] == events[6])
    assert outcome["fields"]["givenName"]["result"] == "applied"
    assert outcome["fields"]["phone"]["code"] == "refused by Xledger"


@pytest.mark.rule("R-85")
def test_what_nobody_knows_is_tried_again_before_it_is_exhausted(bench: Bench) -> None:
    """An unknown refusal gets its attempts, and then a letter."""
    start(bench, 1)
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "odd", retry=True)]
    (event,) = bench.change({1: {"phone": "odd"}})
    bench.run(bench.all_ended(event))
    assert bench.stored.ended()[event] == ("dead-lettered", "exhausted")
    tries = [w for w in bench.xledger.writes if any(r.record is Root.CONTACT for r in w)]
    assert len(tries) == 3


@pytest.mark.rule("R-85")
def test_a_corrected_value_does_not_wait_for_the_retry_of_the_wrong_one(bench: Bench) -> None:
    """A retry is spread over minutes; what replaces the value goes out at once."""
    start(bench, 1)
    bench.limits = replace(bench.limits, retries=Retries(5, 4000.0))
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "odd", retry=True)]
    first = bench.change({1: {"phone": "odd"}})
    bench.run(lambda: 1 in bench.attempts())
    second = bench.change({1: {"phone": "77"}})
    bench.run(bench.all_ended(*first, *second))
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == "77"


@pytest.mark.rule("R-85")
@pytest.mark.parametrize("happened", [True, False])
def test_an_ambiguous_update_is_sent_again_after_the_settle_time(
    bench: Bench, *, happened: bool
) -> None:
    """The same field goes out again, whether or not it had been written."""
    start(bench, 1)
    bench.xledger.faults = [(NO_ANSWER, happened)]
    (event,) = bench.change({1: {"phone": "333"}})
    bench.run(bench.all_ended(event))
    first, second = bench.xledger.writes
    assert [root.inputs for root in first] == [root.inputs for root in second]
    one, two = bench.xledger.at[-2:]
    assert two - one >= bench.limits.settle
    assert bench.results()[event] == "applied"


@pytest.mark.rule("R-85")
@pytest.mark.parametrize("fault", [NO_ANSWER, HALF_REFUSED])
def test_an_ambiguous_value_is_sent_again_even_when_it_equals_the_confirmed_one(
    bench: Bench, fault: Fault
) -> None:
    """Changed and changed back: Xledger may hold the value between, so the old one is sent.

    So it may when a scope is missing for one record, and another was written.
    """
    start(bench, 1)
    bench.xledger.faults = [(fault, True)]
    lane = bench.lane()

    async def there_and_back() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        first = bench.change({1: {"phone": "333"}})
        await bench.wait(lambda: not bench.xledger.faults, lane, task)
        second = bench.change({1: {"phone": whole(1)["phone"]}})
        await bench.wait(bench.all_ended(*first, *second), lane, task)
        stop.set()
        await task

    asyncio.run(there_and_back())
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == whole(1)["phone"]


def test_an_ambiguous_request_halves_the_size_which_grows_back(bench: Bench) -> None:
    """Eight at a time, then four, then eight again; others go on at once."""
    start(bench, *range(1, 41))
    bench.limits = replace(bench.limits, people=8, in_flight=1)
    bench.xledger.faults = [(NO_ANSWER, False)]
    events = bench.change({n: {"phone": f"8{n}"} for n in range(1, 41)})
    bench.run(bench.all_ended(*events))
    sizes = [len(roots[0].inputs) for roots in bench.xledger.writes]
    assert sizes[:3] == [8, 4, 8]
    assert sum(sizes) == 48


@pytest.mark.rule("R-88")
def test_extra_requests_get_half_of_the_allowance(bench: Bench) -> None:
    """A search among refusals that name nobody lets at most half of the window's requests go."""
    start(bench, *range(1, 41))
    bench.window = Window(4, 0.4)
    bench.xledger.apart = False
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "bad", "none")]
    bench.run(bench.all_ended(*bench.change({n: {"phone": "bad"} for n in (1, 20)} | {
        n: {"phone": f"5{n}"} for n in range(2, 11)
    })))  # fmt: skip
    extra = bench.xledger.at[-len(bench.xledger.writes) + 1 :]
    assert len(extra) > 4
    assert all(c - a > 0.35 for (a, _), (_, c) in pairwise(pairwise(extra)))


@pytest.mark.rule("R-111", "R-32")
def test_who_is_incomplete_gets_everything_once_filled(bench: Bench) -> None:
    """Without an email nothing is sent; once it is back, all that changed meanwhile goes out."""
    start(bench, 1)
    bench.run(bench.all_ended(*bench.change({1: {"email": None}})))
    bench.run(bench.all_ended(*bench.change({1: {"phone": "555"}})))
    assert bench.xledger.writes == []
    assert set(bench.stored.ended().values()) >= {("skipped", "missing email")}
    bench.run(bench.all_ended(*bench.change({1: {"email": "p1@x.no"}})))
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == "555"


@pytest.mark.rule("R-111")
def test_who_was_filled_is_not_forgotten_while_xledger_is_away(bench: Bench) -> None:
    """A request that did not happen leaves the person incomplete, and all of it goes out later."""
    start(bench, 1)
    bench.run(
        bench.all_ended(*bench.change({1: {"email": None}}), *bench.change({1: {"phone": "5"}}))
    )
    bench.xledger.faults = [(Unavailable("Xledger cannot be reached"), False)]
    bench.run(bench.all_ended(*bench.change({1: {"email": "p1@x.no"}})))
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == "5"


@pytest.mark.rule("R-37")
def test_who_is_gone_gets_a_letter_and_no_more_requests(bench: Bench) -> None:
    """A dbId that no longer exists ends the link as gone."""
    start(bench, 1)
    del bench.xledger.records[Root.CONTACT]["1c"]
    (event,) = bench.change({1: {"phone": "1"}})
    bench.run(bench.all_ended(event))
    assert bench.stored.ended()[event] == ("dead-lettered", "employee gone")
    assert bench.stored.state(bench.connection, person(1)) == LinkState.GONE


def test_a_lane_that_lost_its_lease_changes_nothing(bench: Bench) -> None:
    """Another owner's epoch refuses what the late one learned; it ends."""
    start(bench, 1)

    async def late() -> None:
        bench.xledger.gate = asyncio.Event()
        lane = bench.lane()
        task = asyncio.create_task(lane.run(asyncio.Event()))
        bench.change({1: {"phone": "444"}})
        await bench.wait(lambda: bool(bench.xledger.writes), lane, task)
        bench.stored.expire(bench.connection)
        assert bench.stored.lanes.claim(bench.connection.id, "other", 90.0, 60.0) is not None
        held = bench.stored.rows(*OF_A_LANE)
        bench.xledger.gate.set()
        with pytest.raises(LeaseLost):
            await task
        assert bench.stored.rows(*OF_A_LANE) == held

    asyncio.run(late())
    assert "phone" in bench.stored.open(bench.connection)


@pytest.mark.rule("R-103", "R-89")
@pytest.mark.parametrize("state", [LinkState.LINKED, LinkState.WANTED])
def test_xledgers_own_words_are_kept_with_the_failure(bench: Bench, state: LinkState) -> None:
    """Sealed, for the desk, of an update as of a creation; gone once the value is mended."""
    bench.hire(1, state=state)
    bench.xledger.bad = [Bad(Target.CONTACT_EMAIL, "p1@x.no")]
    bench.run(bench.all_ended(*bench.change({1: whole(1)})))
    one, stored = bench.connection.id, bench.stored
    with stored.store.begin() as connection:
        found = refusals.read(connection, stored.keyring, one, person(1).user, "email")
    assert found is not None
    assert found[1].reveal() == "refused"
    bench.xledger.bad = []
    bench.run(bench.all_ended(*bench.change({1: {**whole(1), "email": "better@x.no"}})))
    assert stored.rows(refusal.c.field) == []


@pytest.mark.rule("R-43")
def test_an_account_of_another_country_is_warned_of_once(bench: Bench) -> None:
    """The first outcome says so, and the log; later changes do not, nor does another lane."""
    start(bench, 1, 2)
    told: list[list[str]] = []
    with capture_logs() as logged:
        for number in (1, 1, 2):
            (event,) = bench.change(
                {number: {"bankAccount": {"number": f"5000{len(told)}", "country": "SE"}}}
            )
            bench.run(bench.all_ended(event))
            outcome = next(one for one in bench.stored.outcomes() if one["event"]["id"] == event)
            told.append(outcome.get("warnings", []))
    once = [Code.ACCOUNT_COUNTRY_NOT_WRITTEN.value]
    assert told == [once, [], once]
    assert bench.xledger.has(Target.SUBLEDGER_BANK_ACCOUNT, "1s") == "50001"
    said = [(one["person"], one["code"]) for one in logged if one["event"] == "field.warning"]
    assert said == [(person(number).user, *once) for number in (1, 2)]
    assert "5000" not in repr(logged)


@pytest.mark.rule("R-12", "R-103")
def test_an_email_that_another_employee_has_is_sent_with_a_warning(bench: Bench) -> None:
    """The outcome says so, the log names the other's dbId, and neither holds the email."""
    start(bench, 1, 2)
    asked: list[int] = []
    of_others = bench.stored.lanes.of_others

    class Counting:
        """A store that says how much was asked of it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bench.stored.lanes, name)

        def of_others(self, lease: Lease, company: str, emails: Sequence[NewEmail]) -> Any:
            """See the port."""
            asked.append(len(emails))
            return of_others(lease, company, emails)

    bench.lanes = Counting()
    shared = ListedEmployee("4711", None, None, None, "shared@x.no", None, None)
    lane = bench.lane()
    bench.stored.sync.remember_employees(lane.claimed.lease, [(shared, "shared@x.no")])
    with capture_logs() as logged:
        events = bench.change({1: {"email": "Shared@X.no", "phone": "1"}, 2: {"phone": "2"}})
        bench.run(bench.all_ended(*events), lane)
    told = {one["event"]["id"]: one.get("warnings", []) for one in bench.stored.outcomes()}
    assert [told[event] for event in events] == [[Code.EMAIL_OF_ANOTHER.value], []]
    assert bench.xledger.has(Target.CONTACT_EMAIL, "1c") == "Shared@X.no"
    said = [one for one in logged if one["event"] == "email.of_another"]
    assert [(one["person"], one["id"]) for one in said] == [(person(1).user, "4711")]
    assert "shared" not in repr(logged).lower()
    assert asked == [1], "one question, of those whose email goes out"


def test_whom_a_lost_answer_of_the_store_took_is_taken_again(bench: Bench) -> None:
    """The store took somebody and could not say so: nobody works on them, and the lane goes on."""
    bench.hire(1, 2)
    (first,) = bench.change({1: whole(1)})
    lane = bench.lane()
    take, lost = lane.tools.store.take, [True]

    def taken(*args: Any, **more: Any) -> Work:
        work = take(*args, **more)
        if work.people and lost and lost.pop():
            raise StoreUnavailable("the connection broke in COMMIT")
        return work

    lane.tools.store.take = taken  # type: ignore[method-assign]
    bench.run(bench.all_ended(first), lane)
    assert len(bench.xledger.writes) == 1


@pytest.mark.rule("R-85", "R-111")
@pytest.mark.parametrize("how", ["no answer", "killed"])
def test_what_may_have_gone_out_besides_is_sent_again(bench: Bench, how: str) -> None:
    """A value that waited for a gap to be filled may be written; its old one is news then."""
    start(bench, 1)
    (old,) = [str(whole(1)["phone"])]
    for fields in ({"email": None}, {"phone": "41111111"}):
        bench.run(bench.all_ended(*bench.change({1: fields})))
    assert bench.xledger.writes == []
    first = bench.change({1: {"email": "new@x.no"}})
    lane = bench.lane()
    if how == "killed":

        async def go() -> None:
            task = asyncio.create_task(lane.run(asyncio.Event()))
            await bench.wait(lambda: len(bench.xledger.writes) == 1, lane, task)
            await bench.kill(task)

        bench.xledger.gate = asyncio.Event()
        asyncio.run(go())
        bench.xledger.judge(bench.xledger.writes[0])
        bench.xledger.gate = None
        lane = bench.lane("next")
    else:
        bench.xledger.faults = [(NO_ANSWER, True)]
        bench.run(lambda: len(bench.xledger.writes) == 1, lane)
        bench.stored.expire(bench.connection)
        lane = bench.lane("next")
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == "41111111"
    bench.stored.set(dirty, dirty.c.person == person(1).user, due=0)
    second = bench.change({1: {"phone": old}})
    bench.run(bench.all_ended(*first, *second), lane)
    assert bench.xledger.has(Target.CONTACT_PHONE, "1c") == old
