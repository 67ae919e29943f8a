"""What an answer makes of people: ends, confirmations, links, retries (`design.md`, Answers)."""

from dataclasses import replace

import pytest

from connectors.store.tables import audit, confirmed, dirty, lane, link
from processors.ports.intake import Ended
from processors.ports.lane import Again, FieldEnd, LinkChange, PersonResult, Result
from schemas.connection import Connection, LinkState
from schemas.employee import Root, Target
from schemas.letter import parse
from schemas.outcome import Result as EventResult
from schemas.reasons import Code
from schemas.topics import DEAD_LETTERS
from tests.fixtures.stored import KARI, OLA, Stored, waiting


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection with two linked people."""
    one = stored.connect()
    stored.people(KARI, OLA)
    stored.linked(one, KARI, OLA)
    return one


def applied(turns: dict[str, int], result: Result = Result.APPLIED) -> PersonResult:
    """Return a result in which every field ended the same."""
    ends = tuple(FieldEnd(name, turn, result) for name, turn in turns.items())
    return PersonResult(KARI.user, ends, turn=max(turns.values()))


@pytest.mark.rule("R-80")
def test_what_was_applied_is_clean_and_told(stored: Stored, one: Connection) -> None:
    """The fields are clean, the event has ended, and the person may be taken again."""
    turns = stored.change(one, KARI, 1, {"phone": "1", "email": "k@x.no"})
    lease = stored.claim(one)
    stored.subject(lease)
    (ended,) = stored.lanes.finish(lease, [applied(turns)])
    assert (ended.result, ended.reason) == (EventResult.APPLIED, None)
    assert ended.seconds is not None
    assert stored.open(one) == {}
    assert stored.ended() == {"e1": ("applied", None)}
    assert stored.rows(link.c.flight_epoch, link.c.flight_at) == [(None, None)] * 2


@pytest.mark.rule("R-83")
def test_a_newer_turn_stays_dirty(stored: Stored, one: Connection) -> None:
    """The answer says nothing of what became dirty while it was awaited."""
    first = stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    stored.subject(lease)
    second = stored.change(one, KARI, 2, {"phone": "2"})
    stored.finish(lease, applied(first))
    assert stored.open(one) == second
    assert stored.subject(lease).dirty[0].version == 2


@pytest.mark.rule("R-112", "R-84")
def test_confirmed_is_what_xledger_acknowledged(stored: Stored, one: Connection) -> None:
    """Each target keeps the newest value, with its turn; another connection's is another's."""
    two = stored.connect("c2")
    lease = stored.claim(one)
    for value, turn in (("old", 5), ("new", 6)):
        stored.finish(
            lease, PersonResult(KARI.user, confirmed={Target.CONTACT_PHONE: value}, turn=turn)
        )
    assert stored.rows(confirmed.c.connection, confirmed.c.turn) == [(one.id, 6)]
    stored.change(one, KARI, 1, {"phone": "new"})
    assert stored.subject(lease).confirmed == {Target.CONTACT_PHONE: "new"}
    stored.linked(two, KARI)
    stored.change(two, KARI, 2, {"phone": "new"})
    assert stored.subject(stored.claim(two)).confirmed == {}


@pytest.mark.rule("R-102")
def test_the_audit_names_the_record_and_its_fields(stored: Stored, one: Connection) -> None:
    """One row for each record that was written: its dbId and field names, no value."""
    written = {
        Target.CONTACT_PHONE: "canary",
        Target.CONTACT_EMAIL: "canary",
        Target.SUBLEDGER_PHONE: "canary",
    }
    records = {Root.CONTACT: "71", Root.SUBLEDGER: "72"}
    stored.finish(
        stored.claim(one), PersonResult(KARI.user, confirmed=written, turn=1, records=records)
    )
    rows = stored.rows(audit.c.action, audit.c.object, audit.c.fields, audit.c.person)
    assert [row for row in rows if row[0] == "employee.written"] == [
        ("employee.written", "contact:71", "contact.phone,contact.email", KARI.user),
        ("employee.written", "subledger:72", "subledger.phone", KARI.user),
    ]


@pytest.mark.rule("R-102")
def test_the_audit_names_the_events_and_who_made_them(stored: Stored, one: Connection) -> None:
    """Of each field the newest event that was sent; one that came since is not its cause."""
    first, second, third = (
        replace(waiting(one, KARI, version, fields), actor=actor)
        for version, fields, actor in ((1, ("phone",), "anne"), (2, ("phone", "email"), "berit"),
                                       (3, ("birthDate",), "cecilie"))
    )  # fmt: skip
    with stored.intake.transaction() as transaction:
        for event, turn in ((first, 1), (second, 2), (third, 9)):
            transaction.wait([(event, dict.fromkeys(event.fields, turn))])
    values = {Target.CONTACT_PHONE: "canary"}
    stored.finish(stored.claim(one), PersonResult(KARI.user, confirmed=values, turn=2))
    rows = stored.rows(audit.c.action, audit.c.actor, audit.c.event)
    assert [row[1:] for row in rows if row[0] == "employee.written"] == [("berit", second.outcome)]


@pytest.mark.rule("R-85", "R-87")
def test_a_retry_waits_and_counts(stored: Stored, one: Connection) -> None:
    """The field is due later, with one attempt more; the first failure stays the first."""
    turn = stored.change(one, KARI, 1, {"phone": "1", "email": "k@x.no"})["phone"]
    lease = stored.claim(one)
    again = Again("phone", turn, 60.0, attempted=True)
    for _ in range(2):
        stored.finish(lease, PersonResult(KARI.user, again=(again,)))
    row, other = stored.rows(
        dirty.c.attempts, dirty.c.unsure, dirty.c.due, dirty.c.first_failed_at
    )[::-1]
    assert row[:2] == (2, False)
    assert other == (0, False, 0, None)
    assert 59_000 < row[2] - row[3] <= 61_000
    assert [field.field for field in stored.subject(lease).dirty] == ["email"]


@pytest.mark.rule("R-85")
def test_what_is_unsure_stays_so_until_it_ends(stored: Stored, one: Connection) -> None:
    """An ambiguous write is sent again also when equal to the confirmed value."""
    turn = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.finish(lease, PersonResult(KARI.user, again=(Again("phone", turn, 0.0, unsure=True),)))
    stored.finish(lease, PersonResult(KARI.user, again=(Again("phone", turn, 0.0),)))
    assert stored.subject(lease).dirty[0].unsure
    stored.finish(lease, applied({"phone": turn}))
    assert stored.rows(dirty.c.unsure, dirty.c.attempts, dirty.c.open) == [(False, 0, False)]


@pytest.mark.rule("R-83", "R-85")
def test_a_failure_does_not_hold_up_a_newer_value(stored: Stored, one: Connection) -> None:
    """A refusal of the old value is not an attempt of the new one, which goes out at once."""
    old = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.subject(lease)
    stored.change(one, KARI, 2, {"phone": "2"})
    again = Again("phone", old, 600.0, attempted=True)
    stored.finish(lease, PersonResult(KARI.user, again=(again,)))
    assert stored.rows(dirty.c.attempts, dirty.c.due, dirty.c.first_failed_at) == [(0, 0, None)]
    assert stored.subject(lease).dirty[0].version == 2


@pytest.mark.rule("R-85")
def test_a_newer_value_waits_for_what_may_still_be_written(stored: Stored, one: Connection) -> None:
    """Else a late commit of the old value could overtake it."""
    old = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.subject(lease)
    stored.change(one, KARI, 2, {"phone": "2"})
    stored.finish(lease, PersonResult(KARI.user, again=(Again("phone", old, 60.0, unsure=True),)))
    ((unsure, due),) = stored.rows(dirty.c.unsure, dirty.c.due)
    assert unsure
    assert due > 0
    assert stored.take(lease).people == ()


@pytest.mark.rule("R-87", "R-90")
def test_one_bad_field_does_not_stop_the_others(stored: Stored, one: Connection) -> None:
    """The event is failed with one letter that names the field; the other field is applied."""
    turns = stored.change(one, KARI, 1, {"phone": "1", "email": "k@x.no"})
    lease = stored.claim(one)
    stored.subject(lease)
    good = FieldEnd("email", turns["email"], Result.APPLIED)
    bad = FieldEnd("phone", turns["phone"], Result.FAILED, Code.REFUSED, (), 3)
    stored.finish(lease, PersonResult(KARI.user, (good, bad), turn=1))
    assert stored.ended() == {"e1": ("dead-lettered", "refused by Xledger")}
    (letter,) = [row for row in stored.outbox.rows(0, 9) if row.topic == DEAD_LETTERS.name]
    said = parse(letter.headers)
    assert (letter.key, letter.value) == (b"the key", b'{"whole": "record"}')
    assert (said.fields, said.attempts, said.connection) == (("phone",), 3, one.id)


@pytest.mark.rule("R-37")
def test_a_link_changes_only_where_told(stored: Stored, one: Connection) -> None:
    """What is None stays; being linked is dated."""
    lease = stored.claim(one)
    columns = (
        link.c.state, link.c.contact, link.c.subledger, link.c.employee, link.c.incomplete,
    )  # fmt: skip
    stored.set(link, link.c.person == OLA.user, state="declined")
    changes = [
        (LinkChange(LinkState.WANTED, "1"), ("wanted", "1", None, None, False)),
        (LinkChange(subledger="2", incomplete=True), ("wanted", "1", "2", None, True)),
        (LinkChange(LinkState.LINKED, employee="3"), ("linked", "1", "2", "3", True)),
        (LinkChange(incomplete=False), ("linked", "1", "2", "3", False)),
    ]
    for change, row in changes:
        stored.finish(lease, PersonResult(KARI.user, link=change))
        assert stored.rows(*columns) == [("declined", None, None, None, False), row]
    ((_, linked_at),) = [row for row in stored.rows(link.c.person, link.c.linked_at) if row[1]]
    assert linked_at > 0


def test_a_person_may_stay_in_flight(stored: Stored, one: Connection) -> None:
    """Between the steps of a creation nobody else takes the person."""
    stored.change(one, KARI, 1, {"phone": "1"})
    lease = stored.claim(one)
    stored.subject(lease)
    stored.finish(lease, PersonResult(KARI.user, keep=True))
    assert stored.take(lease).people == ()


def test_a_size_is_kept_where_told(stored: Stored, one: Connection) -> None:
    """The halved size of requests outlives its owner; None leaves it."""
    lease = stored.claim(one)
    stored.lanes.finish(lease, [], 250)
    stored.lanes.finish(lease, [], None)
    assert stored.rows(lane.c.batch_size) == [(250,)]


def test_many_people_are_recorded_at_once(stored: Stored, one: Connection) -> None:
    """Results of a whole request are one transaction, whatever became of each."""
    mine = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    other = stored.change(one, OLA, 2, {"phone": "2"})["phone"]
    lease = stored.claim(one)
    stored.take(lease)
    ended = stored.lanes.finish(
        lease,
        [
            PersonResult(KARI.user, (FieldEnd("phone", mine, Result.UNCHANGED),)),
            PersonResult(
                OLA.user,
                (FieldEnd("phone", other, Result.SKIPPED, Code.NOT_LINKED),),
                link=LinkChange(LinkState.GONE),
            ),
        ],
    )
    assert sorted(ended, key=repr) == [
        Ended(EventResult.SKIPPED, Code.NOT_LINKED),
        Ended(EventResult.UNCHANGED, None),
    ]
    assert (stored.state(one), stored.state(one, OLA)) == ("linked", "gone")


@pytest.mark.rule("R-43")
def test_a_warning_that_is_given_once_is_kept_with_the_link(
    stored: Stored, one: Connection
) -> None:
    """For this person and connection only; others may be given any time."""
    other = stored.connect("c2", group="g2")
    for version, (each, key) in enumerate(((one, KARI), (one, OLA), (other, KARI)), 1):
        stored.linked(each, key)
        stored.change(each, key, version, {"bankAccount": {"number": "1", "country": "SE"}})
    lease = stored.claim(one)
    warnings = (Code.CHARACTERS_REMOVED, Code.ACCOUNT_COUNTRY_NOT_WRITTEN)
    said = FieldEnd("bankAccount", 1, Result.APPLIED, None, warnings)
    plain = FieldEnd("bankAccount", 1, Result.APPLIED, None, (Code.CHARACTERS_REMOVED,))
    for end in (said, plain, said):
        stored.finish(lease, PersonResult(KARI.user, (end,)))
    warned = {subject.user: subject.warned for subject in stored.take(lease).people}
    assert warned == {KARI.user: {Code.ACCOUNT_COUNTRY_NOT_WRITTEN}, OLA.user: frozenset()}
    assert stored.subject(stored.claim(other)).warned == frozenset()


@pytest.mark.rule("R-43")
def test_what_was_not_decided_has_not_warned(stored: Stored, one: Connection) -> None:
    """A field that is tried again has no outcome yet, and so nobody was told."""
    turns = stored.change(one, KARI, 1, {"bankAccount": {"number": "1", "country": "SE"}})
    lease = stored.claim(one)
    again = Again("bankAccount", turns["bankAccount"], 0.0)
    stored.finish(lease, PersonResult(KARI.user, again=(again,)))
    assert stored.subject(lease).warned == frozenset()
