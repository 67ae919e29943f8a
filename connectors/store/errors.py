"""The store's errors, translated once: whose fault it is decides, not the driver's class.

SQLSTATE 22 (data), 23 (integrity), 54 (program limits) and errors of our own encoding mean that a
value of this batch cannot be written; a missing table means that the schema is older than the
program; what the store does not understand, or SQLAlchemy refuses before asking it, is a fault of
this program, which repeating does not mend; everything else is the store being away (`design.md`,
Intake). No driver's text is kept: it can quote a value (R-103).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Final

import psycopg
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    PendingRollbackError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schemas.errors import CannotStore, Fault, StopProcess, StoreUnavailable

OURS: Final = frozenset({"22", "23", "54"})
MISSING: Final = frozenset({"42P01", "42703", "3F000"})
"""Undefined table, column, schema."""
NOT_UNDERSTOOD: Final = "42"
"""A syntax error, or access that the database's own rights do not allow."""
CONNECTING: Final = "connection "
"""How psycopg's errors of connecting begin; they have no SQLSTATE, whatever the server said."""
BROKEN_OFF: Final = "in transaction status"
"""What psycopg says, as if it were misused, of a connection that broke off since it was tried."""
SQLITE_OURS: Final = (sqlite3.IntegrityError, sqlite3.DataError)
SQLITE_MISSING: Final = ("no such table", "no such column", "has no column named")
SQLITE_NOT_UNDERSTOOD: Final = ("syntax error", "incomplete input", "no such function")
LOST: Final = (PoolTimeout, DisconnectionError, PendingRollbackError)
"""What SQLAlchemy itself raises when no connection is to be had, or one broke off under it."""
NO_FORM: Final = (UnicodeEncodeError, OverflowError)
ROOT: Final = Path(__file__).parents[2]


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver raises into errors of ours.

    Raises:
        CannotStore: a value of this transaction cannot be written.
        StopProcess: the schema is not this program's, or this program has a fault.
        StoreUnavailable: anything else; repeating the transaction is safe.
    """
    try:
        yield
    except Fault:
        raise
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error, *NO_FORM) as error:
        raise fault_of(error) from None


def fault_of(error: BaseException) -> Fault:
    """Return our error for a driver's or SQLAlchemy's, without its text."""
    cause: BaseException | None = error.orig if isinstance(error, StatementError) else error
    if isinstance(cause, NO_FORM):
        return CannotStore("a value has no form in the store")
    if cause is None or isinstance(cause, LOST) or _invalidated(error):
        return _away(type(error).__name__)
    found: Fault | None = None
    if isinstance(cause, psycopg.Error):
        found = _of_postgresql(cause)
    elif isinstance(cause, sqlite3.Error):
        found = _of_sqlite(cause)
    return found or _fault_of_ours(cause, error)


def _invalidated(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _of_postgresql(error: psycopg.Error) -> Fault | None:
    """Return what an error of psycopg means; None when this program is to blame."""
    state = error.sqlstate
    if state is None:
        return _of_psycopg(error)
    if state in MISSING:
        return _older()
    if state[:2] in OURS:
        return CannotStore(f"PostgreSQL refused a value: SQLSTATE {state}")
    return None if state[:2] == NOT_UNDERSTOOD else _away(f"SQLSTATE {state}")


def _of_psycopg(error: psycopg.Error) -> Fault | None:
    if isinstance(error, psycopg.DataError):
        return CannotStore("the driver has no form for a value")
    if isinstance(error, psycopg.OperationalError) and str(error).startswith(CONNECTING):
        return StoreUnavailable(
            "PostgreSQL is not reached, or refuses the sign-in: see STORE__URL and "
            "STORE__PASSWORD_FILE"
        )
    misused = isinstance(error, psycopg.ProgrammingError) and BROKEN_OFF not in str(error)
    return None if misused else _away(type(error).__name__)


def _of_sqlite(error: sqlite3.Error) -> Fault | None:
    """Return what an error of SQLite's means; None when this program is to blame."""
    text = str(error)
    if isinstance(error, SQLITE_OURS):
        return CannotStore(f"SQLite refused a value: {type(error).__name__}")
    if any(words in text for words in SQLITE_MISSING):
        return _older()
    misused = isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError)
    if misused or any(words in text for words in SQLITE_NOT_UNDERSTOOD):
        return None
    return _away(type(error).__name__)


def _away(name: str) -> StoreUnavailable:
    return StoreUnavailable(f"the store does not answer: {name}")


def _older() -> StopProcess:
    return StopProcess("the store's schema is older than this program: run `store migrate`")


def _fault_of_ours(cause: BaseException, error: BaseException) -> StopProcess:
    """Say what and where: the text cannot be told."""
    mine = [
        f"{path.relative_to(ROOT)}:{frame.lineno}"
        for frame in extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(ROOT) and "site-packages" not in path.parts
    ]
    state = getattr(cause, "sqlstate", None)
    what = type(cause).__name__ + (f", SQLSTATE {state}" if state else "")
    where = mine[-1] if mine else "an unknown place"
    return StopProcess(
        f"a fault of this program, or of its rights: the store cannot do what it is asked "
        f"({what}, at {where})"
    )
