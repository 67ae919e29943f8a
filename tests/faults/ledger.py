"""The store, looked at from outside: offsets, what waits, who owns the lane."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from schemas.topics import EVENTS, OUTCOMES
from tests.faults.witness import Identity, Place, identity_of_outcome

BUSY_MS = 1000
"""So long nobody who runs keeps others from writing."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the store. `next`: each partition's stored offset, of events alone.

    `asked`: how many requests of ours wait.
    """

    next: dict[int, int]
    pending: frozenset[Place]
    asked: int
    leaving: frozenset[Identity]


class Ledger:
    """Reads the store.

    Args:
        url: as the roles have it.
    """

    def __init__(self, url: str) -> None:
        address = url.replace("postgresql://", "postgresql+psycopg://")
        self._engine = create_engine(address, poolclass=NullPool)
        self._sqlite = self._engine.dialect.name == "sqlite"

    def snapshot(self) -> Snapshot:
        """Return offsets, pending events and the outcomes that wait, all of one moment."""
        with self._reading() as connection:
            offsets = connection.execute(
                text("SELECT partition, next_offset FROM partition WHERE topic = :t"),
                {"t": EVENTS.name},
            )
            following = {row[0]: row[1] for row in offsets}
            pending = connection.execute(text('SELECT topic, partition, "offset" FROM pending'))
            waits = [(row[0], Place(*row[1:])) for row in pending]
            waiting = frozenset(place for topic, place in waits if topic == EVENTS.name)
            leaving = connection.execute(
                text("SELECT value FROM outbox WHERE topic = :t"), {"t": OUTCOMES.name}
            )
            told = frozenset(identity_of_outcome(bytes(row[0])) for row in leaving)
        return Snapshot(following, waiting, len(waits) - len(waiting), told)

    def epoch(self) -> int:
        """Return the lane's epoch: it rises with each owner."""
        with self._reading() as connection:
            return int(connection.execute(text("SELECT max(epoch) FROM lane")).scalar() or 0)

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
