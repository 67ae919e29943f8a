"""Rows of the error log: one for each connection, person and field that failed (R-89)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import astuple, fields
from typing import Final

from sqlalchemy import Connection

from connectors.store import bulk
from connectors.store.tables import connection as connections
from connectors.store.tables import failure
from processors.ports.watch import Entries, Entry, Watched
from schemas.person import PersonKey

KEYS: Final = ("connection", "organization", "person", "field")
NAMES: Final = tuple(field.name for field in fields(Entry))
"""Entries and rows name the rest alike."""


def read(connection: Connection, people: Collection[Watched]) -> Entries:
    """Return the entries of people, by field."""
    columns = ", ".join(f"f.{name}" for name in (*KEYS, *NAMES))
    rows = bulk.select(
        connection,
        [("c", failure.c.connection), ("p", failure.c.person)],
        sorted((who.connection, who.user) for who in people),
        f"SELECT {columns} FROM {{keys}} AS k CROSS JOIN failure AS f "  # noqa: S608 - names of ours
        "WHERE f.connection = k.c AND f.person = k.p",
    )
    found: dict[Watched, dict[str, Entry]] = defaultdict(dict)
    for row in rows:
        found[Watched(*row[:3])][row[3]] = Entry(*row[4:])
    return found


def save(connection: Connection, entries: Entries) -> None:
    """Store entries, whatever was there before."""
    bulk.insert(
        connection,
        failure,
        (*KEYS, *NAMES),
        [
            (*who, name, *astuple(entry))
            for who, theirs in sorted(entries.items())
            for name, entry in sorted(theirs.items())
        ],
        "ON CONFLICT (connection, person, field) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in NAMES),
    )


def deleted(connection: Connection, people: Collection[PersonKey]) -> Mapping[PersonKey, int]:
    """Return when people were deleted, as any connection of their organisation was told."""
    rows = bulk.select(
        connection,
        [("o", connections.c.organization), ("p", failure.c.person)],
        sorted(people),
        "SELECT k.o, k.p, min(f.closed_at) FROM {keys} AS k CROSS JOIN connection AS c "
        "JOIN failure AS f ON f.connection = c.id AND f.person = k.p AND f.field = '' "
        "WHERE c.organization = k.o GROUP BY k.o, k.p",
    )
    return {PersonKey(row[0], row[1]): row[2] for row in rows}
