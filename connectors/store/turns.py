"""Dirty fields and their turns: which time a field became so (`design.md`, Turns)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from connectors.store import bulk
from connectors.store.clock import read_now
from connectors.store.ending import supersede
from connectors.store.keyring import Keyring
from connectors.store.tables import dirty
from processors.ports.intake import Ended
from schemas.person import PersonKey

Row = tuple[str, PersonKey, str, int, int]


def make_dirty(
    connection: Connection, keyring: Keyring, rows: Sequence[Row]
) -> tuple[Mapping[tuple[str, str, str], int], list[Ended]]:
    """Make fields dirty: (connection, person, field, version, origin), each field once.

    A turn is the greater of the last one + 1 and the store's clock, so that turns also rise across
    a restored backup. Older events that wait for the same field are superseded, unless the person
    is in flight: then the answer to what was sent ends them. What may have been written keeps its
    settle time (`design.md`, Ambiguity).

    Returns:
        The turns by (connection, user, field), and the events that ended superseded.
    """
    if not rows:
        return {}, []
    now = read_now(connection)
    greater = "max" if connection.dialect.name == "sqlite" else "greatest"
    least = "min" if connection.dialect.name == "sqlite" else "least"
    found = bulk.insert(
        connection,
        dirty,
        ("connection", "person", "field", "organization", "open", "turn", "version", "origin"),
        [
            (one, key.user, name, key.organization, True, now, version, origin)
            for one, key, name, version, origin in rows
        ],
        "ON CONFLICT (connection, person, field) DO UPDATE SET "
        f"turn = {greater}(excluded.turn, dirty.turn + 1), version = excluded.version, "
        f"origin = CASE WHEN dirty.open THEN {least}(excluded.origin, dirty.origin) "
        "ELSE excluded.origin END, open = excluded.open, attempts = 0, "
        "due = CASE WHEN dirty.unsure THEN dirty.due ELSE 0 END, "
        "first_failed_at = NULL RETURNING connection, person, field, turn",
    )
    turns = {(row[0], row[1], row[2]): int(row[3]) for row in found}
    newer = [(one, key.user, name, version) for one, key, name, version, _ in rows]
    return turns, supersede(connection, keyring, newer, now)


def touch(connection: Connection, rows: Sequence[tuple[str, PersonKey, str, int]]) -> None:
    """Note that events changed these fields, without making them dirty (R-112)."""
    unique = {(one, key, name): version for one, key, name, version in rows}
    bulk.insert(
        connection,
        dirty,
        ("connection", "person", "field", "organization", "open", "turn", "version", "origin"),
        [
            (one, key.user, name, key.organization, False, 0, version, 0)
            for (one, key, name), version in unique.items()
        ],
        "ON CONFLICT (connection, person, field) DO NOTHING",
    )
