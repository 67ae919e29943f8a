"""People as intake keeps them: rows, projection, positions, links; merged by version (R-83)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, update

from connectors.store import bulk
from connectors.store.keyring import Keyring
from connectors.store.tables import field, link, person, position
from processors.ports.intake import StoredLink, StoredPerson, Value
from schemas.connection import LinkState
from schemas.person import PersonKey, PositionField

EMAIL: Final = "email"
AT_ONCE: Final = "0001-01-01"
"""A `next_flip_on` that has come, whatever the day is."""
POSITION_FIELDS: Final = frozenset(field.value for field in PositionField)
BY_VERSION: Final = ("type", "active", "groups")
PERSON_COLUMNS: Final = (
    "organization", "person", "type", "type_version", "active", "active_version", "groups",
    "groups_version", "revision", "complete",
)  # fmt: skip


def read(
    connection: Connection, keys: Sequence[PersonKey], *, hold: bool = True
) -> dict[PersonKey, StoredPerson]:
    """Return who is known, and `hold` their rows until the end of the transaction."""
    locks = hold and connection.dialect.name != "sqlite"
    held = " FOR UPDATE OF p" if locks else ""
    rows = bulk.select(
        connection,
        [("o", person.c.organization), ("p", person.c.person)],
        [(key.organization, key.user) for key in keys],
        "SELECT p.organization, p.person, p.type, p.type_version, p.active, p.active_version, "  # noqa: S608 - one word of ours is put in
        'p."groups", p.groups_version, p.revision, p.complete, p.deleted_at '
        "FROM {keys} AS k CROSS JOIN person AS p "
        f"WHERE p.organization = k.o AND p.person = k.p{held}",
    )
    return {PersonKey(row[0], row[1]): _person(row) for row in rows}


def _person(row: Any) -> StoredPerson:
    return StoredPerson(
        type=row[2],
        type_version=row[3],
        active=None if row[4] is None else bool(row[4]),
        active_version=row[5],
        groups=None if row[6] is None else tuple(orjson.loads(row[6])),
        groups_version=row[7],
        revision=row[8],
        complete=bool(row[9]),
        deleted=row[10] is not None,
    )


def save(connection: Connection, people: Mapping[PersonKey, StoredPerson]) -> None:
    """Store what is known of people, each part by its own version."""
    newer = ", ".join(
        f'"{name}" = CASE WHEN excluded.{name}_version > person.{name}_version '
        f'THEN excluded."{name}" ELSE person."{name}" END, '
        f"{name}_version = {_greater(connection)}(excluded.{name}_version, person.{name}_version)"
        for name in BY_VERSION
    )
    bulk.insert(
        connection,
        person,
        PERSON_COLUMNS,
        [
            (
                key.organization,
                key.user,
                one.type,
                one.type_version,
                one.active,
                one.active_version,
                None if one.groups is None else orjson.dumps(one.groups).decode(),
                one.groups_version,
                one.revision,
                one.complete,
            )
            for key, one in people.items()
        ],
        f"ON CONFLICT (organization, person) DO UPDATE SET {newer}, "
        f"revision = {_greater(connection)}(excluded.revision, person.revision), "
        "complete = excluded.complete OR person.complete",
    )


def merge(
    connection: Connection, keyring: Keyring, values: Sequence[Value]
) -> dict[tuple[PersonKey, str], int]:
    """Merge fields by version in one statement: it tells accepted from stale.

    Returns:
        The version that each accepted value replaced; -1 for none.
    """
    columns = ("organization", "person", "field", "version", "event", "value")
    rows = [
        (
            value.person.organization,
            value.person.user,
            value.name,
            value.version,
            value.event,
            _sealed(connection, keyring, value, f"field.value/{value.name}"),
        )
        for value in values
    ]
    found = bulk.insert(
        connection,
        field,
        columns,
        rows,
        "ON CONFLICT (organization, person, field) DO UPDATE SET version = excluded.version, "
        "replaced = field.version, event = excluded.event, value = excluded.value "
        "WHERE excluded.version > field.version RETURNING organization, person, field, replaced",
    )
    replaced = _replaced(found)
    emails = [one for one in values if one.name == EMAIL and (one.person, EMAIL) in replaced]
    keep_digests(connection, keyring, emails)
    return replaced


def _replaced(rows: Sequence[Any]) -> dict[tuple[PersonKey, str], int]:
    return {
        (PersonKey(row[0], row[1]), row[2]): -1 if row[3] is None else int(row[3]) for row in rows
    }


def merge_positions(
    connection: Connection, keyring: Keyring, values: Sequence[Value]
) -> dict[tuple[PersonKey, str], int]:
    """Merge positions by version, as `merge` does fields; null is deleted."""
    found = bulk.insert(
        connection,
        position,
        ("organization", "person", "position", "version", "event", "value"),
        [
            (
                value.person.organization,
                value.person.user,
                value.name,
                value.version,
                value.event,
                _sealed(connection, keyring, value, "position.value"),
            )
            for value in values
        ],
        "ON CONFLICT (organization, person, position) DO UPDATE SET version = excluded.version, "
        "replaced = position.version, event = excluded.event, value = excluded.value "
        "WHERE excluded.version > position.version "
        "RETURNING organization, person, position, replaced",
    )
    return _replaced(found)


def versions(
    connection: Connection, fields: Sequence[tuple[PersonKey, str]]
) -> dict[tuple[PersonKey, str], int]:
    """Return the versions of stored fields; a position field's is its positions' greatest."""
    rows = bulk.select(
        connection,
        [("o", field.c.organization), ("p", field.c.person), ("f", field.c.field)],
        [(key.organization, key.user, name) for key, name in fields if name not in POSITION_FIELDS],
        "SELECT f.organization, f.person, f.field, f.version FROM {keys} AS k "
        "CROSS JOIN field AS f "
        "WHERE f.organization = k.o AND f.person = k.p AND f.field = k.f",
    )
    names: dict[PersonKey, list[str]] = {}
    for key, name in fields:
        if name in POSITION_FIELDS:
            names.setdefault(key, []).append(name)
    of_positions = bulk.select(
        connection,
        [("o", position.c.organization), ("p", position.c.person)],
        [(key.organization, key.user) for key in names],
        "SELECT k.o, k.p, (SELECT max(p.version) FROM position AS p "
        "WHERE p.organization = k.o AND p.person = k.p) FROM {keys} AS k",
    )
    found = {(PersonKey(row[0], row[1]), row[2]): row[3] for row in rows}
    for organization, user, version in of_positions:
        key = PersonKey(organization, user)
        if version is not None:
            found |= dict.fromkeys(((key, name) for name in names[key]), version)
    return found


def links(connection: Connection, keys: Sequence[PersonKey]) -> dict[tuple[str, str], StoredLink]:
    """Return the links by (connection, user)."""
    rows = bulk.select(
        connection,
        [("o", link.c.organization), ("p", link.c.person)],
        [(key.organization, key.user) for key in keys],
        "SELECT l.connection, l.person, l.state, l.triggered FROM {keys} AS k CROSS JOIN link AS l "
        "WHERE l.organization = k.o AND l.person = k.p",
    )
    return {(row[0], row[1]): StoredLink(LinkState(row[2]), bool(row[3])) for row in rows}


def save_links(
    connection: Connection, links_: Mapping[tuple[str, str], StoredLink], organization: str
) -> None:
    """Store links; the state only of those that nobody had decided about, as a run may have.

    Of those who are wanted one thing can be learnt: that a human must look first (R-78).
    """
    bulk.insert(
        connection,
        link,
        ("connection", "person", "organization", "state", "incomplete", "triggered"),
        [
            (one, user, organization, stored.state.value, False, stored.triggered)
            for (one, user), stored in sorted(links_.items(), key=lambda item: item[0])
        ],
        "ON CONFLICT (connection, person) DO UPDATE SET "
        f"state = CASE WHEN link.state = '{LinkState.UNLINKED.value}' "
        f"OR (link.state = '{LinkState.WANTED.value}' "
        f"AND excluded.state = '{LinkState.AMBIGUOUS.value}') "
        "THEN excluded.state ELSE link.state END, "
        "triggered = link.triggered OR excluded.triggered",
    )


def look_again(connection: Connection, links_: Sequence[tuple[str, str]]) -> None:
    """Let the sweep look at these links, if their position data goes out (R-53, R-60)."""
    bulk.select(
        connection,
        [("c", link.c.connection), ("p", link.c.person)],
        links_,
        f"UPDATE link SET next_flip_on = '{AT_ONCE}' FROM {{keys}} AS k "  # noqa: S608 - ours
        "WHERE link.connection = k.c AND link.person = k.p AND link.triggered",
    )


def look_at_all_again(connection: Connection, one: str) -> None:
    """Let the sweep look at everybody of a connection whose position data goes out (R-59, R-60)."""
    mine = (link.c.connection == one) & link.c.triggered
    connection.execute(update(link).where(mine).values(next_flip_on=AT_ONCE))


def _sealed(connection: Connection, keyring: Keyring, value: Value, column: str) -> bytes | None:
    if value.value is None:
        return None
    cipher = keyring.cipher_of(connection, value.person.organization)
    return cipher.seal(value.person.user, column, orjson.dumps(value.value))


def keep_digests(connection: Connection, keyring: Keyring, emails: Sequence[Value]) -> None:
    """Keep the keyed digest of each email's normal form, by which a rehire is known (R-78)."""
    rows = [
        (
            value.person.organization,
            value.person.user,
            None if value.digest_of is None else email_digest(connection, keyring, value),
        )
        for value in emails
    ]
    bulk.insert(
        connection,
        person,
        ("organization", "person", "email_digest"),
        rows,
        "ON CONFLICT (organization, person) DO UPDATE SET email_digest = excluded.email_digest",
    )


def rehired(connection: Connection, keys: Sequence[PersonKey]) -> frozenset[PersonKey]:
    """Say whose email is that of somebody who was deleted (R-78)."""
    rows = bulk.select(
        connection,
        [("o", person.c.organization), ("p", person.c.person)],
        [(key.organization, key.user) for key in keys],
        "SELECT DISTINCT p.organization, p.person FROM {keys} AS k CROSS JOIN person AS p "
        "CROSS JOIN person AS t WHERE p.organization = k.o AND p.person = k.p "
        "AND t.organization = p.organization AND t.email_digest = p.email_digest "
        "AND t.deleted_at IS NOT NULL AND t.person <> p.person",
    )
    return frozenset(PersonKey(row[0], row[1]) for row in rows)


def email_digest(connection: Connection, keyring: Keyring, value: Value) -> bytes:
    """Return the digest of an email's normal form."""
    assert value.digest_of is not None
    cipher = keyring.cipher_of(connection, value.person.organization)
    return cipher.digest(EMAIL, value.digest_of.encode())


def _greater(connection: Connection) -> str:
    return "max" if connection.dialect.name == "sqlite" else "greatest"
