"""Everything that Xledger holds, by dbId: as it was written, and as those who read see it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Any, Final

FIRST_ID: Final = 20_000_001
ADDRESSES: Final = frozenset({"address", "billAddress", "shipAddress", "homeAddress"})


class Kind(StrEnum):
    """The three records that a person is made of; a supplier is also a subledger."""

    CONTACT = "contacts"
    SUPPLIER = "suppliers"
    EMPLOYEE = "employees"


@dataclass(slots=True)
class Record:
    """One record, never changed: a change makes another one. `values` holds no null.

    Not frozen, since that doubles the time that a change takes.
    """

    db_id: int
    owner: int
    values: Mapping[str, Any] = field(repr=False)
    created: str
    modified: str

    def changed(self, changes: Mapping[str, Any], modified: str) -> "Record":
        """Return the record as it is after a change: null clears, an address is merged."""
        return Record(self.db_id, self.owner, after(self.values, changes), self.created, modified)


def after(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values after a change.

    >>> after({"a": 1, "address": {"place": "Oslo"}}, {"a": None, "address": {"zipCode": "1"}})
    {'address': {'place': 'Oslo', 'zipCode': '1'}}
    """
    new = {**values, **changes}
    for name, value in changes.items():
        if value is None:
            del new[name]
        elif name in ADDRESSES and name in values:
            new[name] = {**values[name], **value}
    return new


@dataclass(slots=True)
class _Lag:
    """What is seen of a record until a moment; None: nothing."""

    until: float
    before: Record | None


class Store:
    """The records of all companies.

    Args:
        monotonic: a clock that never goes back, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.clear()

    def clear(self) -> None:
        """Forget everything, but mint no dbId twice."""
        self._records: dict[Kind, dict[int, Record]] = {kind: {} for kind in Kind}
        self._ordered: dict[Kind, list[Record]] = {}
        self._lagging: dict[tuple[Kind, int], _Lag] = {}
        self._next = getattr(self, "_next", FIRST_ID)

    def new_id(self) -> int:
        """Return a dbId that nothing has yet."""
        self._next += 1
        return self._next - 1

    def find(self, kind: Kind, db_id: int | None) -> Record | None:
        """Return a record as it was last written."""
        return self._records[kind].get(db_id) if db_id is not None else None

    def all(self, kind: Kind) -> Iterable[Record]:
        """Return all records of a kind as they were last written."""
        return self._records[kind].values()

    def put(self, kind: Kind, record: Record) -> None:
        """Write a record."""
        self._records[kind][record.db_id] = record
        self._ordered.pop(kind, None)
        if record.db_id >= self._next:
            self._next = record.db_id + 1

    def change(self, kind: Kind, record: Record, changes: Mapping[str, Any], now: str) -> Record:
        """Write a change."""
        new = record.changed(changes, now)
        self.put(kind, new)
        return new

    def show(self, kind: Kind, db_id: int, changes: Mapping[str, Any], now: str) -> None:
        """Let readers see a change at once, even where an earlier one of the record is not yet."""
        lag = self._lagging.get((kind, db_id)) if self._lagging else None
        if lag is not None and lag.before is not None:
            lag.before = lag.before.changed(changes, now)

    def drop(self, kind: Kind, db_id: int) -> None:
        """Remove a record: a write is undone."""
        self._records[kind].pop(db_id, None)
        self._ordered.pop(kind, None)

    def hide(self, kind: Kind, db_id: int, before: Record | None) -> None:
        """Let readers see what was before a write, until `show_after`."""
        self._lagging.setdefault((kind, db_id), _Lag(inf, before)).until = inf

    def show_after(self, keys: Iterable[tuple[Kind, int]], seconds: float) -> None:
        """Let readers see the writes so much later than now."""
        for key in keys:
            if key in self._lagging:
                self._lagging[key].until = self._monotonic() + seconds

    def seen(self, kind: Kind, db_id: int | None) -> Record | None:
        """Return a record as readers see it now."""
        if self._lagging and db_id is not None and (kind, db_id) in self._settled():
            return self._lagging[kind, db_id].before
        return self.find(kind, db_id)

    def rows(self, kind: Kind) -> list[Record]:
        """Return all records as readers see them, by time of modification, then dbId."""
        ordered = self._ordered.get(kind)
        if ordered is None:
            ordered = self._ordered[kind] = sorted(self.all(kind), key=_age)
        if not self._lagging or not (lagging := self._settled()):
            return ordered
        keys = ((record, (kind, record.db_id)) for record in ordered)
        seen = (lagging[key].before if key in lagging else record for record, key in keys)
        return sorted((record for record in seen if record is not None), key=_age)

    def _settled(self) -> dict[tuple[Kind, int], _Lag]:
        now = self._monotonic()
        for key in [key for key, lag in self._lagging.items() if lag.until <= now]:
            del self._lagging[key]
        return self._lagging


def _age(record: Record) -> tuple[str, int]:
    return record.modified, record.db_id
