"""Events that wait, and events that end at once: one transaction with what they did."""

from dataclasses import replace

import orjson
import pytest

from connectors.store.records import unpack
from connectors.store.tables import outbox, pending, pending_field
from connectors.store.waiting import RECORD
from processors.ports.intake import Ended, Ending, NewLetter, Raw
from processors.ports.source import Place
from schemas.about import About
from schemas.letter import parse
from schemas.outcome import FieldEnd, FieldOutcome, Result
from schemas.reasons import Code, LetterClass
from schemas.topics import DEAD_LETTERS, EVENTS, OUTCOMES
from tests.fixtures.stored import KARI, ORGANIZATION, RECORDED, SOURCE, Stored, waiting

ABOUT = About(SOURCE, "e1", "com.humahr.user.updated.v1", ORGANIZATION, KARI.user, None, 1)
RAW = Raw(Place(EVENTS.name, 3), 77, RECORDED, b"the key", b"\xff whole", [("odd", None)])


@pytest.mark.rule("R-90")
def test_the_record_is_kept_byte_for_byte(stored: Stored) -> None:
    """Key, value and headers wait, sealed, as they were read; null stays apart from empty."""
    one = stored.connect()
    raw = replace(RAW, key=None, value=b"", headers=[("a", b""), ("a", None), ("æ", b"\x00")])
    with stored.intake.transaction() as transaction:
        transaction.wait([(replace(waiting(one, KARI, 1, ["phone"]), raw=raw), {"phone": 9})])
    ((sealed,),) = stored.rows(pending.c.record)
    with stored.store.begin() as connection:
        cipher = stored.keyring.cipher_of(connection, ORGANIZATION)
    assert unpack(cipher.open(KARI.user, RECORD, bytes(sealed))) == (None, b"", list(raw.headers))


@pytest.mark.rule("R-82")
def test_an_event_that_waits_already_waits_once(stored: Stored) -> None:
    """A repeat of a pending event adds nothing."""
    one = stored.connect()
    for turn in (9, 10):
        with stored.intake.transaction() as transaction:
            transaction.wait([(waiting(one, KARI, 1, ["phone"]), {"phone": turn})])
    assert len(stored.rows(pending.c.outcome)) == 1
    assert stored.rows(pending_field.c.turn) == [(9,)]


def test_a_field_that_ended_before_is_told_with_the_rest(stored: Stored) -> None:
    """A stale field of an event waits with the fresh ones for the event's end."""
    one = stored.connect()
    ended = {"email": FieldOutcome(FieldEnd.SKIPPED, Code.STALE, 1)}
    with stored.intake.transaction() as transaction:
        event = replace(waiting(one, KARI, 1, ["phone"]), ended=ended)
        transaction.wait([(event, {"phone": 9})])
        transaction.delete_people([KARI])
    (outcome,) = stored.outcomes()
    assert outcome["fields"]["email"] == {
        "result": "skipped",
        "code": "stale",
        "version": 1,
        "turn": 0,
    }
    assert outcome["fields"]["phone"]["code"] == "deleted"


def test_an_outcome_is_written_with_the_batch(stored: Stored) -> None:
    """What ends at once leaves its outcome in the same transaction, and no letter."""
    ending = Ending(ABOUT, "c1", 0, Result.SKIPPED, Code.NOT_LINKED)

    def fail() -> None:
        with stored.intake.transaction() as transaction:
            transaction.end([ending])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stored.nothing_left()
    with stored.intake.transaction() as transaction:
        assert transaction.end([ending]) == [Ended(Result.SKIPPED, Code.NOT_LINKED)]
    assert stored.ended() == {"e1": ("skipped", "not linked")}
    assert stored.rows(outbox.c.topic) == [(OUTCOMES.name,)]


@pytest.mark.rule("R-90", "R-103")
def test_a_letter_leaves_whole_and_waits_sealed(stored: Stored) -> None:
    """A letter is the record, unchanged, with headers of ours; at rest its value is ciphertext."""
    letter = NewLetter(RAW, "validate", LetterClass.SCHEMA, ("data.email",))
    failed = Ending(ABOUT, None, 0, Result.DEAD_LETTERED, Code.BAD_EVENT, letter=letter)
    with stored.intake.transaction() as transaction:
        transaction.end([failed])
    (row,) = [one for one in stored.outbox.rows(0, 9) if one.topic == DEAD_LETTERS.name]
    assert (row.key, row.value) == (b"the key", b"\xff whole")
    assert next(iter(row.headers)) == ("odd", None)
    said = parse(row.headers)
    assert (said.source_partition, said.source_offset, said.code) == (3, 77, "schema")
    values = [value for (value,) in stored.rows(outbox.c.value)]
    assert all(b"whole" not in value for value in values)


def test_the_letter_stands_before_its_outcome(stored: Stored) -> None:
    """Whoever reads that an event was dead-lettered finds the letter."""
    letter = NewLetter(RAW, "decode", LetterClass.SCHEMA, ())
    failed = Ending(ABOUT, None, 0, Result.DEAD_LETTERED, Code.NOT_JSON, letter=letter)
    with stored.intake.transaction() as transaction:
        transaction.end([failed])
    topics = [row.topic for row in stored.outbox.rows(0, 9)]
    assert topics == [DEAD_LETTERS.name, OUTCOMES.name]


def test_a_heartbeat_ends_in_the_partition_it_came_from(stored: Stored) -> None:
    """What has no person keeps its key, and its partition where one is told."""
    about = About("/huma-xledger", "4/1", "com.humahr.xledger.heartbeat.v1")
    ending = Ending(
        about, None, 0, Result.SKIPPED, Code.NOTHING_TO_DO, partition=4, key=b"heartbeat:4"
    )
    with stored.intake.transaction() as transaction:
        transaction.end([ending])
    (row,) = stored.outbox.rows(0, 9)
    assert (row.partition, row.key) == (4, b"heartbeat:4")
    assert "connection" not in orjson.loads(row.value or b"")
