"""Rows of the timeline: outcomes as they were told, and back (R-89)."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from schemas.outcome import Result
from schemas.outcome_read import Told, fields_text, read_fields

COLUMNS: Final = (
    "outcome", "source", "event", "type", "revision", "organization", "person", "connection",
    "round", "result", "reason", "warnings", "at", "fields", "letter",
)  # fmt: skip
FROM_TIMELINE: Final = (
    ", ".join(f"t.{name}" for name in COLUMNS[:-1]) + " FROM {keys} AS k CROSS JOIN timeline AS t"
)


def row_of(told: Told) -> tuple[Any, ...]:
    """Return an outcome as a row, in the order of `COLUMNS`."""
    return (
        told.id, told.source, told.event, told.type, told.revision, told.organization, told.user,
        told.connection, told.round, told.result.value, told.reason,
        orjson.dumps(told.warnings).decode(), told.at, fields_text(told.fields), told.key,
    )  # fmt: skip


def told_of(row: Sequence[Any]) -> Told:
    """Return the outcome of a row that was read by `FROM_TIMELINE`."""
    id_, source, event, type_, revision, organization, user, one, round_ = row[:9]
    return Told(
        id_, source, event, type_, revision, organization, user, one, round_, Result(row[9]),
        row[10], tuple(orjson.loads(row[11])), row[12], read_fields(orjson.loads(row[13])),
    )  # fmt: skip
