"""Rows of letters as watch writes them (R-90)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from connectors.store import bulk
from connectors.store.letters import letter_of
from connectors.store.tables import letter
from processors.ports.watch import Filed
from schemas.person import PersonKey

COLUMNS: Final = tuple(column.name for column in letter.columns)
QUOTED: Final = tuple(f'"{name}"' for name in COLUMNS)
RENAMED: Final = {"class": "letter_class"}
ROUNDS: Final = frozenset({"failed_round", "ended_round", "ended_as"})


def read(connection: Connection, ids: Collection[str]) -> Mapping[str, Filed]:
    """Return letters, and hold them until the transaction is over; in order, so that two agree."""
    columns = ", ".join(f"l.{name}" for name in QUOTED)
    held = " FOR UPDATE OF l" if connection.dialect.name == "postgresql" else ""
    rows = bulk.select(
        connection,
        [("id", letter.c.id)],
        [(id_,) for id_ in sorted(ids)],
        f"SELECT {columns} FROM {{keys}} AS k CROSS JOIN letter AS l "  # noqa: S608 - names of ours
        f"WHERE l.id = k.id ORDER BY l.id{held}",
    )
    return {filed.letter.id: filed for filed in map(_filed, rows)}


def of_people(connection: Connection, people: Collection[PersonKey]) -> frozenset[str]:
    """Return the ids of the letters of people."""
    rows = bulk.select(
        connection,
        [("o", letter.c.organization), ("p", letter.c.person)],
        sorted(people),
        "SELECT l.id FROM {keys} AS k CROSS JOIN letter AS l "
        "WHERE l.organization = k.o AND l.person = k.p",
    )
    return frozenset(row[0] for row in rows)


def save(connection: Connection, letters: Sequence[Filed]) -> None:
    """Store letters, whatever was there before."""
    bulk.insert(
        connection,
        letter,
        COLUMNS,
        [_row(one) for one in sorted(letters, key=lambda one: one.letter.id)],
        "ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in QUOTED[1:]),
    )


def _filed(row: Any) -> Filed:
    known = row._mapping  # noqa: SLF001 - SQLAlchemy's own public name of it
    return Filed(
        letter_of(row), *(known[name] for name in ("failed_round", "ended_round", "ended_as"))
    )


def _row(filed: Filed) -> tuple[Any, ...]:
    one = filed.letter
    values = {
        name: getattr(filed if name in ROUNDS else one, RENAMED.get(name, name)) for name in COLUMNS
    }
    values |= {"fields": orjson.dumps(one.fields).decode(), "state": one.state.value}
    return tuple(values.values())
