"""People whom the lane must ask Huma about before the first write (R-97)."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select, text, update

from connectors.store.clock import now_ms, read_now
from connectors.store.ending import end_events
from connectors.store.keyring import Keyring
from connectors.store.lanes import guard
from connectors.store.people import EMAIL, keep_digests, rehired
from connectors.store.tables import dirty, field, link, organization, pending, person, position
from connectors.store.upsert import insert
from connectors.store.work import sealed
from processors.ports.huma import HumaPerson
from processors.ports.intake import Ended, Value
from processors.ports.lane import Lease, Unread
from schemas.connection import LinkState
from schemas.outcome import FieldEnd
from schemas.person import PersonKey
from schemas.reasons import Code

OK: Final = "ok"
ONE: Final = 1_000_000
UNREAD: Final = """
SELECT DISTINCT d.person, p.revision FROM dirty AS d
JOIN person AS p ON p.organization = d.organization AND p.person = d.person
JOIN link AS l ON l.connection = d.connection AND l.person = d.person
WHERE d.connection = :one AND d.open AND NOT p.complete AND p.deleted_at IS NULL
  AND l.state IN ('wanted', 'creating', 'linked')
LIMIT :limit
"""


def unread(connection: Connection, lease: Lease, limit: int) -> Sequence[Unread]:
    """Return people with work who were never read whole; none while Huma is away."""
    away = connection.execute(
        select(organization.c.huma_probe_at > now_ms()).where(
            organization.c.id == lease.organization
        )
    ).scalar_one_or_none()
    if away:
        return []
    rows = connection.execute(text(UNREAD), {"one": lease.connection, "limit": limit})
    return [Unread(row[0], row[1]) for row in rows]


def merge_read(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    asked: Unread,
    read: HumaPerson,
    email: str | None,
) -> bool:
    """Fill what has no version with what was read; False when an event arrived meanwhile.

    Of somebody deleted meanwhile nothing is kept (R-78). A read makes nothing dirty (R-112). A
    stored position that the API no longer has is deleted. `email` is the normal form of the one
    that was read, by which a rehire is known (R-78).
    """
    guard(connection, lease)
    mine = (person.c.organization == lease.organization, person.c.person == asked.user)
    changed = connection.execute(
        update(person)
        .where(*mine, person.c.revision == asked.revision, person.c.deleted_at.is_(None))
        .values(complete=True)
    )
    if not changed.rowcount:
        return False
    version = max(0, asked.revision)
    cipher = keyring.cipher_of(connection, lease.organization)
    for name, value in read.fields.items():
        filled = connection.execute(
            insert(connection, field)
            .values(
                organization=lease.organization,
                person=asked.user,
                field=name,
                version=version,
                value=sealed(cipher, asked.user, f"field.value/{name}", value),
            )
            .on_conflict_do_nothing()
            .returning(field.c.field)
        ).first()
        if filled is not None and name == EMAIL:
            key = PersonKey(lease.organization, asked.user)
            read_email = Value(key, name, version, b"", value, digest_of=email)
            keep_digests(connection, keyring, [read_email])
            if rehired(connection, [key]):
                _let_a_human_look(connection, key)
    for id_, whole in read.positions.items():
        connection.execute(
            insert(connection, position)
            .values(
                organization=lease.organization,
                person=asked.user,
                position=id_,
                version=version,
                value=sealed(cipher, asked.user, "position.value", dict(whole)),
            )
            .on_conflict_do_nothing()
        )
    connection.execute(
        update(position)
        .where(
            position.c.organization == lease.organization,
            position.c.person == asked.user,
            position.c.position.not_in(list(read.positions)),
        )
        .values(value=None)
    )
    for name, known in (
        ("type", read.type),
        ("active", read.active),
        ("groups", None if read.groups is None else orjson.dumps(read.groups).decode()),
    ):
        if known is not None:
            connection.execute(
                update(person)
                .where(*mine, person.c[f"{name}_version"] < 0)
                .values({name: known, f"{name}_version": version})
            )
    return True


def _let_a_human_look(connection: Connection, key: PersonKey) -> None:
    """Create nobody by themselves whose email is that of somebody who was deleted (R-78)."""
    connection.execute(
        update(link)
        .where(
            link.c.organization == key.organization,
            link.c.person == key.user,
            link.c.state == LinkState.WANTED.value,
        )
        .values(state=LinkState.AMBIGUOUS.value)
    )


def unknown(connection: Connection, keyring: Keyring, lease: Lease, user: str) -> list[Ended]:
    """End everything pending of a person that Huma does not know (404)."""
    guard(connection, lease)
    connection.execute(
        update(dirty)
        .where(dirty.c.connection == lease.connection, dirty.c.person == user)
        .values(open=False)
    )
    which = (pending.c.connection == lease.connection) & (pending.c.person == user)
    return end_events(
        connection,
        keyring,
        which,
        FieldEnd.SKIPPED,
        Code.UNKNOWN_IN_HUMA,
        read_now(connection),
        ONE,
    )


def huma_state(connection: Connection, lease: Lease, state: str, wait: float) -> bool:
    """Store how Huma is, `ok` or a reason, and the next probe; True when that is news."""
    guard(connection, lease)
    mine = organization.c.id == lease.organization
    before = connection.execute(select(organization.c.huma_state).where(mine)).scalar_one()
    values: dict[str, Any] = {"huma_probe_at": 0 if state == OK else now_ms() + int(wait * 1000)}
    if before != state:
        values |= {"huma_state": state, "huma_since": now_ms()}
    connection.execute(update(organization).where(mine).values(**values))
    return bool(before != state)
