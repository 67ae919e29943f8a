"""The audit of what was written: Xledger's record beside Huma's event and actor (R-102)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import Connection

from connectors.store import bulk
from connectors.store.tables import audit, pending_field
from processors.ports.lane import Lease, PersonResult

if TYPE_CHECKING:
    from schemas.employee import Root, Target

COLUMNS: Final = (
    "at", "organization", "connection", "person", "actor", "event", "action", "object", "fields",
    "rule",
)  # fmt: skip

WRITTEN: Final = "employee.written"
Cause = tuple[str | None, str | None]
"""Outcome id of an event, and the Huma id of who made the change."""
NOBODY: Final[tuple[Cause, ...]] = ((None, None),)


def causes_of(
    connection: Connection, lease: Lease, results: Sequence[PersonResult]
) -> dict[str, tuple[Cause, ...]]:
    """Return the events whose fields were sent, by person: of each field the newest.

    Call it before the answer ends them.
    """
    turns = {result.user: result.turn for result in results if result.confirmed}
    rows = bulk.select(
        connection,
        [("c", pending_field.c.connection), ("p", pending_field.c.person)],
        [(lease.connection, user) for user in turns],
        "SELECT f.person, f.field, f.turn, f.version, f.outcome, e.meta FROM {keys} AS k "
        "CROSS JOIN pending_field AS f JOIN pending AS e ON e.outcome = f.outcome "
        "WHERE f.connection = k.c AND f.person = k.p AND f.result IS NULL",
    )
    newest: dict[tuple[str, str], tuple[int, int, str, str]] = {}
    for user, field, turn, version, outcome, meta in rows:
        if turn <= turns[user]:
            one = (turn, version, outcome, meta)
            newest[user, field] = max(one, newest.get((user, field), one))
    causes: dict[str, dict[str, Cause]] = {}
    for (user, _), (_, _, outcome, meta) in sorted(newest.items()):
        causes.setdefault(user, {})[outcome] = (outcome, orjson.loads(meta).get("actor"))
    return {user: tuple(by_outcome.values()) for user, by_outcome in causes.items()}


def add(
    connection: Connection,
    lease: Lease,
    results: Sequence[PersonResult],
    causes: Mapping[str, Sequence[Cause]],
    now: int,
) -> None:
    """Add a row for each record that was written and each event that made it so; no value."""
    rows = [row for result in results for row in _rows(lease, result, causes, now)]
    bulk.insert(connection, audit, COLUMNS, rows, "")


def _rows(
    lease: Lease, result: PersonResult, causes: Mapping[str, Sequence[Cause]], now: int
) -> list[tuple[Any, ...]]:
    by_record: dict[Root, list[Target]] = {}
    for target in result.confirmed:
        by_record.setdefault(target.root, []).append(target)
    return [
        (
            now, lease.organization, lease.connection, result.user, actor, event,
            WRITTEN, f"{record.value}:{result.records.get(record, '')}",
            ",".join(target.value for target in targets), "R-102",
        )
        for record, targets in by_record.items()
        for event, actor in causes.get(result.user, NOBODY)
    ]  # fmt: skip
