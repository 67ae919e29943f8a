"""Letters whose connection was removed: nothing can be sent for them, so they close (R-09).

Watch closes those that it reads later (`processors.watch.states`); these were there before. A
request of theirs that was on its way may be passed by without an outcome (R-98).
"""

from typing import Final

from sqlalchemy import Connection, select, update

from connectors.store.clock import read_now
from connectors.store.desk_erasure import wait_for_watch
from connectors.store.tables import connection as connections
from connectors.store.tables import letter, replay_letter
from schemas.desk import LetterState
from schemas.labels import UNENDED
from schemas.outcome import Result
from schemas.reasons import Code

OPEN: Final = tuple(state.value for state in UNENDED)


def close(transaction: Connection, limit: int) -> int:
    """Close so many of them, with their replays, before anything else is locked; how many."""
    wait_for_watch(transaction)
    there = select(connections.c.id).where(connections.c.id == letter.c.connection).exists()
    some = (
        select(letter.c.id)
        .where(letter.c.state.in_(OPEN), letter.c.connection.is_not(None), ~there)
        .order_by(letter.c.id)
        .limit(limit)
        .with_for_update()
    )
    ids = transaction.execute(some).scalars().all()
    if not ids:
        return 0
    code = Code.CONNECTION_REMOVED.value
    transaction.execute(
        update(letter)
        .where(letter.c.id.in_(ids))
        .values(
            state=LetterState.RESOLVED.value, closed_as=code, closed_at=read_now(transaction)
        )
    )  # fmt: skip
    transaction.execute(
        update(replay_letter)
        .where(
            replay_letter.c.letter.in_(ids),
            replay_letter.c.round.is_not(None),
            replay_letter.c.result.is_(None),
        )
        .values(result=Result.SKIPPED.value, code=code)
    )
    return len(ids)
