"""The writes of one request: made at once, undone together where it fails as a whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from simulators.xledger.deltas import Deltas
from simulators.xledger.records import Kind, Record, Store, after


class Write(NamedTuple):
    """One record before and after; `before` is None where it was added."""

    kind: Kind
    before: Record | None
    after: Record


class Transaction:
    """Writes to a store.

    Args:
        store: is written to.
        stamp: when, as Xledger tells times.
        hidden: whether readers shall not see the writes yet.
    """

    def __init__(self, store: Store, stamp: str, *, hidden: bool) -> None:
        self._store, self._stamp, self._hidden = store, stamp, hidden
        self._writes: list[Write] = []

    def add(self, kind: Kind, owner: int, values: Mapping[str, Any]) -> Record:
        """Add a record; a null is no value."""
        new_id = self._store.new_id()
        record = Record(new_id, owner, after({}, values), self._stamp, self._stamp)
        self._store.put(kind, record)
        self._writes.append(Write(kind, None, record))
        return record

    def change(self, kind: Kind, db_id: int, changes: Mapping[str, Any]) -> Record:
        """Change a record."""
        before = self._store.find(kind, db_id)
        assert before is not None
        record = self._store.change(kind, before, changes, self._stamp)
        if not self._hidden:
            self._store.show(kind, db_id, changes, self._stamp)
        self._writes.append(Write(kind, before, record))
        return record

    def undo(self) -> None:
        """Have nothing written."""
        for write in reversed(self._writes):
            if write.before is None:
                self._store.drop(write.kind, write.after.db_id)
            else:
                self._store.put(write.kind, write.before)
        self._writes.clear()

    def commit(self, deltas: Deltas, at: datetime) -> list[tuple[Kind, int]]:
        """Note every write among the deltas, and return the records that readers do not see yet."""
        for write in self._writes:
            deltas.add(write.kind, write.after, new=write.before is None, at=at)
            if self._hidden:
                self._store.hide(write.kind, write.after.db_id, write.before)
        keys = [(write.kind, write.after.db_id) for write in self._writes]
        return keys if self._hidden else []
