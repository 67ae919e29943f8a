"""What was added and updated lately: kept for three days (`xledger-api.md` 1.5)."""

from collections import deque
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from simulators.xledger.records import Kind, Record

KEPT: Final = timedelta(days=3)
MOST: Final = 500_000


class Delta(NamedTuple):
    """One write."""

    number: int
    kind: Kind
    db_id: int
    owner: int
    what: Literal["ADDED", "UPDATED"]
    at: datetime
    stamp: str

    def row(self, current: Record | None) -> dict[str, Any]:
        """Return it as the edge of a connection, with the record as it is now."""
        node = {
            "dbId": self.db_id,
            "mutationType": self.what,
            "syncVersion": str(self.number),
            "createdAt": self.stamp,
            "modifiedAt": self.stamp,
            "_current": current,
        }
        return {
            "dbId": self.number,
            "ownerDbId": self.owner,
            "mutationType": self.what,
            "node": node,
        }


class Deltas:
    """The writes of the last three days, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Delta] = deque(maxlen=MOST)
        self._count = 0

    def add(self, kind: Kind, record: Record, *, new: bool, at: datetime) -> None:
        """Note one write."""
        self._count += 1
        what: Literal["ADDED", "UPDATED"] = "ADDED" if new else "UPDATED"
        self._kept.append(
            Delta(self._count, kind, record.db_id, record.owner, what, at, record.modified)
        )

    def of(self, kind: Kind, owners: frozenset[int], now: datetime) -> list[Delta]:
        """Return the writes of a kind of record, less those that are too old by now."""
        while self._kept and now - self._kept[0].at > KEPT:
            self._kept.popleft()
        return [d for d in self._kept if d.kind is kind and d.owner in owners]

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
