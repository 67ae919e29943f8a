"""Taking work: whose turn it is, and what goes with it (`design.md`, Taking work)."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection as Transaction
from sqlalchemy import event

from connectors.store.tables import confirmed, dirty, lane, link
from processors.ports.intake import StoredPerson, Value
from processors.ports.lane import (
    Claim,
    Dirty,
    Facts,
    FieldEnd,
    Intent,
    LaneStatus,
    Origin,
    PersonResult,
    Result,
    Step,
)
from schemas.connection import Connection, LaneState, LinkState
from schemas.employee import Target
from schemas.person import PersonKey
from schemas.reasons import Code
from tests.fixtures.stored import FOREVER, KARI, OLA, ORGANIZATION, Stored


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection with two linked people."""
    one = stored.connect()
    stored.people(KARI, OLA)
    stored.linked(one, KARI, OLA)
    return one


def person(number: int) -> PersonKey:
    """Return somebody."""
    return PersonKey(ORGANIZATION, f"9b2e0c1a-0000-4000-8000-{number:012}")


def turn(stored: Stored, key: PersonKey, turn: int) -> None:
    """Let a person's fields have become dirty at another time."""
    stored.set(dirty, dirty.c.person == key.user, turn=turn)


def test_everything_the_lane_asks_for_comes_at_once(stored: Stored, one: Connection) -> None:
    """Facts, link, open fields, projection with versions, and what was confirmed."""
    stored.people(
        KARI, type="user", type_version=1, active=True, active_version=3, groups=("g1",),
        groups_version=4,
    )  # fmt: skip
    stored.set(link, link.c.person == KARI.user, contact="1", subledger="2", employee="3")
    turns = stored.change(one, KARI, 5, {"phone": "1", "homeAddress": {"city": "Oslo"}})
    lease = stored.claim(one)
    written = {Target.CONTACT_PHONE: "0", Target.CONTACT_GENDER: None}
    stored.finish(lease, PersonResult(KARI.user, confirmed=written, turn=1, keep=True))
    stored.set(dirty, dirty.c.field == "homeAddress", open=False)
    subject = stored.subject(lease)
    assert subject.user == KARI.user
    assert subject.facts == Facts("user", True, 3, ("g1",), 4, deleted=False)  # noqa: FBT003 - a row
    assert (subject.state, subject.incomplete) == (LinkState.LINKED, False)
    assert (subject.contact, subject.subledger, subject.employee) == ("1", "2", "3")
    assert subject.dirty == (Dirty("phone", turns["phone"], 5, Origin.EVENT, 0, unsure=False),)
    assert subject.touched == {"phone", "homeAddress"}
    assert dict(subject.projection) == {"phone": "1", "homeAddress": {"city": "Oslo"}}
    assert subject.versions == {"phone": 5, "homeAddress": 5}
    assert subject.confirmed == written
    assert subject.intent is None
    assert "Oslo" not in repr(subject)


def test_events_go_before_requests_then_by_turn(stored: Stored, one: Connection) -> None:
    """A flood of requests does not hold up what Huma's users do."""
    order = [(3, 0, 30), (1, 1, 10), (2, 0, 20), (4, 1, 5)]
    for number, origin, at in order:
        stored.people(person(number))
        stored.linked(one, person(number))
        stored.change(one, person(number), number, {"phone": "1"}, origin=origin)
        turn(stored, person(number), at)
    lease = stored.claim(one)
    taken = [stored.take(lease, 1).people[0].user for _ in order]
    assert taken == [person(number).user for number in (2, 3, 4, 1)]
    assert stored.take(lease, 1).people == ()


def test_a_request_takes_its_person_with_everything_open(stored: Stored, one: Connection) -> None:
    """The first people are chosen, then all of their open fields go, whatever their turn."""
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(one, KARI, 2, {"email": "k@x.no"}, origin=1)
    subject = stored.subject(stored.claim(one))
    origins = {field.field: field.origin for field in subject.dirty}
    assert origins == {"phone": Origin.EVENT, "email": Origin.REQUEST}


def test_no_more_people_than_asked_for(stored: Stored, one: Connection) -> None:
    """A person's ten fields count as one person."""
    people = [person(number) for number in range(5)]
    stored.people(*people)
    stored.linked(one, *people)
    for key in people:
        stored.change(one, key, 1, {f"f{number}": number for number in range(10)})
    work = stored.take(stored.claim(one), 3)
    assert [len(subject.dirty) for subject in work.people] == [10, 10, 10]


def test_a_person_is_in_one_request_at_a_time(stored: Stored, one: Connection) -> None:
    """Whoever is in flight is not taken again before the answer."""
    stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    assert len(stored.take(lease).people) == 1
    stored.change(one, KARI, 2, {"email": "k@x.no"})
    assert stored.take(lease).people == ()
    stored.finish(lease, PersonResult(KARI.user))
    assert len(stored.take(lease).people) == 1


def test_a_lone_change_lingers(stored: Stored, one: Connection) -> None:
    """Saving one form raises several events: the first waits a little for the others."""
    stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    assert stored.take(lease, linger=60.0).people == ()
    assert len(stored.take(lease, linger=0.0).people) == 1


def test_what_is_not_due_is_left(stored: Stored, one: Connection) -> None:
    """A retry does not block the head; the lane learns when there is more to do."""
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(one, KARI, 2, {"email": "k@x.no"})
    stored.set(dirty, dirty.c.field == "email", due=FOREVER)
    lease = stored.claim(one)
    subject = stored.subject(lease)
    assert [field.field for field in subject.dirty] == ["phone"]
    assert subject.touched == {"phone", "email"}
    work = stored.take(lease)
    assert work.people == ()
    assert work.next_due is not None


def test_without_work_nothing_is_due(stored: Stored, one: Connection) -> None:
    """An idle lane waits for its next wake, not for a time."""
    assert stored.take(stored.claim(one)).next_due is None


@pytest.mark.rule("R-88")
def test_who_failed_travels_with_others_who_failed(stored: Stored, one: Connection) -> None:
    """One bad person is kept out of the good ones' requests."""
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(one, OLA, 2, {"phone": "2"})
    stored.set(dirty, dirty.c.person == KARI.user, attempts=1)
    lease = stored.claim(one)
    (good,) = stored.take(lease, suspects=False).people
    (bad,) = stored.take(lease, suspects=True).people
    assert (good.user, bad.user) == (OLA.user, KARI.user)
    assert bad.dirty[0].attempts == 1


@pytest.mark.rule("R-88", "R-80")
def test_after_a_letter_a_correction_goes_with_the_others(stored: Stored, one: Connection) -> None:
    """It is a value of its own, and does not wait until nobody else has work (ADR 0011)."""
    turn = stored.change(one, KARI, 1, {"phone": "bad"})["phone"]
    stored.set(dirty, dirty.c.person == KARI.user, attempts=4)
    lease = stored.claim(one)
    stored.take(lease, suspects=True)
    letter = FieldEnd("phone", turn, Result.FAILED, Code.EXHAUSTED, (), 5)
    stored.finish(lease, PersonResult(KARI.user, (letter,)))
    stored.change(one, KARI, 2, {"phone": "good"})
    stored.change(one, OLA, 3, {"phone": "2"})
    together = stored.take(lease, suspects=False).people
    assert {each.user for each in together} == {KARI.user, OLA.user}


@pytest.mark.rule("R-97")
@pytest.mark.parametrize(
    ("state", "taken"),
    [
        (LinkState.LINKED, False),
        (LinkState.WANTED, False),
        (LinkState.CREATING, False),
        (LinkState.UNLINKED, True),
        (LinkState.EXISTS, True),
    ],
)
def test_who_was_never_read_whole_waits_for_huma(
    stored: Stored, one: Connection, state: LinkState, *, taken: bool
) -> None:
    """Nothing is written for an incomplete person; what ends without a write ends."""
    stored.people(person(1), complete=False)
    stored.linked(one, person(1), state=state)
    stored.change(one, person(1), 1, {"phone": "1"})
    assert len(stored.take(stored.claim(one)).people) == taken


def test_who_has_no_link_yet_gets_one(stored: Stored, one: Connection) -> None:
    """So that being in flight can be noted."""
    stored.people(person(1))
    stored.change(one, person(1), 1, {"phone": "1"})
    assert stored.subject(stored.claim(one)).state is LinkState.UNLINKED
    assert stored.state(one, person(1)) == "unlinked"


@pytest.mark.rule("R-71", "R-101")
def test_the_gates_conditions_are_read_with_the_work(stored: Stored, one: Connection) -> None:
    """Whoever was locked or moved since the event is seen so when taken."""
    stored.change(one, KARI, 5, {"phone": "1"})
    stored.people(KARI, active=False, active_version=6, groups=(), groups_version=7)
    subject = stored.subject(stored.claim(one))
    assert (subject.facts.active, subject.facts.active_version) == (False, 6)
    assert (subject.facts.groups, subject.versions["phone"]) == ((), 5)


@pytest.mark.postgres
@pytest.mark.rule("R-71")
def test_no_value_is_younger_than_the_lock_it_is_judged_by(postgresql_stored: Stored) -> None:
    """A lock that is stored while work is taken is seen with whatever is stored after it."""
    stored = postgresql_stored
    one = stored.connect()
    stored.people(KARI, active=True, active_version=1)
    stored.linked(one, KARI)
    stored.change(one, KARI, 5, {"phone": "1"})
    lease = stored.claim(one)
    seen: list[str] = []

    @event.listens_for(stored.store._engine, "after_cursor_execute")
    def meanwhile(_c: Transaction, _cur: object, sql: str, *_: object) -> None:
        if not seen and ("JOIN person AS p" in sql or "JOIN field AS f" in sql) and " AS k " in sql:
            seen.append(sql)
            with stored.intake.transaction() as transaction:
                locked = StoredPerson(active=False, active_version=6)
                transaction.save_people({KARI: locked})
                transaction.merge([Value(KARI, "phone", 7, b"", "too young")])

    subject = stored.subject(lease)
    event.remove(stored.store._engine, "after_cursor_execute", meanwhile)
    assert seen
    assert (subject.facts.active_version, subject.versions["phone"]) in {(6, 5), (6, 7), (1, 5)}


@pytest.mark.parametrize(
    "status",
    [LaneStatus(LaneState.HELD), LaneStatus(LaneState.PAUSED, "by hand")],
    ids=["held", "paused"],
)
@pytest.mark.rule("R-93", "R-94")
def test_a_lane_that_a_human_stopped_takes_nobody(
    stored: Stored, one: Connection, status: LaneStatus
) -> None:
    """The state is read in the same transaction, so that a pause holds from its commit on."""
    stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    stored.set(lane, lane.c.connection == one.id, state=status.state.value, reason=status.reason)
    work = stored.take(lease)
    assert work.people == ()
    assert (work.status.state, work.status.reason) == (status.state, status.reason)
    assert stored.rows(link.c.flight_epoch) == [(None,), (None,)]


def test_the_newest_request_is_remembered(stored: Stored, one: Connection) -> None:
    """Its age is the limiter's memory for the next owner; unknown, it stays what it was."""
    lease = stored.claim(one)
    stored.take(lease, idle=None)
    assert stored.rows(lane.c.requested_at) == [(0,)]
    stored.take(lease, idle=0.0)
    ((at,),) = stored.rows(lane.c.requested_at)
    stored.take(lease, idle=3.0)
    ((older,),) = stored.rows(lane.c.requested_at)
    assert 2000 < at - older <= 3000


@pytest.mark.rule("R-100")
def test_a_lane_takes_its_own_connections_work(stored: Stored, one: Connection) -> None:
    """A person in two groups is two connections' work, each with its own link and answers."""
    two = stored.connect("c2")
    stored.linked(two, KARI, state=LinkState.WANTED)
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(two, KARI, 2, {"email": "k@x.no"})
    subject = stored.subject(stored.claim(two, "another process"))
    assert [field.field for field in subject.dirty] == ["email"]
    assert subject.state is LinkState.WANTED
    assert len(stored.take(stored.claim(one)).people) == 1


@pytest.mark.rule("R-82")
def test_an_open_intent_comes_with_the_person(stored: Stored, one: Connection) -> None:
    """It is resolved before anything else; its keys are opened, and never printed."""
    stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    stored.subject(lease)
    intent = Intent(Step.EMPLOYEE, "S-canary", "E-canary", "k@canary.no", ("7", "8"))
    stored.lanes.begin(lease, [Claim(KARI.user, intent)], one.company)
    stored.finish(lease, PersonResult(KARI.user))
    subject = stored.subject(lease)
    assert subject.intent == intent
    assert "canary" not in repr(subject)


def test_a_cleared_target_is_confirmed_as_null(stored: Stored, one: Connection) -> None:
    """Null is what Xledger acknowledged, and not the same as never written."""
    stored.change(one, KARI, 1, {"gender": None})
    lease = stored.claim(one)
    written = PersonResult(KARI.user, confirmed={Target.CONTACT_GENDER: None}, turn=7)
    stored.finish(lease, replace(written, keep=True))
    assert stored.rows(confirmed.c.target, confirmed.c.value) == [("contact.gender", None)]
    subject = stored.subject(lease)
    assert subject.confirmed == {Target.CONTACT_GENDER: None}
    assert dict(subject.projection) == {"gender": None}
