"""The store, looked at from outside: offsets, what waits, who owns the lane."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from schemas.topics import EVENTS, OUTCOMES, REQUESTS
from tests.faults.witness import Place, Told, told_by

OF_PEOPLE = ("field", "position", "confirmed", "intent", "refusal", "pending", "pending_field")
"""Tables of which a deletion leaves nothing (R-78)."""
BUSY_MS = 1000
"""So long nobody who runs keeps others from writing."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the store.

    Attributes:
        next: each partition's stored offset, of Huma's events.
        next_request: the same of our requests.
        pending: events that wait, and for which connections.
        leaving: outcomes of the outbox.
        due: links that the next sweep asks for.
        asked: requests of ours that wait, or are in the outbox.
    """

    next: dict[int, int]
    next_request: dict[int, int]
    pending: Mapping[Place, frozenset[str]]
    leaving: frozenset[Told]
    due: int
    asked: int

    @property
    def quiet(self) -> bool:
        """Whether nothing waits."""
        return not (self.pending or self.leaving or self.due or self.asked)


class Ledger:
    """Reads the store.

    Args:
        url: as the roles have it.
    """

    def __init__(self, url: str) -> None:
        address = url.replace("postgresql://", "postgresql+psycopg://")
        self._engine = create_engine(address, poolclass=NullPool)
        self._sqlite = self._engine.dialect.name == "sqlite"

    def snapshot(self, days: Mapping[str, date]) -> Snapshot:
        """Return offsets, and what waits, all of one moment.

        Args:
            days: the date of each connection.
        """
        with self._reading() as connection:

            def rows(sql: str, **given: str) -> Sequence[Any]:
                return connection.execute(text(sql), given).all()

            offsets = "SELECT partition, next_offset FROM partition WHERE topic = :t"
            waiting: dict[Place, set[str]] = defaultdict(set)
            asked = 0
            for topic, *place, one in rows(
                'SELECT topic, partition, "offset", connection FROM pending'
            ):
                asked += topic == REQUESTS.name
                if topic == EVENTS.name:
                    waiting[Place(*place)].add(one)
            values = rows("SELECT value FROM outbox WHERE topic = :t", t=OUTCOMES.name)
            leaving = rows("SELECT count(*) FROM outbox WHERE topic = :t", t=REQUESTS.name)
            due = "SELECT count(*) FROM link WHERE connection = :c AND next_flip_on <= :d"
            return Snapshot(
                dict(map(tuple, rows(offsets, t=EVENTS.name))),
                dict(map(tuple, rows(offsets, t=REQUESTS.name))),
                {place: frozenset(ones) for place, ones in waiting.items()},
                frozenset(told_by(bytes(row[0]))[0] for row in values),
                sum(rows(due, c=one, d=str(day))[0][0] for one, day in days.items()),
                asked + leaving[0][0],
            )

    def left_of(self, people: Iterable[str]) -> dict[str, int]:
        """Return how many rows there are of people, by table with values or work."""
        gone = set(people)
        with self._reading() as connection:
            users = {
                table: connection.execute(text(f"SELECT person FROM {table}")).scalars().all()  # noqa: S608 - names of ours
                for table in OF_PEOPLE
            }
        return {
            table: count
            for table, found in users.items()
            if (count := sum(user in gone for user in found))
        }

    def epoch(self, connection_: str | None = None) -> int:
        """Return a lane's epoch, or the sum of all: it rises with each owner."""
        with self._reading() as connection:
            query = "SELECT sum(epoch) FROM lane WHERE connection = coalesce(:c, connection)"
            return int(connection.execute(text(query), {"c": connection_}).scalar() or 0)

    def lanes(self) -> list[str]:
        """Return a line on each lane: who owns it, and how it stands."""
        with self._reading() as connection:
            rows = connection.execute(
                text("SELECT connection, owner, epoch, lease_until, state, reason, until FROM lane")
            )
            return [f"lane {row._mapping}" for row in rows]

    def writable(self) -> bool:
        """Say whether nobody holds the whole store for long: a stopped process may."""
        if not self._sqlite:
            return True  # PostgreSQL ends the transaction of a stopped process itself
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_MS}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql("ROLLBACK")
        except OperationalError:
            return False
        return True

    def clear(self) -> list[str]:
        """Return SQLite's files as text, in which only ciphertext may stand for a value."""
        path = self._engine.url.database
        files = Path(path or "").parent.glob(f"{Path(path or '').name}*") if self._sqlite else ()
        return [file.read_bytes().decode("latin-1") for file in files]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        level = "AUTOCOMMIT" if self._sqlite else "REPEATABLE READ"
        with self._engine.connect().execution_options(isolation_level=level) as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection
            if self._sqlite:
                connection.exec_driver_sql("ROLLBACK")
