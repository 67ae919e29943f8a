"""How events that waited come to their end: fields first, then the event (`design.md`, Outcomes).

Used in the transaction of whatever ends them: an answer, a newer event, a removal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, Connection, select

from connectors.store import bulk
from connectors.store.keyring import Keyring
from connectors.store.tables import dirty, pending, pending_field
from connectors.store.waiting import KEYS, WaitingField, locked, settle
from processors.ports.intake import Ended
from schemas.outcome import FieldEnd
from schemas.reasons import Code


@dataclass(frozen=True, slots=True)
class EndedField:
    """A field's end in one connection, for this turn and every earlier one of it."""

    connection: str
    person: str
    field: str
    turn: int
    result: FieldEnd
    code: Code | None = None
    warnings: tuple[Code, ...] = ()
    attempts: int = 0


def end_fields(
    connection: Connection, keyring: Keyring, ends: Sequence[EndedField], now: int
) -> list[Ended]:
    """End fields, and every event all of whose fields have ended.

    Of the events that wait for a field the newest gets the result, and with it those that brought
    the same version, unless it failed: one letter is enough. Older ones end superseded.

    Args:
        connection: in the transaction that makes the ends true.
        keyring: opens what is sealed, for a letter.
        ends: at most one for each connection, person and field.
        now: the store's time, in milliseconds.

    Returns:
        The events that ended, to be counted once the transaction is committed.
    """
    by_key = {(end.connection, end.person, end.field): end for end in ends}
    affected = bulk.select(
        connection,
        [(name, pending_field.c[name]) for name in ("connection", "person", "field", "turn")],
        [(*key, end.turn) for key, end in by_key.items()],
        "SELECT p.outcome FROM {keys} AS k CROSS JOIN pending_field AS p"
        " WHERE p.connection = k.connection AND p.person = k.person AND p.field = k.field"
        " AND p.turn <= k.turn AND p.result IS NULL",
    )
    rows = locked(connection, {outcome for (outcome,) in affected})
    groups: dict[tuple[str, str, str], list[WaitingField]] = {}
    for row in rows:
        key = (row.connection, row.person, row.field)
        if row.result is None and key in by_key and row.turn <= by_key[key].turn:
            groups.setdefault(key, []).append(row)
    changed: list[WaitingField] = []
    notes: dict[str, list[EndedField]] = {}
    for key, group in groups.items():
        end = by_key[key]
        newest = max(group, key=lambda row: (row.turn, row.version))
        for row in group:
            same = row.version == newest.version and end.result is not FieldEnd.FAILED
            if row is newest or same:
                row.result, row.code = end.result, end.code
                notes.setdefault(row.outcome, []).append(end)
            else:
                row.result, row.code = FieldEnd.SUPERSEDED, None
            changed.append(row)
    _note(connection, notes)
    return settle(connection, keyring, rows, changed, now)


def supersede(
    connection: Connection,
    keyring: Keyring,
    fields: Sequence[tuple[str, str, str, int]],
    now: int,
) -> list[Ended]:
    """End older changes of fields that a newer value has just made dirty.

    People in flight are left alone: what was sent for them is told by its answer.

    Args:
        connection: in the transaction that stored the newer value.
        keyring: as in `end_fields`.
        fields: connection, person, field, and the newer value's version.
        now: the store's time, in milliseconds.
    """
    versions = {field[:3]: field[3] for field in fields}
    affected = bulk.select(
        connection,
        [(name, pending_field.c[name]) for name in ("connection", "person", "field", "version")],
        fields,
        "SELECT p.outcome FROM {keys} AS k CROSS JOIN pending_field AS p"
        " WHERE p.connection = k.connection AND p.person = k.person AND p.field = k.field"
        " AND p.version < k.version AND p.result IS NULL AND NOT EXISTS (SELECT 1 FROM link AS l"
        " WHERE l.connection = k.connection AND l.person = k.person"
        " AND l.flight_epoch IS NOT NULL)",
    )
    rows = locked(connection, {outcome for (outcome,) in affected})
    changed = [
        row
        for row in rows
        if row.result is None
        and row.version < versions.get((row.connection, row.person, row.field), -1)
    ]
    for row in changed:
        row.result = FieldEnd.SUPERSEDED
    return settle(connection, keyring, rows, changed, now)


def end_events(
    connection: Connection,
    keyring: Keyring,
    which: ColumnElement[bool],
    result: FieldEnd,
    code: Code | None,
    now: int,
    limit: int,
) -> list[Ended]:
    """End whole events, whatever of them is open: removed, deleted, unknown in Huma.

    Args:
        connection: in the transaction that makes it true.
        keyring: opens what is sealed, for a letter.
        which: a condition on the table `pending`.
        result: of each open field.
        code: why.
        now: the store's time, in milliseconds.
        limit: at most so many; when as many are returned, call again.
    """
    found = connection.execute(
        select(pending.c.outcome).where(which).order_by(pending.c.outcome).limit(limit)
    ).scalars()
    rows = locked(connection, list(found))
    changed = [row for row in rows if row.result is None]
    for row in changed:
        row.result, row.code = result, code
    return settle(connection, keyring, rows, changed, now)


def _note(connection: Connection, notes: Mapping[str, Sequence[EndedField]]) -> None:
    """Keep beside an event what its ended fields say: warnings, attempts, the first failure."""
    telling = {
        outcome: ends
        for outcome, ends in notes.items()
        if any(end.warnings or end.result is FieldEnd.FAILED for end in ends)
    }
    if not telling:
        return
    found = bulk.select(
        connection,
        KEYS,
        [(outcome,) for outcome in telling],
        "SELECT p.outcome, p.meta FROM {keys} AS k CROSS JOIN pending AS p"
        " WHERE p.outcome = k.outcome",
    )
    metas = {row[0]: row[1] for row in found}
    first = _first_failures(connection, telling)
    rows = []
    for outcome, ends in telling.items():
        meta = orjson.loads(metas[outcome])
        said = {warning.value for end in ends for warning in end.warnings}
        meta["warnings"] = sorted(said.union(meta.get("warnings", ())))
        meta["attempts"] = max(meta.get("attempts", 0), *(end.attempts for end in ends))
        times = [first.get((end.connection, end.person, end.field)) for end in ends]
        began = [at for at in (*times, meta.get("failed_at")) if at is not None]
        if began:
            meta["failed_at"] = min(began)
        rows.append((outcome, orjson.dumps(meta).decode()))
    bulk.select(
        connection,
        [("outcome", pending.c.outcome), ("meta", pending.c.meta)],
        rows,
        "UPDATE pending SET meta = k.meta FROM {keys} AS k WHERE pending.outcome = k.outcome",
    )


def _first_failures(
    connection: Connection, notes: Mapping[str, Sequence[EndedField]]
) -> dict[tuple[str, str, str], int | None]:
    """Return when each failed field failed first, as its dirty row says."""
    keys = {
        (end.connection, end.person, end.field)
        for ends in notes.values()
        for end in ends
        if end.result is FieldEnd.FAILED
    }
    found = bulk.select(
        connection,
        [(name, dirty.c[name]) for name in ("connection", "person", "field")],
        sorted(keys),
        "SELECT d.connection, d.person, d.field, d.first_failed_at FROM {keys} AS k"
        " CROSS JOIN dirty AS d WHERE d.connection = k.connection AND d.person = k.person"
        " AND d.field = k.field",
    )
    return {(row[0], row[1], row[2]): row[3] for row in found}
