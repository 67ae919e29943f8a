"""A person deleted in Huma: values erased at once, a tombstone kept (R-78)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, update

from connectors.store.clock import read_now
from connectors.store.ending import end_events
from connectors.store.keyring import Keyring
from connectors.store.tables import (
    confirmed,
    dirty,
    field,
    intent,
    link,
    pending,
    person,
    position,
)
from connectors.store.upsert import insert
from processors.ports.intake import Ended
from schemas.connection import LinkState
from schemas.outcome import FieldEnd
from schemas.person import PersonKey
from schemas.reasons import Code

EVENTS_OF_ONE: Final = 1_000_000
"""All of one person's: what waits is bounded by fields and connections."""


def delete_people(
    connection: Connection, keyring: Keyring, keys: Sequence[PersonKey]
) -> list[Ended]:
    """Erase values, close what is dirty, end what is pending as "skipped: deleted".

    What stays: ids, the time, and the keyed digest of the email, so that a rehire is seen.
    """
    now = read_now(connection)
    ended: list[Ended] = []
    for key in keys:
        mine = (key.organization, key.user)
        statement = insert(connection, person).values(
            organization=key.organization, person=key.user, deleted_at=now
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[person.c.organization, person.c.person],
                set_={"deleted_at": statement.excluded.deleted_at, "next_flip_on": None},
            )
        )
        # the link first: a lane that holds it has written what it has to write before we erase
        connection.execute(
            update(link)
            .where(link.c.organization == mine[0], link.c.person == mine[1])
            .values(state=LinkState.DELETED.value, company=None, flight_epoch=None)
        )
        for table in (field, position, confirmed, intent):
            connection.execute(
                delete(table).where(table.c.organization == mine[0], table.c.person == mine[1])
            )
        connection.execute(
            update(dirty)
            .where(dirty.c.organization == mine[0], dirty.c.person == mine[1])
            .values(open=False)
        )
        waiting = (pending.c.organization == mine[0]) & (pending.c.person == mine[1])
        ended += end_events(
            connection, keyring, waiting, FieldEnd.SKIPPED, Code.DELETED, now, EVENTS_OF_ONE
        )
    return ended
