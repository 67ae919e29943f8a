"""Xledger's own words: sealed with the failure, and gone when it is over (R-103, R-89)."""

from dataclasses import replace

import pytest

from connectors.store import refusals
from connectors.store.removal import remove
from connectors.store.tables import refusal
from processors.ports.lane import FieldEnd, LeaseLost, PersonResult, Result
from schemas.connection import Connection
from schemas.personal import Personal
from schemas.reasons import Code
from tests.fixtures.stored import KARI, OLA, Stored

pytestmark = pytest.mark.rule("R-103", "R-89")

WORDS = "The phone number 4711 is not valid"


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection to which Kari and Ola are linked."""
    one = stored.connect()
    stored.people(KARI, OLA)
    stored.linked(one, KARI, OLA)
    return one


def refused(turn: int, words: str = WORDS) -> FieldEnd:
    """Return the end of a phone number that Xledger refused."""
    return FieldEnd("phone", turn, Result.FAILED, Code.REFUSED, (), 1, Personal(words))


def ended(turn: int, result: Result, code: Code | None = None) -> FieldEnd:
    """Return another end of it."""
    return FieldEnd("phone", turn, result, code)


def kept(stored: Stored, one: Connection) -> tuple[int, str] | None:
    """Return turn and words that are kept of Kari's phone number."""
    with stored.store.begin() as connection:
        found = refusals.read(connection, stored.keyring, one.id, KARI.user, "phone")
    return None if found is None else (found[0], found[1].reveal())


def finish(stored: Stored, one: Connection, *ends: FieldEnd) -> None:
    """Let a lane record ends of Kari's."""
    stored.finish(stored.claim(one), PersonResult(KARI.user, ends))


def test_the_words_are_kept_sealed(stored: Stored, one: Connection) -> None:
    """They can quote the value: only with the organisation's key they are read."""
    turn = stored.change(one, KARI, 1, {"phone": "4711"})["phone"]
    finish(stored, one, refused(turn))
    assert kept(stored, one) == (turn, WORDS)
    ((sealed,),) = stored.rows(refusal.c.text)
    assert b"4711" not in bytes(sealed)
    assert all(WORDS not in str(row.headers) for row in stored.outbox.rows(0, 9))


def test_the_newest_refusal_stays(stored: Stored, one: Connection) -> None:
    """One for each field, so that they are bounded; an older one that comes late is dropped."""
    for turn, words in ((2, "second"), (3, "third"), (1, "first")):
        finish(stored, one, refused(turn, words))
    assert kept(stored, one) == (3, "third")
    assert stored.rows(refusal.c.turn) == [(3,)]


@pytest.mark.rule("R-72")
@pytest.mark.parametrize(
    ("end", "stays"),
    [
        (ended(6, Result.APPLIED), False),
        (ended(5, Result.APPLIED), False),
        (ended(6, Result.UNCHANGED), False),
        (ended(6, Result.SKIPPED, Code.LOCKED), False),
        (ended(6, Result.SKIPPED, Code.MISSING_EMAIL), True),
        (ended(6, Result.SUPERSEDED), True),
        (ended(4, Result.APPLIED), True),
        (replace(ended(6, Result.APPLIED), field="email"), True),
    ],
)
def test_they_go_when_the_field_is_applied(
    stored: Stored, one: Connection, end: FieldEnd, *, stays: bool
) -> None:
    """Applied, found equal or locked: the entry closes; an older turn or another field does not."""
    other = PersonResult(OLA.user, (refused(5),))
    stored.finish(stored.claim(one), PersonResult(KARI.user, (refused(5),)), other)
    finish(stored, one, end)
    assert (kept(stored, one) is not None) is stays
    assert (OLA.user,) in stored.rows(refusal.c.person)


def test_no_words_are_no_row(stored: Stored, one: Connection) -> None:
    """What failed here, before Xledger was asked, has none."""
    finish(stored, one, FieldEnd("phone", 1, Result.FAILED, Code.TOO_LONG))
    assert stored.rows(refusal.c.person) == []


def test_words_without_end_are_cut(stored: Stored, one: Connection) -> None:
    """A page of HTML in place of a message fills no store."""
    finish(stored, one, refused(1, "æ" * 1_000_000))
    found = kept(stored, one)
    assert found is not None
    assert found[1] == "æ" * refusals.LONGEST


@pytest.mark.rule("R-78")
def test_a_deleted_person_leaves_none(stored: Stored, one: Connection) -> None:
    """Neither what was there, nor what an answer brings afterwards."""
    finish(stored, one, refused(1))
    lease = stored.claim(one)
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    assert stored.rows(refusal.c.person) == []
    stored.finish(lease, PersonResult(KARI.user, (refused(2),)))
    assert stored.rows(refusal.c.person) == []


@pytest.mark.rule("R-09")
def test_a_removed_connection_leaves_none(stored: Stored, one: Connection) -> None:
    """Another connection's stay."""
    two = stored.connect("c2")
    stored.linked(two, KARI)
    for each in (one, two):
        finish(stored, each, refused(1))
    remove(stored.store, stored.keyring, one, "admin")
    assert stored.rows(refusal.c.connection) == [(two.id,)]


def test_a_lost_lane_keeps_nothing(stored: Stored, one: Connection) -> None:
    """The words belong to the transaction of the failure."""
    lease = stored.claim(one)
    stored.expire(one)
    stored.claim(one, "other")
    with pytest.raises(LeaseLost):
        stored.finish(lease, PersonResult(KARI.user, (refused(1),)))
    assert stored.rows(refusal.c.person) == []
