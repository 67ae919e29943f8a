"""Somebody parks letters, or ignores them: which, with what they leave behind (R-89, R-103)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from connectors.store import audit, letters_decided
from connectors.store.letters_decided import Deciding
from connectors.store.tables import audit as audits
from connectors.store.tables import failure, letter, refusal
from schemas.desk import LetterState, Selection
from schemas.personal import Personal
from tests.fixtures.letters import a_letter, file
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored

WHY = Personal("left before it mattered")

pytestmark = pytest.mark.rule("R-89")


def decide(stored: Stored, to: LetterState, **selection: Any) -> int:
    """Decide about letters."""
    return Deciding(stored.store, stored.keyring).decide(Selection(**selection), to, "me", WHY)


def states(stored: Stored) -> dict[str, str]:
    """Return each letter's state, by its event."""
    return dict(stored.rows(letter.c.event, letter.c.state))


@pytest.fixture
def five(stored: Stored) -> Stored:
    """A store with a letter in each state."""
    stored.connect()
    file(stored.store, [a_letter(number, state=state) for number, state in enumerate(LetterState)])
    return stored


@pytest.mark.parametrize(
    ("to", "of"),
    [(LetterState.PARKED, {"open"}), (LetterState.IGNORED, {"open", "parked"})],
)
def test_only_what_waits_can_be_decided(five: Stored, to: LetterState, of: set[str]) -> None:
    """A replay under way is waited for, and what is closed stays closed."""
    before = states(five)
    assert decide(five, to, states=tuple(LetterState)) == len(of)
    after = states(five)
    assert {before[event] for event in before if after[event] == to} == {*of, to.value}
    assert {event for event in before if before[event] != after[event]} <= {
        event for event in before if before[event] in of
    }
    assert decide(five, to) == 0


def test_what_was_selected_is_meant(five: Stored) -> None:
    """By any of what can be asked for; a state that cannot be decided about selects nothing."""
    assert decide(five, LetterState.IGNORED, states=(LetterState.RESOLVED,)) == 0
    assert decide(five, LetterState.IGNORED, codes=("no such code",)) == 0
    assert decide(five, LetterState.IGNORED, ids=(a_letter(0).id[:8],)) == 1
    assert states(five)["e0"] == "ignored"


def test_what_fails_later_is_not_meant(stored: Stored) -> None:
    """Else a flood that goes on would never be decided about."""
    stored.connect()
    soon = int((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000)
    file(stored.store, [a_letter(0, last_failed_at=1), a_letter(1, last_failed_at=soon)])
    late = datetime.now(UTC) + timedelta(days=1)
    assert decide(stored, LetterState.PARKED, until=late) == 1
    assert states(stored) == {"e0": "parked", "e1": "open"}


@pytest.mark.rule("R-104")
def test_each_is_audited_with_its_person(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who, what and why; also of those of whom nobody knows whose they are. A few at a time."""
    monkeypatch.setattr(letters_decided, "AT_ONCE", 2)
    stored.connect()
    nobodys = {"organization": None, "person": None, "connection": None}
    file(stored.store, [*(a_letter(number) for number in range(4)), a_letter(4, **nobodys)])
    assert decide(stored, LetterState.PARKED) == 5
    columns = ("organization", "person", "actor", "action", "event", "fields", "rule", "reason")
    rows = [
        row
        for row in stored.rows(*(audits.c[name] for name in columns))
        if row[3] == "letter.parked"
    ]
    assert {row[4] for row in rows} == {row[0] for row in stored.rows(letter.c.id)}
    mine = [row for row in rows if row[1] == KARI.user]
    assert {row[:4] + row[5:7] for row in mine} == {(*KARI, "me", "letter.parked", "phone", "R-89")}
    with stored.store.read() as transaction:
        for whose, person, *_, why in rows:
            assert audit.opened(transaction, stored.keyring, whose, why, person) == WHY


@pytest.mark.rule("R-103")
def test_ignoring_erases_xledgers_words(stored: Stored) -> None:
    """Of this letter's fields; those of a newer failure of the field, and of others, stay."""
    stored.connect()
    mine, newer = a_letter(0, fields=("phone", "email", "gender")), a_letter(1, fields=("email",))
    file(stored.store, [mine, newer])
    entries = {"phone": mine.id, "email": newer.id}
    with stored.store.begin() as transaction:
        for key in (KARI, OLA):
            for name in ("phone", "email", "gender", "title"):
                row = {"connection": "c1", "person": key.user, "field": name}
                kept = {**row, "organization": ORGANIZATION, "turn": 1, "text": b"x", "at": 1}
                transaction.execute(insert(refusal).values(**kept))
                if key is KARI and name in entries:
                    one = {**row, "organization": ORGANIZATION, "letter": entries[name]}
                    transaction.execute(insert(failure).values(**one))
    assert decide(stored, LetterState.PARKED, ids=(mine.id,)) == 1
    assert len(stored.rows(refusal.c.field)) == 8
    assert decide(stored, LetterState.IGNORED, ids=(mine.id,)) == 1
    left = {
        name for user, name in stored.rows(refusal.c.person, refusal.c.field) if user == KARI.user
    }
    assert left == {"email", "title"}
    assert len(stored.rows(refusal.c.field)) == 6
