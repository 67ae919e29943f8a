"""The store's engine: one a process, on SQLite or PostgreSQL, with a limit on every wait."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from connectors.store.errors import translated
from schemas.errors import StopProcess
from schemas.personal import Personal

DIALECTS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
READING: Final = "reading"
OWNER_ONLY: Final = 0o600
SQLITE_CACHE: Final = -6144
"""KiB of pages that each connection keeps, by SQLite's own sign; intake's asks for more."""
PASSWORD_FILE: Final = "HUMA_XLEDGER_STORE__PASSWORD_FILE"  # noqa: S105 - a setting's name
ALIVE: Final = {
    "keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}  # fmt: skip
"""Libpq's: a server that is gone without a word is noticed after 25 s. The system's own default is
two hours, in which whoever waits for an answer stands still, and keeps the lease of a lane."""
SECRETS: Final = frozenset({"password", "sslpassword"})
"""Parameters of libpq that an address may hold behind its `?`."""


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """What `settings.Store` says; seconds, and connections of the pool."""

    busy_timeout: float
    lock_timeout: float
    idle_timeout: float
    statement_timeout: float
    pool: int


class Store:
    """One process's way to the store; used from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = cast("Literal['sqlite', 'postgresql']", engine.dialect.name)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Run one transaction: committed at the end, rolled back by any exception.

        READ COMMITTED on PostgreSQL: each statement sees what is there, and rows that matter are
        fenced or locked by name. `BEGIN IMMEDIATE` on SQLite, so that a reader never has to become
        a writer half-way.

        Raises:
            StoreUnavailable, CannotStore, StopProcess: see `connectors.store.errors`.
        """
        with translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Look at one consistent snapshot; nothing is written."""
        options: dict[str, Any] = (
            {READING: True}
            if self.dialect == "sqlite"
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        with translated(), self._engine.connect() as plain:
            connection = plain.execution_options(**options)
            try:
                yield connection
            finally:
                connection.rollback()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_store(url: str, password: Personal[str] | None, limits: StoreLimits) -> Store:
    """Open the store; it is not asked before it is used.

    Args:
        url: `sqlite:////path` or `postgresql://user@host/database`.
        password: PostgreSQL's, from its file.
        limits: see there.

    Raises:
        StopProcess: the address cannot be used, or holds a password.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, limits)
    if password is not None:
        address = address.set(password=password.reveal())
    return Store(
        create_engine(
            address,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=limits.pool,
            max_overflow=0,
            pool_timeout=limits.lock_timeout,
            pool_pre_ping=True,
            connect_args={
                **ALIVE,
                "connect_timeout": max(2, int(limits.lock_timeout)),
                "options": " ".join(
                    f"-c {name}={int(seconds * 1000)}"
                    for name, seconds in (
                        ("idle_in_transaction_session_timeout", limits.idle_timeout),
                        ("lock_timeout", limits.lock_timeout),
                        ("statement_timeout", limits.statement_timeout),
                    )
                ),
            },
        )
    )


def _address(url: str) -> URL:
    if not url:
        raise StopProcess("HUMA_XLEDGER_STORE__URL is not set: see docs/settings.md")
    try:
        address = make_url(url)
    except ArgumentError:
        address = make_url("unknown://")
    name = address.get_backend_name()
    if name not in DIALECTS:
        raise StopProcess("HUMA_XLEDGER_STORE__URL must begin with sqlite:/// or postgresql://")
    if address.password is not None or SECRETS & address.query.keys():
        raise StopProcess(
            f"HUMA_XLEDGER_STORE__URL holds a password: put it into a file and set {PASSWORD_FILE}"
        )
    return address.set(drivername=DIALECTS[name])


def _sqlite(address: URL, limits: StoreLimits) -> Store:
    if not address.database or address.database == ":memory:":
        raise StopProcess("HUMA_XLEDGER_STORE__URL names no file: sqlite:////path/to/store.db")
    path = Path(address.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
    except OSError as error:
        raise StopProcess(f"the store's file {path} cannot be used: {error.strerror}") from None
    engine = create_engine(
        address,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=limits.pool,
        max_overflow=0,
        pool_timeout=limits.lock_timeout,
        pool_use_lifo=True,  # whose pages are still in its cache
        connect_args={
            "timeout": limits.busy_timeout,
            "check_same_thread": False,
            "cached_statements": 32,  # those of many rows are large, and each count is another one
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        for pragma in (
            "page_size=16384",
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=8000",
            f"cache_size={SQLITE_CACHE}",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return Store(engine)
