"""Repeats: events whose value is stored already, and outcomes that are pending (R-83)."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table

from connectors.store import bulk
from connectors.store.tables import field, pending, position
from processors.ports.intake import Value
from schemas.person import PersonKey


def stored(
    connection: Connection, values: Sequence[Value], positions: Sequence[Value]
) -> frozenset[tuple[PersonKey, bytes]]:
    """Return whose field or position the same event stored, with the event's digest."""
    return _stored(connection, field, values) | _stored(connection, position, positions)


def pending_of(connection: Connection, outcomes: Sequence[str]) -> frozenset[str]:
    """Return which of these outcomes are pending."""
    rows = bulk.select(
        connection,
        [("outcome", pending.c.outcome)],
        [(outcome,) for outcome in outcomes],
        "SELECT p.outcome FROM {keys} AS k CROSS JOIN pending AS p WHERE p.outcome = k.outcome",
    )
    return frozenset(row[0] for row in rows)


def _stored(
    connection: Connection, table: Table, values: Sequence[Value]
) -> frozenset[tuple[PersonKey, bytes]]:
    rows = bulk.select(
        connection,
        [
            ("o", table.c.organization),
            ("p", table.c.person),
            ("n", table.c[table.name]),
            ("e", table.c.event),
        ],
        [(v.person.organization, v.person.user, v.name, v.event) for v in values],
        f"SELECT f.organization, f.person, k.e FROM {{keys}} AS k CROSS JOIN {table.name} AS f "  # noqa: S608 - ours
        "WHERE f.organization = k.o AND f.person = k.p "
        f"AND f.{table.name} = k.n AND f.event = k.e",
    )
    return frozenset((PersonKey(row[0], row[1]), bytes(row[2])) for row in rows)
