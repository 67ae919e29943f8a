"""The store's errors, translated once: whose fault it is decides, not the driver's class.

SQLSTATE 22 (data), 23 (integrity), 54 (program limits) and errors of our own encoding mean that a
value of this batch cannot be written; a missing table means that the schema is older than the
program; everything else is the store being away (`design.md`, Intake). No driver's text is kept:
it can quote a value (R-103).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schemas.errors import CannotStore, Fault, StopProcess, StoreUnavailable

OURS: Final = frozenset({"22", "23", "54"})
MISSING: Final = frozenset({"42P01", "42703", "3F000"})
"""Undefined table, column, schema."""
CONNECTING: Final = "connection "
"""How psycopg's errors of connecting begin; they have no SQLSTATE, whatever the server said."""
SQLITE_OURS: Final = (sqlite3.IntegrityError, sqlite3.DataError)
SQLITE_MISSING: Final = ("no such table", "no such column", "has no column named")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver raises into errors of ours.

    Raises:
        CannotStore: a value of this transaction cannot be written.
        StopProcess: the schema is not this program's.
        StoreUnavailable: anything else; repeating the transaction is safe.
    """
    try:
        yield
    except Fault:
        raise
    except DBAPIError as error:
        raise fault_of(error.orig) from None
    except (PoolTimeout, SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        raise fault_of(error) from None
    except (UnicodeEncodeError, OverflowError):
        raise CannotStore("a value has no form in the store") from None


def fault_of(error: BaseException | None) -> Fault:
    """Return our error for a driver's, without its text."""
    if isinstance(error, psycopg.DataError) and error.sqlstate is None:
        return CannotStore("the driver has no form for a value")
    if isinstance(error, psycopg.OperationalError) and str(error).startswith(CONNECTING):
        return StoreUnavailable(
            "PostgreSQL is not reached, or refuses the sign-in: see STORE__URL and "
            "STORE__PASSWORD_FILE"
        )
    if isinstance(error, psycopg.Error):
        return _of_state(error.sqlstate, type(error).__name__)
    if isinstance(error, SQLITE_OURS):
        return CannotStore(f"SQLite refused a value: {type(error).__name__}")
    if isinstance(error, sqlite3.OperationalError) and any(
        text in str(error) for text in SQLITE_MISSING
    ):
        return _older()
    return StoreUnavailable(f"the store does not answer: {type(error).__name__}")


def _of_state(state: str | None, name: str) -> Fault:
    if state is None:
        return StoreUnavailable(f"the store does not answer: {name}")
    if state in MISSING:
        return _older()
    if state[:2] in OURS:
        return CannotStore(f"PostgreSQL refused a value: SQLSTATE {state}")
    return StoreUnavailable(f"the store does not answer: SQLSTATE {state}")


def _older() -> StopProcess:
    return StopProcess("the store's schema is older than this program: run `store migrate`")
