"""How failures are logged, and how they close by themselves (R-72, R-78, R-89, R-91)."""

from dataclasses import dataclass
from typing import Final

import pytest
from sqlalchemy import insert, select, update

from connectors.store.tables import connection, failure, letter, replay_letter
from schemas.events import EventType
from schemas.outcome import FieldEnd, FieldOutcome, Result, outcome_id
from schemas.reasons import Code
from tests.fixtures.stored import KARI, OLA, SOURCE
from tests.fixtures.watched import REPLAYS, Happened, Watched, applied, failed, skipped

FAILED: Final = Happened("e1", {"email": failed(10)})


@dataclass(frozen=True)
class Story:
    """What happened after an email failed, and what becomes of its letter and its entry."""

    name: str
    happened: tuple[Happened, ...]
    letter: tuple[str, str | None]
    entry: str | None

    def __str__(self) -> str:
        return self.name


def story(name: str, letter_: tuple[str, str | None], entry: str, *happened: Happened) -> Story:
    """Return a story."""
    return Story(name, happened, letter_, entry)


OPEN: Final = ("open", None)
STORIES: Final = [
    story("nothing", OPEN, "open"),
    story("applied", ("resolved", "applied"), "applied", Happened("e2", {"email": applied(11)}, 1)),
    story(
        "mended back to what Xledger has", ("resolved", "unchanged"), "unchanged",
        Happened("e2", {"email": FieldOutcome(FieldEnd.UNCHANGED, None, 2, 11)}, 1),
    ),
    story(
        "a change of what failed after the lock", ("resolved", "locked"), "locked",
        Happened("e2", {"email": skipped(Code.LOCKED)}, 1),
    ),
    story(
        "left the group", ("resolved", "out of scope"), "out of scope",
        Happened("e2", {"email": skipped(Code.OUT_OF_SCOPE)}, 1),
    ),
    story(
        "the lane skips what is there now", ("resolved", "missing email"), "missing email",
        Happened("e2", {"email": skipped(Code.MISSING_EMAIL, 11)}, 1),
    ),
    story("a lock alone closes nothing", OPEN, "open",
          Happened("e2", at=1, type=EventType.USER_DEACTIVATED, reason=Code.LOCKED)),
    story("deleted", ("resolved", "deleted"), "deleted",
          Happened("e2", at=1, type=EventType.USER_DELETED, reason=Code.DELETED)),
    story("another field", OPEN, "open", Happened("e2", {"phone": applied(11)}, 1)),
    story("another person", OPEN, "open", Happened("e2", {"email": applied(11)}, 1, person=OLA)),
    story("another connection", OPEN, "open",
          Happened("e2", {"email": applied(11)}, 1, connection="c2")),
    story("an older turn", OPEN, "open", Happened("e2", {"email": applied(9)}, 1)),
    story("a value older than the one that failed", OPEN, "open",
          Happened("e2", {"email": skipped(Code.STALE)}, 1)),
    story("a newer value waits", OPEN, "open",
          Happened("e2", {"email": FieldOutcome(FieldEnd.SUPERSEDED, None, 2, 11)}, 1)),
    story("the first to close it gives the reason", ("resolved", "applied"), "applied",
          Happened("e2", {"email": applied(11)}, 1),
          Happened("e3", {"email": skipped(Code.LOCKED)}, 2)),
    story("replayed: applied", ("resolved", "applied"), "applied",
          Happened("e1", {"email": applied(11)}, 1, round=1)),
    story("replayed after the lock", ("resolved", "locked"), "locked",
          Happened("e1", {"email": skipped(Code.LOCKED)}, 1, round=1)),
    story("replayed, and nothing came of it", OPEN, "open",
          Happened("e1", {"email": skipped(Code.STALE)}, 1, round=1)),
    story("replayed: failed again", OPEN, "open",
          Happened("e1", {"email": failed(11)}, 1, round=1)),
    story("replayed until it is parked", ("parked", None), "open",
          *(Happened("e1", {"email": failed(10 + n)}, n, round=n) for n in range(1, REPLAYS + 1))),
    story("parked, and mended all the same", ("resolved", "applied"), "applied",
          *(Happened("e1", {"email": failed(10 + n)}, n, round=n) for n in range(1, REPLAYS + 1)),
          Happened("e2", {"email": applied(99)}, 9)),
    story("resent: applied", ("resolved", "applied"), "applied",
          Happened("e1", {"email": applied(11)}, 1, round=1, letter=FAILED.letter_id)),
    story("resent: failed again", OPEN, "open",
          Happened("e1", {"email": failed(11)}, 1, round=1, letter=FAILED.letter_id)),
]  # fmt: skip


@pytest.mark.rule("R-72", "R-78", "R-89", "R-91")
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_what_closes_a_failure(watched: Watched, story: Story) -> None:
    """The letter's state, and the entry of the field."""
    watched.see(FAILED, *story.happened)
    assert watched.letters()["e1"] == story.letter
    assert watched.entries()["email"] == story.entry


@pytest.mark.rule("R-89", "R-90")
def test_an_entry_says_all_that_an_operator_needs(watched: Watched) -> None:
    """Code, attempts, correlation id, letter, times; the letter, where its bytes are."""
    again = Happened("e1", {"email": failed(11, Code.EXHAUSTED, 4)}, 7, round=1)
    watched.see(FAILED, again)
    (entry,) = watched.rows(failure)["failure"]
    assert entry == {
        "connection": "c1", "person": KARI.user, "field": "email",
        "organization": KARI.organization, "failed_turn": 11, "closed_turn": -1,
        "closed_as": None, "closed_at": None, "letter": FAILED.letter_id, "code": "exhausted",
        "outcome": again.outcome.id, "version": 4, "attempts": 2,
        "first_failed_at": FAILED.milliseconds, "last_failed_at": again.milliseconds,
    }  # fmt: skip
    (row,) = watched.rows(letter)["letter"]
    record = again.letter_record
    assert record is not None
    told = (
        "source", "event", "connection", "organization", "person", "type", "stage", "class",
        "code", "fields", "attempts", "first_failed_at", "last_failed_at", "source_topic",
        "source_partition", "source_offset", "partition", "offset", "written_at", "failed_round",
        "replay_count", "run", "program",
    )  # fmt: skip
    assert {name: row[name] for name in told} == {
        "source": SOURCE, "event": "e1", "connection": "c1", "organization": KARI.organization,
        "person": KARI.user, "type": EventType.USER_UPDATED, "stage": "call",
        "class": "exhausted", "code": "exhausted", "fields": '["email"]', "attempts": 2,
        "first_failed_at": FAILED.milliseconds, "last_failed_at": again.milliseconds,
        "source_topic": "huma.user-events.v1", "source_partition": 3, "source_offset": 7,
        "partition": 0, "offset": record.offset, "written_at": again.milliseconds,
        "failed_round": 1, "replay_count": 1, "run": "run1", "program": "test 1",
    }  # fmt: skip


@pytest.mark.rule("R-89")
def test_a_newer_failure_takes_the_field(watched: Watched) -> None:
    """The letter before is superseded, unless another field of it is still open."""
    watched.see(
        Happened("e1", {"email": failed(10)}),
        Happened("e2", {"email": failed(11), "phone": failed(11)}, 1),
        Happened("e3", {"email": failed(12)}, 2),
    )
    assert watched.letters() == {"e1": ("resolved", "superseded"), "e2": OPEN, "e3": OPEN}
    watched.see(Happened("e4", {"email": applied(13), "phone": applied(13)}, 3))
    closed = ("resolved", "applied")
    assert watched.letters() == {"e1": ("resolved", "superseded"), "e2": closed, "e3": closed}


@pytest.mark.rule("R-89")
def test_a_letter_of_two_fields_is_open_until_both_are_closed(watched: Watched) -> None:
    """One field alone is not enough."""
    watched.see(
        Happened("e1", {"email": failed(10), "phone": failed(10)}),
        Happened("e2", {"email": applied(11)}, 1),
    )
    assert (watched.letters()["e1"], watched.entries()["email"]) == (OPEN, "applied")
    watched.see(Happened("e3", {"phone": skipped(Code.LOCKED)}, 2))
    assert watched.letters()["e1"] == ("resolved", "locked")


@pytest.mark.rule("R-89", "R-90")
@pytest.mark.parametrize(
    ("ends", "closed"),
    [
        (Happened("e1", connection=None, at=1, round=1, result=Result.DEAD_LETTERED,
                  reason=Code.NOT_JSON), OPEN),
        (Happened("e1", {"email": applied(11)}, 1, round=1), ("resolved", "applied")),
        (Happened("e1", at=1, round=1, reason=Code.DELETED), ("resolved", "deleted")),
        (Happened("e1", {"email": failed(11)}, 1, round=1), ("resolved", "dead-lettered")),
    ],
)  # fmt: skip
def test_a_letter_without_a_connection(
    watched: Watched, ends: Happened, closed: tuple[str, str | None]
) -> None:
    """It is open until its record is an event: then each connection has what became of it."""
    bad = Happened("e1", connection=None, result=Result.DEAD_LETTERED, reason=Code.NOT_JSON)
    watched.see(bad)
    assert watched.letters() == {"e1": OPEN}
    watched.see(ends)
    (mine,) = [row for row in watched.rows(letter)["letter"] if row["connection"] is None]
    assert (mine["state"], mine["closed_as"]) == closed
    assert len(watched.letters()) == 1


@pytest.mark.rule("R-78", "R-89")
def test_a_deletion_closes_all_of_a_person(watched: Watched) -> None:
    """Also what failed before any connection was known; nobody else's, and none elsewhere."""
    bad = Result.DEAD_LETTERED
    watched.see(
        FAILED,
        Happened("e2", {"email": failed(10)}, connection="c2"),
        Happened("e3", connection=None, result=bad, reason=Code.NOT_JSON),
        Happened("e4", {"email": failed(10)}, person=OLA),
        Happened("e5", connection=None, result=bad, reason=Code.NOT_JSON, person=OLA),
        Happened("gone", at=1, type=EventType.USER_DELETED, reason=Code.DELETED),
    )
    deleted = ("resolved", "deleted")
    assert watched.letters() == {"e1": deleted, "e2": OPEN, "e3": deleted, "e4": OPEN, "e5": OPEN}
    watched.see(
        Happened("gone", at=1, type=EventType.USER_DELETED, connection="c2", reason=Code.DELETED)
    )
    assert watched.letters()["e2"] == deleted


@pytest.mark.rule("R-89", "R-91")
def test_a_letter_that_was_sent_again_is_being_retried(watched: Watched) -> None:
    """Until the round's outcome comes, whatever comes before it."""
    watched.see(Happened("e1", {"email": failed(10), "phone": failed(10)}))
    set_letter(watched, replay_count=1, state="open", run="a run")
    watched.see(Happened("e2", {"email": applied(11)}, 1))
    assert watched.letters()["e1"] == ("retrying", None)
    (row,) = watched.rows(letter)["letter"]
    assert (row["replay_count"], row["run"]) == (1, "a run")
    watched.see(Happened("e1", {"phone": failed(12)}, 2, round=1))
    assert watched.letters()["e1"] == OPEN


@pytest.mark.rule("R-89", "R-91")
def test_what_a_human_decided_stays_until_it_closes_or_fails_again(watched: Watched) -> None:
    """Ignored and parked letters are not opened by what comes besides."""
    other = Happened("e1", {"email": failed(10), "phone": failed(10)})
    watched.see(other)
    set_letter(watched, state="ignored")
    watched.see(other, Happened("e2", {"email": applied(11)}, 1))
    assert watched.letters()["e1"] == ("ignored", None)
    watched.see(Happened("e1", {"phone": failed(12)}, 2, round=1))
    assert watched.letters()["e1"] == OPEN
    set_letter(watched, state="parked")
    watched.see(Happened("e3", {"phone": applied(13)}, 3))
    assert watched.letters()["e1"] == ("resolved", "applied")


@pytest.mark.rule("R-91")
def test_a_run_hears_how_each_of_its_letters_ended(watched: Watched) -> None:
    """Of the round that it sent, and once."""
    again = Happened("e1", {"email": failed(11)}, 1, round=1)
    row = {"organization": KARI.organization, "connection": "c1", "forecast": "will be tried"}
    with watched.store.begin() as transaction:
        transaction.execute(
            insert(replay_letter),
            [
                {"replay": "r", "number": n, "letter": FAILED.letter_id, "round": n, **row}
                for n in (1, 2)
            ],
        )
    watched.see(FAILED, again, again)
    rows = {one["number"]: one for one in watched.rows(replay_letter)["replay_letter"]}
    assert (rows[1]["result"], rows[1]["code"]) == ("dead-lettered", "refused by Xledger")
    assert rows[2]["result"] is None
    watched.see(Happened("e1", {"email": applied(12)}, 2, round=2))
    rows = {one["number"]: one for one in watched.rows(replay_letter)["replay_letter"]}
    assert (rows[2]["result"], rows[2]["code"]) == ("applied", None)


@pytest.mark.rule("R-09", "R-89")
def test_what_failed_in_a_connection_that_is_gone_is_closed(watched: Watched) -> None:
    """It has no error log any more, and its letters cannot be sent again."""
    with watched.store.begin() as transaction:
        transaction.execute(connection.delete().where(connection.c.id == "c1"))
    watched.see(FAILED)
    assert watched.letters() == {"e1": ("resolved", "connection removed")}
    assert watched.entries() == {}


@pytest.mark.rule("R-90")
def test_the_outcome_says_whose_a_letter_is(watched: Watched) -> None:
    """A record's key can be wrong; then the event decides (R-98)."""
    record = FAILED.letter_record
    assert record is not None
    watched.watching.letters(
        [Happened("e1", {"email": failed(10)}, person=OLA).letter_record or record]
    )
    watched.watching.outcomes([FAILED.outcome_record])
    (row,) = watched.rows(letter)["letter"]
    assert (row["person"], row["type"]) == (KARI.user, EventType.USER_UPDATED)


def test_an_id_is_that_of_the_first_outcome() -> None:
    """The desk and watch mean the same letter."""
    assert FAILED.letter_id == FAILED.outcome.id == outcome_id("c1", SOURCE, "e1", 0)


def set_letter(watched: Watched, **values: object) -> None:
    """Change the one letter by hand, as the desk does."""
    with watched.store.begin() as transaction:
        (id_,) = transaction.execute(select(letter.c.id)).scalars()
        transaction.execute(update(letter).where(letter.c.id == id_).values(values))
