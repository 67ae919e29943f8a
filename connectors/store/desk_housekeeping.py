"""What the desk keeps for a time only: outcomes, what is closed, replays, whom the guard counted.

Each call is one short transaction, and returns how many rows went, or closed; 0: none is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, tuple_

from connectors.store import letters_removed
from connectors.store.quota import HOUR_MS
from connectors.store.tables import (
    failure,
    guarded,
    letter,
    organization,
    replay,
    replay_letter,
    timeline,
)
from schemas.desk import LetterState, ReplayState
from schemas.labels import UNENDED

DAY_MS: Final = 24 * HOUR_MS
CLOSED: Final = (LetterState.RESOLVED.value, LetterState.IGNORED.value)
OPEN: Final = tuple(state.value for state in UNENDED)
UNDER_WAY: Final = ReplayState.RUNNING.value


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days the desk keeps outcomes, and what is closed."""

    outcomes: int
    closed: int


def outcomes(transaction: Connection, kept: Kept, now: int, limit: int) -> int:
    """Forget outcomes of the timeline."""
    return _forget(transaction, timeline, timeline.c.at < now - kept.outcomes * DAY_MS, limit)


def letters(transaction: Connection, kept: Kept, now: int, limit: int) -> int:
    """Forget letters that are resolved or ignored; those that are open stay, however old."""
    oldest = now - kept.closed * DAY_MS
    closed = func.coalesce(letter.c.closed_at, letter.c.last_failed_at) < oldest
    # first, as the index has it
    old = letter.c.state.in_(CLOSED) & (letter.c.first_failed_at < oldest) & closed
    return _forget(transaction, letter, old, limit)


def strays(transaction: Connection, kept: Kept, now: int, limit: int) -> int:
    """Forget open letters of organisations that were erased: they were on their way then (R-108).

    Nobody can send them: their organisation's key is gone.
    """
    known = select(organization.c.id).where(organization.c.id == letter.c.organization).exists()
    lost = letter.c.organization.is_not(None) & ~known
    old = letter.c.state.in_(OPEN) & (letter.c.first_failed_at < now - kept.outcomes * DAY_MS)
    return _forget(transaction, letter, old & lost, limit)


def removed(transaction: Connection, _: Kept, __: int, limit: int) -> int:
    """Close letters of connections that were removed, where the command was interrupted (R-09)."""
    return letters_removed.close(transaction, limit)


def entries(transaction: Connection, kept: Kept, now: int, limit: int) -> int:
    """Forget closed entries of the error log; who is gone stays so until the tombstone goes."""
    old = (
        (failure.c.failed_turn >= 0)
        & (failure.c.closed_turn > failure.c.failed_turn)
        & (failure.c.closed_at < now - kept.closed * DAY_MS)
    )
    return _forget(transaction, failure, old, limit)


def replays(transaction: Connection, kept: Kept, now: int, limit: int) -> int:
    """Forget replays that are not under way: the letters of the oldest first, then itself."""
    at = func.coalesce(replay.c.ended_at, replay.c.planned_at)
    old = (replay.c.state != UNDER_WAY) & (at < now - kept.closed * DAY_MS)
    oldest = transaction.execute(select(replay.c.id).where(old).order_by(at).limit(1)).scalar()
    if oldest is None:
        return 0
    theirs = replay_letter.c.replay == oldest
    return _forget(transaction, replay_letter, theirs, limit) or _forget(
        transaction, replay, replay.c.id == oldest, limit
    )


def counted(transaction: Connection, _: Kept, now: int, limit: int) -> int:
    """Forget whom the guard counted a day ago: no connection's hour is longer (R-93)."""
    return _forget(transaction, guarded, guarded.c.taken_at < now - DAY_MS, limit)


ALL: Final[Sequence[Callable[[Connection, Kept, int, int], int]]] = (
    removed, outcomes, letters, strays, entries, replays, counted,
)  # fmt: skip


def _forget(transaction: Connection, table: Table, old: ColumnElement[bool], limit: int) -> int:
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(old).limit(limit)
    return int(transaction.execute(delete(table).where(key.in_(some))).rowcount)
