"""Removing a connection: token, links and pending work go, the audit stays (R-09, R-98)."""

from typing import Final

from sqlalchemy import Connection as Transaction
from sqlalchemy import delete, func, select, update

from connectors.store import audit, letters_removed
from connectors.store.clock import read_now
from connectors.store.connections import raise_generation
from connectors.store.ending import end_events
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import (
    confirmed,
    connection,
    dirty,
    failure,
    field,
    guarded,
    intent,
    lane,
    link,
    listed,
    organization,
    pending,
    person,
    position,
    refusal,
    run,
)
from schemas.connection import Connection
from schemas.outcome import FieldEnd
from schemas.reasons import Code

AT_ONCE: Final = 2000
"""Events ended in one transaction, so that nobody else waits long for the store."""


def remove(store: Store, keyring: Keyring, one: Connection, actor: str) -> int:
    """End what is pending as "skipped: connection removed", then delete the connection.

    The lane must be paused. Interrupted, it is called again: the connection goes last.

    Args:
        store: the store.
        keyring: seals what leaves.
        one: the connection.
        actor: for the audit.

    Returns:
        How many events ended by it.
    """
    ended = 0
    while True:
        with store.begin() as transaction:
            now = _end(transaction, keyring, one)
        ended += now
        if now < AT_ONCE:
            break
    with store.begin() as transaction:
        for table in (lane, run):  # from here on no lane writes for it
            transaction.execute(delete(table).where(table.c.connection == one.id))
        transaction.execute(delete(connection).where(connection.c.id == one.id))
        raise_generation(transaction)  # from here on intake gives it no more events
        while (now := _end(transaction, keyring, one)) > 0:
            ended += now
        for table in (intent, dirty, confirmed, refusal, failure, guarded, listed, link):
            transaction.execute(delete(table).where(table.c.connection == one.id))
        if not _others(transaction, one.organization):
            _forget(transaction, one.organization)
        audit.add(transaction, one.organization, one.id, actor, "connection.removed", rule="R-09")
    while _close_letters(store):  # interrupted, housekeeping does it
        pass
    return ended


def _close_letters(store: Store) -> int:
    with store.begin() as transaction:
        return letters_removed.close(transaction, AT_ONCE)


def _end(transaction: Transaction, keyring: Keyring, one: Connection) -> int:
    now = read_now(transaction)
    mine = pending.c.connection == one.id
    code = Code.CONNECTION_REMOVED
    return len(end_events(transaction, keyring, mine, FieldEnd.SKIPPED, code, now, AT_ONCE))


def _others(transaction: Transaction, whose: str) -> int:
    query = select(func.count()).select_from(connection).where(connection.c.organization == whose)
    return int(transaction.execute(query).scalar_one())


def _forget(transaction: Transaction, whose: str) -> None:
    """Erase the projection: its people are unknown again, but for the tombstones (R-78, R-98)."""
    for table in (field, position):
        transaction.execute(delete(table).where(table.c.organization == whose))
    transaction.execute(
        delete(person).where(person.c.organization == whose, person.c.deleted_at.is_(None))
    )
    transaction.execute(
        update(organization)
        .where(organization.c.id == whose)
        .values(huma_client=None, huma_url=None)
    )
