"""Creations by a lane at work: three requests, and nobody twice, whatever is lost or killed."""

import asyncio
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.store.tables import audit, dirty, intent, link
from processors.ports.xledger import ListedEmployee
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.errors import Ambiguous, CredentialRefused, Fault, Unavailable
from schemas.outcome import outcome_id
from tests.fixtures.stored import SOURCE, Stored
from tests.fixtures.working import Bad, Bench, FakeXledger, person, whole

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = Unavailable("Xledger cannot be reached")
NO_ANSWER = Ambiguous("Xledger does not answer in time")
HALF_REFUSED = CredentialRefused("the token lacks a scope: Supplier", midway=True)


def want(bench: Bench, *numbers: int) -> list[str]:
    """Let people be created in Huma, to become employees."""
    bench.hire(*numbers, state=LinkState.WANTED)
    return bench.change({n: whole(n) for n in numbers})


def everybody_once(bench: Bench, *numbers: int) -> None:
    """Each has one contact, one supplier and one employee that ties them; no orphan is left."""
    xledger = bench.xledger
    emails = sorted(f"p{n}@x.no" for n in numbers)
    for target in (Target.CONTACT_EMAIL, Target.SUBLEDGER_EMAIL):
        assert sorted(str(v[target]) for v in xledger.records[target.root].values()) == emails
    ties = [xledger.ties[employee] for employee in xledger.records[Root.EMPLOYEE]]
    assert len(ties) == len(numbers)
    for contact, subledger in ties:
        assert contact is not None
        assert subledger is not None
        one = xledger.has(Target.CONTACT_EMAIL, contact)
        assert one == xledger.has(Target.SUBLEDGER_EMAIL, subledger)
    for number in numbers:
        assert bench.stored.state(bench.connection, person(number)) == "linked"
    assert bench.stored.rows(intent.c.person) == []


@pytest.mark.rule("R-36", "R-37", "R-82")
def test_many_are_created_in_three_requests(bench: Bench) -> None:
    """One look-up, one request for contacts and suppliers, one for employees."""
    events = want(bench, *range(1, 101))
    bench.run(bench.all_ended(*events))
    assert [kind for (kind,) in bench.xledger.requests] == ["identity", "look_up", "write", "write"]
    assert [len(roots) for roots in bench.xledger.writes] == [2, 1]
    assert set(bench.results().values()) == {"applied"}
    everybody_once(bench, *range(1, 101))


@pytest.mark.rule("R-82")
def test_an_intent_stands_before_each_step_and_the_ids_after_it(bench: Bench) -> None:
    """While a request is on its way its intent is stored; with the answer it is gone."""
    steps: list[Any] = []
    one = bench.xledger

    def look(operation: str) -> None:
        if operation == "write":
            steps.append([row[0] for row in bench.stored.rows(intent.c.step)])

    one.trouble = look
    bench.run(bench.all_ended(*want(bench, 1)))
    assert steps == [["records"], ["employee"]]
    everybody_once(bench, 1)


@pytest.mark.rule("R-102")
def test_the_audit_names_the_event_behind_each_record(bench: Bench) -> None:
    """Contact, supplier and employee, each with its dbId and the event that made the person."""
    (event,) = want(bench, 1)
    bench.run(bench.all_ended(event))
    cause = outcome_id(bench.connection.id, SOURCE, event, 0)
    (ids,) = bench.stored.rows(link.c.contact, link.c.subledger, link.c.employee)
    named = {f"{root.value}:{id_}": cause for root, id_ in zip(Root, ids, strict=True)}
    rows = bench.stored.rows(audit.c.object, audit.c.event, audit.c.person)
    assert {row[0]: row[1] for row in rows if row[2] is not None} == named


@pytest.mark.rule("R-82")
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("fault", [NO_ANSWER, HALF_REFUSED])
def test_a_lost_answer_makes_nobody_twice(
    bench: Bench, fault: Fault, step: int, *, happened: bool
) -> None:
    """At each step, before or after the commit: looked up after the settle time, taken over."""
    bench.xledger.faults = [None] * step + [(fault, happened)]
    events = want(bench, 1, 2, 3)
    bench.run(bench.all_ended(*events))
    assert set(bench.results().values()) == {"applied"}
    everybody_once(bench, 1, 2, 3)


class Dying:
    """A store that lets so many calls through; the next one never comes back."""

    def __init__(self, stored: Stored, calls: int) -> None:
        self._lanes = stored.lanes
        self.left = calls

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._lanes, name)
        if name in {"claim", "candidates"}:
            return method

        def counted(*given: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Killed
            return method(*given, **named)

        return counted


class Killed(Exception):
    """The process is gone."""


@pytest.mark.rule("R-82")
@pytest.mark.parametrize("answered", [True, False])
def test_killed_at_each_store_call_the_end_is_the_same(bench: Bench, *, answered: bool) -> None:
    """A lane that dies anywhere, its last request perhaps done, leaves nobody twice or half."""
    events = want(bench, 1, 2)
    bench.limits = replace(bench.limits, idle=0.05)
    calls = 0
    while not bench.all_ended(*events)():
        _die(bench, calls % 14, answered=answered)
        calls += 1
        assert calls < 60
    everybody_once(bench, 1, 2)
    assert calls >= 5


def _die(bench: Bench, calls: int, *, answered: bool) -> None:
    """Run a lane until it dies at that store call, and let time pass."""
    dying = Dying(bench.stored, calls)
    bench.lanes = dying
    if not answered:
        bench.xledger.faults = [None, (NO_ANSWER, True)]
    with suppress(Killed):
        asyncio.run(bench.lane().run(asyncio.Event()))
    bench.lanes = bench.stored.lanes
    bench.stored.expire(bench.connection)
    # the next owner lands who was in flight
    assert bench.stored.lanes.claim(bench.connection.id, "next", 1.0, 0.0) is not None
    bench.stored.expire(bench.connection)
    bench.stored.set(dirty, dirty.c.open, due=0)


@pytest.mark.rule("R-82")
@pytest.mark.parametrize("awaited", range(1, 6))
def test_cancelled_while_a_request_is_under_way_the_end_is_the_same(
    bench: Bench, awaited: int
) -> None:
    """The request is done all the same; a new owner takes over what it made."""
    events = want(bench, 1, 2)

    class Hanging(FakeXledger):
        async def write(self, roots: Any) -> Any:
            answer = await super().write(roots)
            if len(self.writes) == awaited:
                await asyncio.Event().wait()
            return answer

    old = bench.xledger
    bench.xledger = Hanging(old.entity, records=old.records, codes=old.codes, ties=old.ties)

    async def cancelled() -> None:
        lane = bench.lane()
        task = asyncio.create_task(lane.run(asyncio.Event()))
        await bench.wait(
            lambda: len(bench.xledger.writes) == awaited or bench.all_ended(*events)(), lane, task
        )
        await bench.kill(task)

    asyncio.run(cancelled())
    last = bench.xledger
    bench.xledger = FakeXledger(
        old.entity, records=last.records, codes=last.codes, ties=last.ties, numbers=last.numbers
    )
    lane = bench.lane("next")
    bench.stored.set(dirty, dirty.c.open, due=0)
    bench.run(bench.all_ended(*events), lane)
    everybody_once(bench, 1, 2)


@pytest.mark.rule("R-36")
def test_an_employment_id_in_use_by_somebody_linked_fails(bench: Bench) -> None:
    """Nothing is made, and the letter says why."""
    bench.hire(9)
    bench.xledger.codes["9e"] = "00001"
    (event,) = want(bench, 1)
    bench.run(bench.all_ended(event))
    assert bench.stored.ended()[event] == ("dead-lettered", "employment id in use")
    assert bench.xledger.writes == []


@pytest.mark.rule("R-36", "R-37")
def test_an_unlinked_employee_with_the_employment_id_exists(bench: Bench) -> None:
    """The link becomes `exists`, for a human to decide at the next sync."""
    bench.xledger.codes[bench.xledger.add(9, Root.EMPLOYEE)] = "00001"
    (event,) = want(bench, 1)
    bench.run(bench.all_ended(event))
    assert bench.stored.ended()[event] == ("skipped", "exists in Xledger")
    assert bench.stored.state(bench.connection, person(1)) == "exists"


@pytest.mark.rule("R-36")
def test_the_last_listing_knows_the_email(bench: Bench) -> None:
    """An email that the last listing had of an employee nobody is linked to: it exists."""
    listed = ListedEmployee("77", "78", "79", None, "P1@X.NO", None, None)
    lease = bench.stored.claim(bench.connection)
    bench.stored.sync.remember_employees(lease, [(listed, "p1@x.no")])
    bench.stored.lanes.release([lease])
    first, second = want(bench, 1, 2)
    bench.run(bench.all_ended(first, second))
    assert bench.stored.ended()[first] == ("skipped", "exists in Xledger")
    assert bench.results()[second] == "applied"


@pytest.mark.rule("R-87")
def test_a_bad_field_is_left_out_of_a_creation(bench: Bench) -> None:
    """The person is made without it; the field fails, and the others are applied."""
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "40000001")]
    (event,) = want(bench, 1)
    bench.run(bench.all_ended(event))
    (outcome,) = bench.stored.outcomes()
    assert {name: end["result"] for name, end in outcome["fields"].items()} == {
        "email": "applied", "givenName": "applied", "familyName": "applied",
        "employmentId": "applied", "phone": "failed",
    }  # fmt: skip
    everybody_once(bench, 1)


@pytest.mark.rule("R-87")
def test_a_refused_creation_fails_by_its_own_reason(bench: Bench) -> None:
    """What our mapping left out is still skipped; the rest fails as refused."""
    bench.xledger.bad = [Bad(Target.CONTACT_EMAIL, "p1@x.no")]
    bench.hire(1, state=LinkState.WANTED)
    (event,) = bench.change({1: {**whole(1), "gender": "Other"}})
    bench.run(bench.all_ended(event))
    (outcome,) = bench.stored.outcomes()
    assert (outcome["result"], outcome["reason"]) == ("dead-lettered", "refused by Xledger")
    assert outcome["fields"]["gender"]["result"] == "skipped"
    assert bench.stored.state(bench.connection, person(1)) == "wanted"


@pytest.mark.rule("R-37")
def test_a_half_made_person_is_completed_once_corrected(bench: Bench) -> None:
    """A supplier refused leaves the contact; the corrected person gets the rest, and no second."""
    bench.xledger.bad = [Bad(Target.SUBLEDGER_EMAIL, "p1@x.no")]
    (event,) = want(bench, 1)
    bench.run(bench.all_ended(event))
    assert len(bench.xledger.records[Root.CONTACT]) == 1
    bench.xledger.bad = []
    bench.run(bench.all_ended(*bench.change({1: {"phone": "41"}})))
    assert len(bench.xledger.records[Root.CONTACT]) == 1
    assert len(bench.xledger.records[Root.EMPLOYEE]) == 1
    assert bench.stored.state(bench.connection, person(1)) == "linked"


@pytest.mark.rule("R-32")
def test_who_lacks_something_is_created_once_it_is_there(bench: Bench) -> None:
    """Skipped while the email is missing; the change that fills it creates the whole person."""
    bench.hire(1, state=LinkState.WANTED)
    first = bench.change({1: {**whole(1), "email": " \u200b"}})
    bench.run(bench.all_ended(*first))
    assert bench.stored.ended()[first[0]] == ("skipped", "missing email")
    assert bench.xledger.writes == []
    bench.run(bench.all_ended(*bench.change({1: {"email": "p1@x.no"}})))
    everybody_once(bench, 1)


@pytest.mark.rule("R-37", "R-82", "R-85")
@pytest.mark.parametrize("at", ["look-up", "write", "lost", "refused"])
def test_a_creation_that_only_a_bad_field_asks_for_is_not_forgotten(bench: Bench, at: str) -> None:
    """Somebody wanted is created by whatever changes next, also when Xledger is away just then."""
    bad = Bad(Target.CONTACT_EMAIL, "p1@x.no", "none")
    bench.xledger.bad = [bad]
    bench.run(bench.all_ended(*want(bench, 1)))
    bench.xledger.bad = [replace(bad, retry=True)] if at == "refused" else []
    if at in {"write", "lost"}:
        bench.xledger.faults = [(AWAY, False) if at == "write" else (NO_ANSWER, True)]
    failures = [AWAY] if at == "look-up" else []

    def away(operation: str) -> None:
        if operation == "look_up" and failures:
            raise failures.pop()

    bench.xledger.trouble = away
    (event,) = bench.change({1: {"bankAccount": {"number": "1", "country": "NO"}}})
    if at == "refused":
        bench.run(lambda: bench.attempts() == [1])
        bench.xledger.bad = []
    bench.run(bench.all_ended(event))
    assert bench.stored.ended()[event] == ("dead-lettered", "invalid bank account")
    everybody_once(bench, 1)


@pytest.mark.rule("R-82")
def test_a_null_of_somebody_not_yet_created_waits_with_the_rest(bench: Bench) -> None:
    """A cleared field is no success while nothing was made."""
    bench.hire(1, state=LinkState.WANTED)
    events = bench.change({1: {**whole(1), "phone": None}})
    bench.xledger.faults = [(Unavailable("away"), False)]
    bench.run(bench.all_ended(*events))
    (outcome,) = bench.stored.outcomes()
    assert {end["result"] for end in outcome["fields"].values()} == {"applied"}
    everybody_once(bench, 1)


@pytest.mark.rule("R-09")
def test_two_connections_of_one_company_make_a_person_once(stored: Stored) -> None:
    """The second group's connection finds the person taken, and says so."""
    one = Bench(stored, "c1", group="g1")
    (first,) = want(one, 1)
    one.run(one.all_ended(first))
    two = copy(one)
    two.connection = stored.connect("c2", entity=one.connection.entity, group="g2")
    stored.linked(two.connection, person(1), state=LinkState.WANTED)
    (second,) = two.change({1: whole(1)})
    two.run(two.all_ended(second))
    assert stored.ended()[second] == ("skipped", "linked by another connection")
    assert len(one.xledger.records[Root.EMPLOYEE]) == 1
    assert stored.state(two.connection, person(1)) == "wanted"


@pytest.mark.rule("R-82")
def test_what_changed_between_the_steps_is_written_too(bench: Bench) -> None:
    """A phone number changed while the contact was there and the employee not: it goes out."""
    bench.xledger.faults = [None, (Unavailable("away"), False)]
    events = want(bench, 1)
    bench.run(lambda: len(bench.xledger.writes) == 2)
    bench.run(bench.all_ended(*events, *bench.change({1: {"phone": "77"}})))
    (contact,) = bench.xledger.records[Root.CONTACT]
    assert bench.xledger.has(Target.CONTACT_PHONE, contact) == "77"
    everybody_once(bench, 1)


@pytest.mark.rule("R-82")
@pytest.mark.parametrize("step", [0, 1])
def test_a_younger_change_shortens_no_settle_time(bench: Bench, step: int) -> None:
    """What may still be written is looked for once it must be there, whatever changes meanwhile."""
    bench.xledger.faults = [None] * step + [(NO_ANSWER, False)]
    events = want(bench, 1)
    bench.run(lambda: len(bench.xledger.writes) == step + 1)
    lost = bench.xledger.at[-1]
    bench.run(bench.all_ended(*events, *bench.change({1: {"birthDate": "1990-05-17"}})))
    looked = [
        at
        for (kind,), at in zip(bench.xledger.requests, bench.xledger.at, strict=True)
        if kind == "look_up"
    ]
    assert looked[1] - lost >= bench.limits.settle
    everybody_once(bench, 1)
