"""Events that wait for their end: found under a lock, settled, and gone with an outcome.

The rows of an event that may end are locked first, in order, so that of two transactions which end
two fields of one event the later one sees the earlier one's.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from connectors.store import bulk, outbox, quota
from connectors.store.keyring import Keyring
from connectors.store.leaving import Waited, rows_of
from connectors.store.records import unpack
from connectors.store.tables import pending, pending_field
from processors.ports.intake import Ended
from schemas.about import About
from schemas.attributes import read_time
from schemas.outcome import FieldEnd, FieldOutcome, Result, result_of
from schemas.reasons import Code
from schemas.topics import EVENTS

RECORD: Final = "pending.record"
"""The sealed column, as associated data."""
KEYS: Final = [("outcome", pending.c.outcome)]


@dataclass(slots=True)
class WaitingField:
    """One field of one waiting event."""

    outcome: str
    connection: str
    person: str
    field: str
    version: int
    turn: int
    result: FieldEnd | None
    code: Code | None


def meta_of(about: About, actor: str | None, warnings: Iterable[Code]) -> str:
    """Return what `pending.meta` keeps of an event: what its outcome says of it."""
    meta: dict[str, Any] = {
        "source": about.source,
        "id": about.id,
        "type": about.type,
        "revision": about.revision,
        "time": None if about.time is None else about.time.isoformat(),
        "actor": actor,
        "warnings": [code.value for code in warnings],
    }
    return orjson.dumps({name: value for name, value in meta.items() if value}).decode()


def locked(connection: Connection, outcomes: Collection[str]) -> list[WaitingField]:
    """Lock events in order, then read all of their fields."""
    if not outcomes:
        return []
    given = [(outcome,) for outcome in sorted(outcomes)]
    if connection.dialect.name == "postgresql":
        bulk.select(
            connection,
            KEYS,
            given,
            "SELECT p.outcome FROM {keys} AS k CROSS JOIN pending AS p"
            " WHERE p.outcome = k.outcome ORDER BY p.outcome FOR UPDATE OF p",
        )
    found = bulk.select(
        connection,
        KEYS,
        given,
        "SELECT p.outcome, p.connection, p.person, p.field, p.version, p.turn, p.result, p.code"
        " FROM {keys} AS k CROSS JOIN pending_field AS p WHERE p.outcome = k.outcome",
    )
    return [
        WaitingField(
            outcome, connection_id, person, field, version, turn,
            None if result is None else FieldEnd(result), None if code is None else Code(code),
        )
        for outcome, connection_id, person, field, version, turn, result, code in found
    ]  # fmt: skip


def settle(
    connection: Connection,
    keyring: Keyring,
    rows: Sequence[WaitingField],
    changed: Sequence[WaitingField],
    now: int,
) -> list[Ended]:
    """Store what ended; events with nothing open leave, with their outcome."""
    if not changed:
        return []
    events: dict[str, list[WaitingField]] = {}
    for row in rows:
        events.setdefault(row.outcome, []).append(row)
    touched = {row.outcome for row in changed}
    done = {
        outcome: fields
        for outcome, fields in events.items()
        if outcome in touched and all(row.result is not None for row in fields)
    }
    kept = [row for row in changed if row.outcome not in done]
    names = ("connection", "person", "field", "outcome", "result", "code")
    bulk.select(
        connection,
        [(name, pending_field.c[name]) for name in names],
        [
            (row.connection, row.person, row.field, row.outcome, row.result, row.code)
            for row in kept
        ],
        "UPDATE pending_field SET result = k.result, code = k.code FROM {keys} AS k"
        " WHERE pending_field.connection = k.connection AND pending_field.person = k.person"
        " AND pending_field.field = k.field AND pending_field.outcome = k.outcome",
    )
    return _finish(connection, keyring, done, now)


def _finish(
    connection: Connection, keyring: Keyring, done: Mapping[str, Sequence[WaitingField]], now: int
) -> list[Ended]:
    """Write the outcomes of events that have ended, and their letters; forget their bytes."""
    if not done:
        return []
    outcomes = [(outcome,) for outcome in done]
    found = bulk.select(
        connection,
        KEYS,
        outcomes,
        "SELECT p.outcome, p.connection, p.person, p.organization, p.meta, p.round, p.topic,"
        ' p.partition, p."offset", p.recorded_at, p.received_at'
        " FROM {keys} AS k CROSS JOIN pending AS p WHERE p.outcome = k.outcome",
    )
    letters = [
        (outcome,)
        for outcome, rows in done.items()
        if any(row.result is FieldEnd.FAILED for row in rows)
    ]
    sealed = bulk.select(
        connection,
        KEYS,
        letters,
        "SELECT p.outcome, p.record FROM {keys} AS k CROSS JOIN pending AS p"
        " WHERE p.outcome = k.outcome",
    )
    records = {row[0]: bytes(row[1]) for row in sealed}
    ended: list[Ended] = []
    leaving: list[outbox.NewRow] = []
    for row in found:
        fields = {
            field.field: FieldOutcome(field.result, field.code, field.version, field.turn)
            for field in done[row[0]]
            if field.result is not None
        }
        waited = _waited(row, now)
        if row[0] in records:
            cipher = keyring.cipher_of(connection, waited.organization)
            record = cipher.open(waited.person, RECORD, records[row[0]])
            waited = replace(waited, record=unpack(record))
        result, reason = result_of(fields)
        leaving += rows_of(waited, fields, result, reason, now)
        ended.append(Ended(result, reason, _seconds(waited, result, now), waited.round))
    outbox.write(connection, keyring, leaving, now)
    failed = Counter(row[1] for row in found if row[0] in records)
    for one, count in sorted(failed.items()):
        quota.add(connection, quota.letters_of(one), count)
    for table in ("pending_field", "pending"):
        bulk.select(
            connection,
            KEYS,
            outcomes,
            f"DELETE FROM {table} WHERE outcome IN (SELECT k.outcome FROM {{keys}} AS k)",  # noqa: S608 - a name of ours
        )
    return ended


def _seconds(waited: Waited, result: Result, now: int) -> float | None:
    """Return from record to confirmation (R-80): Huma's own events alone, replays apart."""
    recorded = waited.recorded_at
    first = waited.round == 0 and waited.topic == EVENTS.name
    if result is not Result.APPLIED or recorded is None or not first:
        return None
    return (now - recorded) / 1000


def _waited(row: Sequence[Any], now: int) -> Waited:
    meta = orjson.loads(row[4])
    about = About(
        source=meta.get("source"),
        id=meta.get("id"),
        type=meta.get("type"),
        organization=row[3],
        user=row[2],
        time=read_time(meta.get("time")),
        revision=meta.get("revision"),
    )
    return Waited(
        about=about,
        connection=row[1],
        person=row[2],
        organization=row[3],
        round=row[5],
        topic=row[6],
        partition=row[7],
        offset=row[8],
        recorded_at=row[9],
        warnings=tuple(Code(code) for code in meta.get("warnings", ())),
        attempts=meta.get("attempts", 0),
        failed_at=meta.get("failed_at", now),
    )
