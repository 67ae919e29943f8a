"""What the desk knows of a person goes with the person: it is ids and codes, and goes too (R-108).

One row for each connection stays in the error log: that they are gone. What arrives later of them,
a letter that was on its way, is closed by it (R-78).
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from connectors.store.deletion import of_connections
from connectors.store.tables import connection as connections
from connectors.store.tables import failure, letter, replay_letter, timeline
from connectors.store.watching import LOCK
from processors.ports.watch import FOREVER, PERSON
from schemas.person import PersonKey
from schemas.reasons import Code

NO_PERSON: Final = failure.c.field != PERSON


def wait_for_watch(transaction: Connection) -> None:
    """Let watch finish its transaction, and begin none; before anything else is locked.

    It works out rows of a person from others of theirs: half of them gone, it would bring some
    back.
    """
    if transaction.dialect.name == "postgresql":
        transaction.execute(select(func.pg_advisory_xact_lock(LOCK)))


def held(key: PersonKey) -> Mapping[str, tuple[Table, ColumnElement[bool]]]:
    """Return what is held of a person: by what it is, the table and the condition."""
    return {
        "entries of the error log": (failure, of_connections(failure, key) & NO_PERSON),
        "letters": (letter, _of(letter, key)),
        "outcomes of the timeline": (timeline, _of(timeline, key)),
    }


def erase(transaction: Connection, key: PersonKey, now: int) -> None:
    """Erase the desk's rows of a person, under `wait_for_watch`; `now` in milliseconds."""
    theirs = select(letter.c.id).where(_of(letter, key))
    transaction.execute(delete(replay_letter).where(replay_letter.c.letter.in_(theirs)))
    for table in (letter, timeline):
        transaction.execute(delete(table).where(_of(table, key)))
    transaction.execute(delete(failure).where(of_connections(failure, key)))
    in_each = select(connections.c.id).where(connections.c.organization == key.organization)
    gone = [
        {
            "connection": one, "person": key.user, "field": PERSON,
            "organization": key.organization, "closed_turn": FOREVER,
            "closed_as": Code.DELETED.value, "closed_at": now,
        }
        for one in transaction.execute(in_each).scalars()
    ]  # fmt: skip
    if gone:
        transaction.execute(insert(failure), gone)


def _of(table: Table, key: PersonKey) -> ColumnElement[bool]:
    return (table.c.organization == key.organization) & (table.c.person == key.user)
