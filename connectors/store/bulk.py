"""Many rows in one statement, by the driver's own cursor: building them is what costs.

SQLite takes lists of VALUES; PostgreSQL takes one array a column (`known-to-work.md`).
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import Column, Connection, Table
from sqlalchemy.types import BigInteger, Boolean, Integer, LargeBinary

VARIABLES: Final = 30_000
"""SQLite takes 32,766 in a statement."""
ROWS: Final = 400
ARRAYS: Final = 5_000

Row = Sequence[Any]


def insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row], suffix: str
) -> list[Row]:
    """Insert rows, and return what `suffix` returns.

    Args:
        connection: in a transaction.
        table: where.
        columns: names, in the order of the rows' values.
        rows: the same key never twice in one call.
        suffix: `ON CONFLICT …`, `RETURNING …`, as both dialects read it.
    """
    into = f"INSERT INTO {_quoted(table.name)} ({', '.join(map(_quoted, columns))}) "
    types = [table.c[name] for name in columns]
    found: list[Row] = []
    for source, parameters in _sources(connection, types, columns, rows):
        # SQLite needs a WHERE to tell the upsert from a join
        sql = f"{into}SELECT * FROM {source} AS given WHERE true {suffix}"  # noqa: S608 - names of ours
        result = connection.exec_driver_sql(sql, parameters)
        if result.returns_rows:
            found.extend(result.all())
    return found


def select(
    connection: Connection,
    keys: Sequence[tuple[str, Column[Any]]],
    rows: Sequence[Row],
    sql: str,
    *parameters: Any,
) -> list[Row]:
    """Run a statement for each of many keys at once.

    Args:
        connection: in a transaction.
        keys: names of the key table's columns, each with a column of the same type.
        rows: the keys.
        sql: with `{keys}` where the key table stands, as `… FROM {keys} AS k CROSS JOIN …`: SQLite
            then looks each one up instead of scanning. Further values are `{value}`.
        parameters: the further values, which must stand behind the key table.
    """
    names = [name for name, _ in keys]
    types = [column for _, column in keys]
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    found: list[Row] = []
    for source, given in _sources(connection, types, names, rows):
        text = sql.format(keys=source, value=mark)
        result = connection.exec_driver_sql(text, (*given, *parameters))
        if result.returns_rows:
            found.extend(result.all())
    return found


def _sources(
    connection: Connection,
    types: Sequence[Column[Any]],
    names: Sequence[str],
    rows: Sequence[Row],
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield table expressions that hold the rows, a limited number at a time."""
    quoted = [_quoted(name) for name in names]
    if connection.dialect.name == "sqlite":
        size = max(1, min(ROWS, VARIABLES // len(names)))
        renamed = ", ".join(f"column{at} AS {name}" for at, name in enumerate(quoted, 1))
        one = f"({', '.join('?' * len(names))})"
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            values = ", ".join([one] * len(part))
            yield (
                f"(SELECT {renamed} FROM (VALUES {values}))",  # noqa: S608 - names of ours
                tuple(chain.from_iterable(part)),
            )
        return
    arrays = ", ".join(f"%b::{_array(column)}" for column in types)
    for start in range(0, len(rows), ARRAYS):
        columns = [list(column) for column in zip(*rows[start : start + ARRAYS], strict=True)]
        names_of = ", ".join(quoted)
        yield f"(SELECT * FROM unnest({arrays}) AS u({names_of}))", tuple(columns)  # noqa: S608 - as above


def _array(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, Boolean):
        return "bool[]"
    if isinstance(kind, BigInteger):
        return "int8[]"
    if isinstance(kind, Integer):
        return "int4[]"
    if isinstance(kind, LargeBinary):
        return "bytea[]"
    return "text[]"


def _quoted(name: str) -> str:
    return f'"{name}"'
