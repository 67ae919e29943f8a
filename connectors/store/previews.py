"""Previews that came to nothing: what was stored meanwhile ends "skipped: not active" (R-07).

While a preview is open the events of an inactive connection wait. Once it is discarded, failed or
expired they end, in transactions of a bounded size; interrupted, the next look goes on.
"""

from typing import Final

from sqlalchemy import Connection as Transaction
from sqlalchemy import delete, exists, select, update

from connectors.store.clock import now_ms, read_now
from connectors.store.connections import raise_generation
from connectors.store.ending import end_events
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import connection, dirty, link, pending, run
from processors.ports.intake import Ended
from schemas.connection import LinkState
from schemas.outcome import FieldEnd
from schemas.reasons import Code

AT_ONCE: Final = 2000
"""Events ended in one transaction, so that nobody else waits long for the store."""
BEGUN: Final = ("running", "interrupted")
EXPIRED: Final = "the preview expired before the job was finished: start it again"


def end_waiting(store: Store, keyring: Keyring, one: str) -> list[Ended]:
    """End what waits for a connection that is inactive and has no preview open; else nothing."""
    ended: list[Ended] = []
    while True:
        with store.begin() as transaction:
            now = _end(transaction, keyring, one)
        ended += now
        if len(now) < AT_ONCE:
            return ended


def expire(store: Store, keyring: Keyring, seconds: float) -> list[Ended]:
    """Close previews that are open for too long, and end what waits behind closed ones.

    Args:
        store: the store.
        keyring: seals what leaves.
        seconds: how long a preview may be open.
    """
    with store.read() as transaction:
        oldest = read_now(transaction) - int(seconds * 1000)
        over = connection.c.preview_at.is_not(None) & (connection.c.preview_at <= oldest)
        waits = exists().where(pending.c.connection == connection.c.id)
        query = select(connection.c.id).where(
            connection.c.activated_at.is_(None),
            over | (connection.c.preview_at.is_(None) & waits),
        )
        found = transaction.execute(query).scalars().all()
    ended: list[Ended] = []
    for one in found:
        with store.begin() as transaction:
            _close(transaction, one, oldest)
        ended += end_waiting(store, keyring, one)
    return ended


def _close(transaction: Transaction, one: str, oldest: int) -> None:
    """Close a preview; intake is told, and its job, if it still runs, activates nothing."""
    begun = (run.c.connection == one) & run.c.state.in_(BEGUN)
    transaction.execute(select(run.c.id).where(begun).with_for_update())  # a job's own order
    closed = transaction.execute(
        update(connection)
        .where(
            connection.c.id == one,
            connection.c.activated_at.is_(None),
            connection.c.preview_at <= oldest,
        )
        .values(preview_at=None)
    )
    if not closed.rowcount:
        return
    raise_generation(transaction)
    transaction.execute(
        update(run).where(begun).values(state="failed", ended_at=now_ms(), failure=EXPIRED)
    )


def _end(transaction: Transaction, keyring: Keyring, one: str) -> list[Ended]:
    """End some events, and undo what they asked for: nothing of it is sent after an activation."""
    closed = transaction.execute(  # held, so that no preview is opened meanwhile
        select(connection.c.id)
        .where(
            connection.c.id == one,
            connection.c.activated_at.is_(None),
            connection.c.preview_at.is_(None),
        )
        .with_for_update()
    ).first()
    if closed is None:
        return []
    found = transaction.execute(
        select(pending.c.outcome, pending.c.person)
        .where(pending.c.connection == one)
        .order_by(pending.c.outcome)
        .limit(AT_ONCE)
    ).all()
    people = sorted({row.person for row in found})
    transaction.execute(delete(dirty).where(dirty.c.connection == one, dirty.c.person.in_(people)))
    transaction.execute(
        update(link)
        .where(
            link.c.connection == one,
            link.c.person.in_(people),
            link.c.state.in_((LinkState.UNLINKED.value, LinkState.WANTED.value)),
        )
        .values(state=LinkState.UNLINKED.value, triggered=False)
    )
    which = pending.c.outcome.in_([row.outcome for row in found])
    now = read_now(transaction)
    return end_events(transaction, keyring, which, FieldEnd.SKIPPED, Code.NOT_ACTIVE, now, AT_ONCE)
