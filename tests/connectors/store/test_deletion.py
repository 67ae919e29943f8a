"""A person deleted in Huma: values go at once, a tombstone stays (R-78)."""

import pytest

from connectors.store.tables import (
    confirmed,
    dirty,
    field,
    intent,
    link,
    pending,
    person,
    position,
)
from processors.ports.huma import HumaPerson
from processors.ports.intake import Value
from processors.ports.lane import (
    Claim,
    FieldEnd,
    Intent,
    LinkChange,
    PersonResult,
    Result,
    Step,
    Unread,
)
from schemas.connection import LinkState
from schemas.employee import Target
from tests.fixtures.stored import KARI, OLA, Stored

SEALED = (field.c.value, position.c.value, confirmed.c.value, intent.c["keys"])


def delete(stored: Stored) -> None:
    """Let Kari be deleted."""
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])


def values(stored: Stored) -> int:
    """Count the sealed values of everybody."""
    return sum(len(stored.rows(column)) for column in SEALED)


@pytest.mark.rule("R-78")
def test_values_go_and_the_tombstone_stays(stored: Stored) -> None:
    """Ids, time and digest stay; every value, and what is pending, goes."""
    one = stored.connect()
    stored.people(KARI, OLA)
    stored.linked(one, KARI, OLA, company=one.company)
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(KARI, "email", 1, b"", "K@x.no", digest_of="k@x.no")])
        transaction.merge_positions([Value(KARI, "p1", 1, b"", {"id": "p1"})])
    turn = stored.change(one, KARI, 2, {"phone": "1"})["phone"]
    stored.change(one, OLA, 3, {"phone": "2"})
    written = PersonResult(KARI.user, confirmed={Target.CONTACT_PHONE: "1"}, turn=turn)
    stored.finish(stored.claim(one), written)
    delete(stored)
    assert stored.ended() == {"e2": ("skipped", "deleted")}
    assert stored.rows(field.c.person, field.c.field) == [(OLA.user, "phone")]
    assert (stored.rows(position.c.person), stored.rows(confirmed.c.person)) == ([], [])
    assert stored.rows(pending.c.person) == [(OLA.user,)]
    tombstone = dict.fromkeys([row[0] for row in stored.rows(person.c.email_digest) if row[0]])
    assert len(tombstone) == 1
    with stored.intake.transaction() as transaction:
        known = transaction.people([KARI, OLA])
    assert (known[KARI].deleted, known[OLA].deleted) == (True, False)
    assert (stored.state(one), stored.state(one, OLA)) == ("deleted", "linked")


@pytest.mark.rule("R-78")
def test_the_turn_survives_a_deletion(stored: Stored) -> None:
    """What was dirty is closed, and its row kept."""
    one = stored.connect()
    turn = stored.change(one, KARI, 2, {"phone": "1"})["phone"]
    delete(stored)
    assert stored.rows(dirty.c.open, dirty.c.turn) == [(False, turn)]


@pytest.mark.rule("R-79")
def test_who_was_never_known_can_be_deleted(stored: Stored) -> None:
    """Delete before create, out of order, leaves a tombstone."""
    delete(stored)
    with stored.intake.transaction() as transaction:
        assert transaction.people([KARI])[KARI].deleted


@pytest.mark.rule("R-75", "R-78")
def test_the_link_lets_the_company_go(stored: Stored) -> None:
    """The record's ids stay for the next sync; nobody is held any more."""
    one = stored.connect()
    stored.linked(one, KARI, company=one.company, employee="7")
    delete(stored)
    assert stored.rows(link.c.state, link.c.company, link.c.employee) == [("deleted", None, "7")]


@pytest.mark.rule("R-78")
def test_an_answer_that_comes_later_brings_no_value_back(stored: Stored) -> None:
    """Deleted while in flight: what Xledger confirmed is not kept, the link stays deleted."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI)
    turn = stored.change(one, KARI, 2, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.subject(lease)
    delete(stored)
    answer = PersonResult(
        KARI.user,
        (FieldEnd("phone", turn, Result.APPLIED),),
        confirmed={Target.CONTACT_PHONE: "1"},
        turn=turn,
        link=LinkChange(LinkState.LINKED, "1", "2", "3"),
    )
    stored.finish(lease, answer)
    assert values(stored) == 0
    assert stored.state(one) == "deleted"
    assert stored.ended() == {"e2": ("skipped", "deleted")}


@pytest.mark.rule("R-78", "R-79")
def test_a_creation_does_not_begin_for_the_deleted(stored: Stored) -> None:
    """Deleted between the look-up and the intent: nothing is stored, nobody is created."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI, state=LinkState.WANTED)
    stored.change(one, KARI, 2, {"phone": "1"})
    lease = stored.claim(one)
    stored.subject(lease)
    delete(stored)
    claim = Claim(KARI.user, Intent(Step.RECORDS, "S1", "E1", "kari@x.no", ()))
    assert stored.lanes.begin(lease, [claim], one.company) == {KARI.user}
    assert values(stored) == 0
    assert stored.state(one) == "deleted"


@pytest.mark.rule("R-78", "R-97")
def test_a_read_that_comes_later_brings_no_value_back(stored: Stored) -> None:
    """Deleted while Huma was asked: nothing of the answer is kept."""
    one = stored.connect()
    stored.people(KARI, complete=False, revision=4)
    stored.linked(one, KARI)
    lease = stored.claim(one)
    delete(stored)
    read = HumaPerson(KARI.user, "user", True, (), {"phone": "1"}, {"p1": {"id": "p1"}})  # noqa: FBT003 - a person
    assert not stored.lanes.merge_read(lease, Unread(KARI.user, 4), read, None)
    assert values(stored) == 0


@pytest.mark.rule("R-78")
def test_others_of_the_same_id_elsewhere_are_left_alone(stored: Stored) -> None:
    """A person is an organisation's: the same user id in another one is somebody else."""
    other = KARI._replace(organization="other")
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(other, "phone", 1, b"", "1")])
        transaction.delete_people([KARI])
        assert transaction.versions([(other, "phone")]) == {(other, "phone"): 1}
