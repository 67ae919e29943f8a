"""Erasing a person: everything of theirs at once, and nobody is recognised again (R-108)."""

import pytest
from sqlalchemy import LargeBinary

from connectors.store import audit, outbox
from connectors.store.erasure import Held, erase_person, held
from connectors.store.outbox import NewRow
from connectors.store.resending import ask
from connectors.store.tables import audit as audits
from connectors.store.tables import link, metadata, organization, person
from processors.ports.huma import HumaListed
from processors.ports.intake import Ended, Value
from processors.ports.lane import (
    Claim,
    FieldEnd,
    Intent,
    LinkChange,
    PersonResult,
    Step,
)
from processors.ports.lane import Result as LaneResult
from schemas.connection import Connection
from schemas.employee import Root, Target
from schemas.errors import NotFound
from schemas.outcome import Result
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.reasons import Code
from schemas.topics import DEAD_LETTERS, OUTCOMES
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored

WHY = Personal("she asked for it")


def erase(stored: Stored, key: PersonKey = KARI) -> list[Ended]:
    """Erase somebody."""
    return erase_person(stored.store, stored.keyring, key, "operator", WHY)


def fill(stored: Stored, *keys: PersonKey) -> Connection:
    """Let everything be stored of people that can be: values, work, what was written, letters."""
    one = stored.connect()
    stored.people(*keys, type="user", active=True, groups=("g1",))
    for number, key in enumerate(keys, 1):
        stored.linked(one, key, company=one.company, employee=str(number), warned="[]")
        with stored.intake.transaction() as transaction:
            transaction.merge([Value(key, "email", 1, b"e", "k@x.no", digest_of="k@x.no")])
            transaction.merge_positions([Value(key, "p1", 1, b"e", {"id": "p1"})])
    lease = stored.claim(one)
    for number, key in enumerate(keys, 1):
        turn = stored.change(one, key, 10 * number, {"gender": "x"})["gender"]
        failed, words = LaneResult.FAILED, Personal("her words")
        refused = FieldEnd("gender", turn, failed, Code.REFUSED, text=words)
        stored.finish(
            lease,
            PersonResult(
                key.user,
                (refused,),
                confirmed={Target.CONTACT_PHONE: "1"},
                turn=turn,
                records={Root.CONTACT: "7"},
            ),
        )
        stored.lanes.begin(
            lease, [Claim(key.user, Intent(Step.RECORDS, "S1", "E1", "k@x.no", ()))], one.company
        )
        stored.change(one, key, 10 * number + 1, {"phone": "1"})
    return one


def sealed_rows(stored: Stored, user: str) -> set[str]:
    """Return the tables that hold bytes about a person."""
    found = set()
    for table in metadata.sorted_tables:
        bytes_ = [column for column in table.columns if isinstance(column.type, LargeBinary)]
        for row in stored.rows(*table.columns):
            named = dict(zip(table.columns.keys(), row, strict=True))
            about = user in (named.get("person"), str(named.get("whose") or "").split(":")[-1])
            if about and any(named[column.name] is not None for column in bytes_):
                found.add(table.name)
    return found


@pytest.mark.rule("R-108")
def test_everything_of_a_person_goes_at_once(stored: Stored) -> None:
    """Values, digests, what waits, what was refused, letters on their way; others keep theirs."""
    fill(stored, KARI, OLA)
    whole = {"person", "field", "position", "pending", "confirmed", "intent", "refusal", "outbox"}
    assert sealed_rows(stored, KARI.user) == whole
    ended = erase(stored)
    assert [(one.result, one.reason) for one in ended] == [(Result.SKIPPED, Code.DELETED)]
    assert sealed_rows(stored, KARI.user) == {"audit"}
    assert sealed_rows(stored, OLA.user) == whole
    assert stored.ended() | {"e11": ("skipped", "deleted")} == stored.ended()


@pytest.mark.rule("R-108")
def test_every_table_about_people_is_thought_of() -> None:
    """A new one, as of plans, must say here what an erasure does to it."""
    erased = {"field", "position", "confirmed", "intent", "pending", "pending_field", "refusal"}
    erased |= {"letter", "timeline"}
    ids_only = {"person", "link", "dirty", "audit", "guarded", "failure"}
    named = {table.name for table in metadata.sorted_tables if "person" in table.columns}
    assert named == erased | ids_only


@pytest.mark.rule("R-108")
def test_the_plan_counts_what_there_is(stored: Stored) -> None:
    """Rows by what they are, and in which connections; afterwards a tombstone only."""
    one = fill(stored, KARI)
    assert held(stored.store, KARI) == Held(
        deleted=False,
        counts={
            "fields": 3,
            "positions": 1,
            "waiting events": 1,
            "confirmed fields": 1,
            "begun creations": 1,
            "refusals": 1,
            "letters on their way": 1,
            "entries of the error log": 0,
            "letters": 0,
            "outcomes of the timeline": 0,
        },
        links={one.id: "creating"},
    )
    erase(stored)
    after = held(stored.store, KARI)
    assert after.deleted
    assert set(after.counts.values()) == {0}
    assert after.links == {one.id: "deleted"}


@pytest.mark.rule("R-108")
def test_the_tombstone_recognises_nobody(stored: Stored) -> None:
    """Neither by email nor by record; a later listing of Huma's people tells it nothing."""
    one = fill(stored, KARI)
    erase(stored)
    listed = HumaListed(KARI.user, "user", active=True, groups=("g1",), email="k@x.no")
    stored.sync.remember_people(stored.claim(one), [(listed, "k@x.no")])
    with stored.intake.transaction() as transaction:
        assert transaction.people([KARI])[KARI].deleted
    state = (person.c.type, person.c.active, person.c.groups, person.c.email_digest)
    assert stored.rows(*state) == [(None, None, None, None)]
    kept = (link.c.state, link.c.company, link.c.employee, link.c.contact, link.c.warned)
    assert stored.rows(*kept) == [("deleted", None, None, None, None)]


@pytest.mark.rule("R-108", "R-78")
def test_who_was_deleted_before_can_be_erased(stored: Stored) -> None:
    """The tombstone loses its digests, and keeps its time."""
    fill(stored, KARI)
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    before = stored.rows(person.c.deleted_at)
    digests = (person.c.email_digest, link.c.confirmed_digest, link.c.confirmed_targets)
    assert (None,) not in [row for column in digests for row in stored.rows(column)]
    assert erase(stored) == []
    assert stored.rows(person.c.deleted_at) == before
    assert [row for column in digests for row in stored.rows(column)] == [(None,)] * 3


@pytest.mark.rule("R-108")
def test_letters_on_their_way_go_and_outcomes_stay(stored: Stored) -> None:
    """What holds values goes, also under another key, or sealed by nobody's; ids may leave."""
    mine = ":".join(KARI)
    rows = [
        NewRow(DEAD_LETTERS.name, mine.upper().encode(), b"1", organization=ORGANIZATION),
        NewRow(DEAD_LETTERS.name, b"odd", b"2", organization=ORGANIZATION, whose=KARI),
        NewRow(DEAD_LETTERS.name, mine.encode(), b"3", organization=""),
        NewRow(DEAD_LETTERS.name, ":".join(OLA).encode(), b"4", organization=ORGANIZATION),
        NewRow(DEAD_LETTERS.name, None, b"5", organization=""),
        NewRow(OUTCOMES.name, mine.encode(), b"6"),
    ]
    with stored.store.begin() as transaction:
        outbox.write(transaction, stored.keyring, rows, 1)
    assert held(stored.store, KARI).counts["letters on their way"] == 3
    erase(stored)
    assert [row.value for row in stored.outbox.rows(0, 9)] == [b"4", b"5", b"6"]


@pytest.mark.rule("R-108")
def test_an_answer_that_comes_later_brings_nothing_back(stored: Stored) -> None:
    """Erased while in flight: neither what was confirmed nor the record's number is kept."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI)
    turn = stored.change(one, KARI, 2, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    stored.subject(lease)
    erase(stored)
    stored.finish(
        lease,
        PersonResult(
            KARI.user,
            (FieldEnd("phone", turn, LaneResult.APPLIED),),
            confirmed={Target.CONTACT_PHONE: "1"},
            turn=turn,
            link=LinkChange(contact="1", subledger="2", employee="3"),
        ),
    )
    assert sealed_rows(stored, KARI.user) == {"audit"}
    assert stored.rows(link.c.state, link.c.employee) == [("deleted", None)]
    assert stored.ended() == {"e2": ("skipped", "deleted")}


@pytest.mark.rule("R-108", "R-104")
def test_it_is_audited_with_a_sealed_reason(stored: Stored) -> None:
    """Who did it, to whom, by which rule; why, for those who may read it."""
    stored.connect()
    stored.people(KARI)
    erase(stored)
    names = ("organization", "person", "actor", "action", "rule", "reason")
    rows = stored.rows(*(audits.c[name] for name in names))
    (row,) = [row for row in rows if row[1] is not None]
    assert row[:5] == (*KARI, "operator", "person.erased", "R-108")
    assert WHY.reveal().encode() not in row[5]
    with stored.store.read() as transaction:
        assert audit.opened(transaction, stored.keyring, ORGANIZATION, row[5], KARI.user) == WHY


@pytest.mark.rule("R-108")
def test_of_an_erased_organisation_nothing_comes_back(stored: Stored) -> None:
    """A command that was given just before leaves neither a tombstone nor another key."""
    stored.people(KARI)
    with pytest.raises(NotFound, match="no organisation"):
        erase(stored)
    with pytest.raises(NotFound, match="no organisation"):
        ask(
            stored.store, stored.keyring, KARI, ["c1"], (), "operator", WHY,
            rows=9, new_id=lambda: "1",
        )  # fmt: skip
    assert stored.rows(organization.c.id) == []
    assert stored.rows(person.c.deleted_at) == [(None,)]
    assert stored.nothing_left()
