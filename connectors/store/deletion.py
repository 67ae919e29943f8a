"""A person deleted in Huma, or erased here: values go at once, a tombstone stays (R-78, R-108)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from connectors.encryption import Cipher
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
    refusal,
)
from connectors.store.tables import connection as connections
from connectors.store.upsert import insert
from connectors.store.work import opened_target
from processors.ports.intake import Ended
from schemas.connection import LinkState
from schemas.employee import TargetValue
from schemas.outcome import FieldEnd
from schemas.person import PersonKey
from schemas.reasons import Code

EVENTS_OF_ONE: Final = 1_000_000
"""All of one person's: what waits is bounded by fields and connections."""
STATE: Final = ("type", "active", "groups")
RECORDS: Final = (
    "contact", "subledger", "employee", "warned", "confirmed_digest", "confirmed_targets",
)  # fmt: skip
"""What a link says of Xledger's records."""


def delete_people(
    connection: Connection, keyring: Keyring, keys: Sequence[PersonKey], *, recognised: bool = True
) -> list[Ended]:
    """Erase values, close what is dirty, end what is pending as "skipped: deleted".

    What stays: ids, the time, and, of whom is to be recognised, two keyed digests: of the email, so
    that a rehire is seen, and of what each connection had confirmed, so that a change in Xledger
    is (R-77); and which records of Xledger were theirs.
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
                set_={
                    "deleted_at": func.coalesce(person.c.deleted_at, statement.excluded.deleted_at),
                    **dict.fromkeys(STATE if recognised else (*STATE, "email_digest")),
                },
            )
        )
        # the link first: a lane that holds it has written what it has to write before we erase
        connection.execute(
            update(link)
            .where(link.c.organization == mine[0], link.c.person == mine[1])
            .values(
                state=LinkState.DELETED.value, company=None, flight_epoch=None, next_flip_on=None,
                **dict.fromkeys(() if recognised else RECORDS),
            )
        )  # fmt: skip
        if recognised:
            _keep_digests(connection, keyring, key)
        for table in (field, position):
            connection.execute(
                delete(table).where(table.c.organization == mine[0], table.c.person == mine[1])
            )
        for table in (confirmed, refusal, intent):
            connection.execute(delete(table).where(of_connections(table, key)))
        connection.execute(update(dirty).where(of_connections(dirty, key)).values(open=False))
        ended += end_events(
            connection, keyring, of_connections(pending, key), FieldEnd.SKIPPED, Code.DELETED, now,
            EVENTS_OF_ONE,
        )  # fmt: skip
    return ended


def confirmed_digest(cipher: Cipher, values: Mapping[str, TargetValue]) -> bytes:
    """Return what stands for values by target, so that a later change of one is seen (R-77)."""
    return cipher.digest("confirmed", orjson.dumps(sorted(values.items())))


def of_connections(table: Table, key: PersonKey) -> ColumnElement[bool]:
    """Return the condition on what connections keep of a person, as their indexes have it."""
    theirs = select(connections.c.id).where(connections.c.organization == key.organization)
    return table.c.connection.in_(theirs) & (table.c.person == key.user)


def _keep_digests(connection: Connection, keyring: Keyring, key: PersonKey) -> None:
    """Keep, with each link, the digest of what was confirmed, and the names of the fields."""
    rows = connection.execute(
        select(confirmed.c.connection, confirmed.c.target, confirmed.c.value).where(
            of_connections(confirmed, key)
        )
    ).all()
    if not rows:
        return
    cipher = keyring.cipher_of(connection, key.organization)
    found: dict[str, dict[str, TargetValue]] = defaultdict(dict)
    for one, target, value in rows:
        found[one][target] = opened_target(cipher, key.user, target, value)
    for one, values in found.items():
        connection.execute(
            update(link)
            .where(link.c.connection == one, link.c.person == key.user)
            .values(
                confirmed_digest=confirmed_digest(cipher, values),
                confirmed_targets=orjson.dumps(sorted(values)).decode(),
            )
        )
