"""A person's rows of the audit, the newest first; why a human did something stays sealed."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, literal, select

from connectors.store.tables import audit
from connectors.store.written import WRITTEN
from processors.ports.people import AuditEntry
from schemas.employee import Target
from schemas.person import PersonKey

CAUSES: Final = 20
"""Rows of one write at the most: one for each event whose fields went with it (R-102)."""


def newest(
    transaction: Connection, key: PersonKey, connection: str | None, limit: int
) -> tuple[AuditEntry, ...]:
    """Return the newest rows; with a connection only its own, and those of none."""
    mine = _of(key)
    if connection is not None:
        mine &= (audit.c.connection == connection) | audit.c.connection.is_(None)
    query = select(audit).where(mine).order_by(audit.c.id.desc()).limit(limit)
    return tuple(entry_of(row) for row in transaction.execute(query))


def last_writes(
    transaction: Connection, key: PersonKey, connections: Sequence[str], targets: Sequence[Target]
) -> dict[tuple[str, Target], tuple[AuditEntry, ...]]:
    """Return the rows of the last write of each target: one for each event that led to it."""
    found: dict[tuple[str, Target], tuple[AuditEntry, ...]] = {}
    for one in connections:
        for target in targets:
            names = literal(",") + audit.c.fields + literal(",")
            query = (
                select(audit)
                .where(
                    _of(key),
                    audit.c.connection == one,
                    audit.c.action == WRITTEN,
                    names.contains(f",{target.value},", autoescape=True),
                )
                .order_by(audit.c.id.desc())
                .limit(CAUSES)
            )
            rows = transaction.execute(query).all()
            if rows:
                found[one, target] = tuple(entry_of(row) for row in rows if row.at == rows[0].at)
    return found


def _of(key: PersonKey) -> ColumnElement[bool]:
    return (audit.c.organization == key.organization) & (audit.c.person == key.user)


def entry_of(row: Any) -> AuditEntry:
    """Return a row of the audit as it is shown."""
    fields = tuple(row.fields.split(",")) if row.fields else ()
    return AuditEntry(
        row.at, row.connection, row.action, row.object, fields, row.rule, row.actor, row.event
    )
