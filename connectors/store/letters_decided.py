"""Letters that somebody decided about: parked, or ignored, by hand (R-89, R-104)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, select, tuple_, update

from connectors.store import bulk
from connectors.store.clock import read_now
from connectors.store.desk_erasure import wait_for_watch
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.letters import letter_of, which
from connectors.store.letters_noted import note
from connectors.store.tables import failure, letter, refusal, replay_letter
from processors.ports.desk import Letter, decidable
from schemas.desk import LetterState, Selection
from schemas.personal import Personal

AT_ONCE: Final = 500
"""Letters of one transaction, so that nobody else waits long for the store."""
ACTIONS: Final = {LetterState.PARKED: "letter.parked", LetterState.IGNORED: "letter.ignored"}
GIVEN_UP: Final = "given up"
WORDS: Final = """
SELECT k.c, k.p, k.f FROM {keys} AS k
LEFT JOIN failure AS f ON f.connection = k.c AND f.person = k.p AND f.field = k.f
WHERE f.letter IS NULL OR f.letter = k.l
"""
"""Fields whose newest failure is this letter's, as far as watch has read."""


class Deciding:
    """Decides about letters.

    Args:
        store: the store.
        keyring: seals why.
    """

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def decide(
        self, selection: Selection, to: LetterState, actor: str, reason: Personal[str]
    ) -> int:
        """Park letters, or ignore them; returns how many.

        Those that fail after the call began are not meant. Interrupted, it is repeated: what was
        decided already is not met again.
        """
        with self._store.read() as transaction:
            now = datetime.fromtimestamp((read_now(transaction) + 1) / 1000, UTC)
        until = now if selection.until is None else min(now, selection.until)
        meant = replace(
            selection,
            until=until,
            states=decidable(selection, to),
        )
        count = 0
        while meant.states and (some := self._some(meant, to, actor, reason)):
            count += some
        return count

    def _some(self, meant: Selection, to: LetterState, actor: str, reason: Personal[str]) -> int:
        query = select(letter).where(which(meant)).order_by(letter.c.id).limit(AT_ONCE)
        lost = meant.states == (LetterState.RETRYING,)
        with self._store.begin() as transaction:
            if lost:
                wait_for_watch(transaction)
            letters = [letter_of(row) for row in transaction.execute(query.with_for_update())]
            if not letters:
                return 0
            transaction.execute(
                update(letter)
                .where(letter.c.id.in_([one.id for one in letters]))
                .values(state=to.value, closed_as=None, closed_at=_closed_at(transaction, to))
            )
            if to is LetterState.IGNORED:
                _erase_words(transaction, letters)
            if lost:
                _give_up(transaction, letters)
            note(transaction, self._keyring, letters, ACTIONS[to], "R-89", actor, reason)
            return len(letters)


def _closed_at(transaction: Connection, to: LetterState) -> int | None:
    return read_now(transaction) if to is LetterState.IGNORED else None


def _give_up(transaction: Connection, letters: Sequence[Letter]) -> None:
    """End the replays of letters whose outcome nobody waits for any more."""
    columns = replay_letter.c
    transaction.execute(
        update(replay_letter)
        .where(
            columns.letter.in_([one.id for one in letters]),
            columns.round.is_not(None),
            columns.result.is_(None),
        )
        .values(result=GIVEN_UP)
    )


def _erase_words(transaction: Connection, letters: Sequence[Letter]) -> None:
    """Erase Xledger's words of entries that nobody will look at any more (R-103)."""
    keys = [
        (one.connection, one.person, name, one.id)
        for one in letters
        if one.connection is not None and one.person is not None
        for name in one.fields
    ]
    rows: list[Any] = bulk.select(
        transaction,
        [("c", failure.c.connection), ("p", failure.c.person), ("f", failure.c.field),
         ("l", failure.c.letter)],
        keys,
        WORDS,
    )  # fmt: skip
    if rows:
        key = tuple_(refusal.c.connection, refusal.c.person, refusal.c.field)
        transaction.execute(delete(refusal).where(key.in_([tuple(row) for row in rows])))
