"""Pages of a connection (`xledger-api.md` 1.4): at most 10,000 records; no records, no edges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from simulators.xledger.problems import Refused, invalid
from simulators.xledger.records import Record

LARGEST: Final = 10_000
USUAL: Final = 100
"""So many records when a query does not say how many."""

Cursors: TypeAlias = Literal["plain", "composite"]
Row: TypeAlias = Record | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pages:
    """How pages look: the switches `cursor` and `empty_edges`."""

    cursor: Cursors
    empty_edges: Literal["null", "list"]

    def page(self, rows: Sequence[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return one page of rows that are in the order of the connection.

        `first` goes from the oldest on, `last` from the newest back. A plain cursor means where its
        record is now, so it moves with a record that is changed meanwhile.

        Raises:
            Refused: the page is too large, or its cursor is none.
        """
        first, last = arguments.get("first"), arguments.get("last")
        if not 0 <= (size := _size(first, last)) <= LARGEST:
            raise Refused(invalid("first", f"At most {LARGEST} records per query."))
        after, before = arguments.get("after"), arguments.get("before")
        start = 0 if after is None else self._place(rows, after) + 1
        end = len(rows) if before is None else self._place(rows, before)
        if first is None and last is not None:
            taken = [rows[at] for at in range(end - 1, max(start, end - size) - 1, -1)]
            more = {"hasNextPage": before is not None, "hasPreviousPage": end - start > size}
        else:
            taken = list(rows[start : min(end, start + size)])
            more = {"hasNextPage": end - start > size, "hasPreviousPage": after is not None}
        edges = [{**_edge(row), "cursor": self._cursor(row)} for row in taken]
        return {"edges": edges or ([] if self.empty_edges == "list" else None), "pageInfo": more}

    def _cursor(self, row: Any) -> str:
        if isinstance(row, Record):
            db_id, owner = row.db_id, row.owner
        else:
            db_id, owner = row["dbId"], row.get("ownerDbId", 0)
        return str(db_id) if self.cursor == "plain" else f"{owner}.{db_id % 7}.{db_id}"

    def _place(self, rows: Sequence[Any], cursor: str) -> int:
        for at, row in enumerate(rows):
            if self._cursor(row) == cursor:
                return at
        raise Refused(invalid("after", "The cursor is not valid."))


def _size(first: int | None, last: int | None) -> int:
    if first is not None:
        return first
    return USUAL if last is None else last


def _edge(row: Any) -> dict[str, Any]:
    """Return an edge without its cursor: a delta's row is one already."""
    return dict(row) if isinstance(row, dict) and "node" in row else {"node": row}
