"""Whose fault an error of the store is: told apart by SQLSTATE, never by a driver's class."""

import sqlite3
from collections.abc import Callable
from traceback import format_exception_only

import psycopg
import psycopg.errors
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import (
    ArgumentError,
    CompileError,
    DBAPIError,
    PendingRollbackError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.store.errors import fault_of
from connectors.store.tables import field, quota
from processors.ports.intake import StoredPerson, Value
from schemas.errors import CannotStore, Fault, StopProcess, StoreUnavailable
from schemas.person import PersonKey
from tests.fixtures.stored import KARI, ORGANIZATION, Stored

CANARY = "canary-4711"
POISON = PersonKey(ORGANIZATION, f"{CANARY}\x00")


@pytest.mark.rule("R-85")
@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("22001", CannotStore),  # too long
        ("22021", CannotStore),  # not in the character set
        ("22003", CannotStore),  # number out of range
        ("23505", CannotStore),  # not unique
        ("54000", CannotStore),  # program limit
        ("40001", StoreUnavailable),  # serialization
        ("40P01", StoreUnavailable),  # deadlock
        ("55P03", StoreUnavailable),  # lock not available
        ("57014", StoreUnavailable),  # statement time-out
        ("57P01", StoreUnavailable),  # shut down
        ("25P03", StoreUnavailable),  # idle in transaction, told at COMMIT as an internal error
        ("25006", StoreUnavailable),  # read only: a replica
        ("53100", StoreUnavailable),  # disk full
        ("08006", StoreUnavailable),  # connection lost
        ("42P01", StopProcess),  # undefined table
        ("42703", StopProcess),  # undefined column
        ("42601", StopProcess),  # syntax error
        ("42501", StopProcess),  # insufficient privilege
        ("XX000", StoreUnavailable),  # internal
    ],
)
def test_sqlstate_decides(state: str, kind: type[Fault]) -> None:
    """22, 23, 54 are our value, 42 is our schema or program; all else is the store away."""
    error = psycopg.errors.lookup(state) if state != "25P03" else psycopg.InternalError
    raised = error(CANARY)
    raised.sqlstate = state
    found = fault_of(raised)
    assert type(found) is kind
    assert CANARY not in str(found)


@pytest.mark.rule("R-85")
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite3.IntegrityError(CANARY), CannotStore),
        (sqlite3.DataError(CANARY), CannotStore),
        (sqlite3.OperationalError(f"database is locked {CANARY}"), StoreUnavailable),
        (sqlite3.OperationalError(f"disk I/O error {CANARY}"), StoreUnavailable),
        (sqlite3.OperationalError(f"no such table: {CANARY}"), StopProcess),
        (sqlite3.DatabaseError(CANARY), StoreUnavailable),
        (psycopg.OperationalError(CANARY), StoreUnavailable),
        (psycopg.DataError(CANARY), CannotStore),
        (sqlite3.OperationalError(f'near "{CANARY}": syntax error'), StopProcess),
        (sqlite3.ProgrammingError(CANARY), StopProcess),
        (psycopg.ProgrammingError(CANARY), StopProcess),
        (
            psycopg.ProgrammingError("can't change now: connection in transaction status UNKNOWN"),
            StoreUnavailable,
        ),
        (psycopg.InterfaceError(CANARY), StoreUnavailable),
        (PoolTimeout(CANARY), StoreUnavailable),
        (PendingRollbackError(CANARY), StoreUnavailable),
        (ArgumentError(CANARY), StopProcess),
        (CompileError(CANARY), StopProcess),
        (StatementError(CANARY, None, None, ValueError(CANARY)), StopProcess),
        (StatementError(CANARY, None, None, OverflowError(CANARY)), CannotStore),
        (
            DBAPIError(CANARY, None, psycopg.ProgrammingError(), connection_invalidated=True),
            StoreUnavailable,
        ),
    ],
)
def test_an_error_without_a_state_is_told_apart_too(error: Exception, kind: type[Fault]) -> None:
    """SQLite and the drivers themselves have classes only; no text of theirs is kept."""
    found = fault_of(error)
    assert type(found) is kind
    assert CANARY not in str(found)


@pytest.mark.rule("R-85", "R-103")
@pytest.mark.parametrize("sql", ["SELEKT 'canary-4711'", "SELECT canary_4711()"])
def test_what_the_store_does_not_understand_stops_the_process(stored: Stored, sql: str) -> None:
    """Our own mistake is not taken for an outage, for ever repeated: it says where, not what."""
    with (
        pytest.raises(
            StopProcess, match=r"at tests/connectors/store/test_errors\.py:\d+"
        ) as caught,
        stored.store.begin() as connection,
    ):
        connection.execute(text(sql))
    assert "canary" not in "".join(format_exception_only(caught.value))
    assert caught.value.__suppress_context__


def test_what_sqlalchemy_refuses_stops_the_process_too(stored: Stored) -> None:
    """A statement that cannot be built is never sent."""
    with pytest.raises(StopProcess, match="fault of this program"), stored.store.read() as one:
        one.execute(select(quota.c.name).where(quota.c.name.in_("not a list")))


def insert_with_core(stored: Stored) -> None:
    """Delete somebody by the poisonous id."""
    with stored.intake.transaction() as transaction:
        transaction.delete_people([POISON])


def insert_in_bulk(stored: Stored) -> None:
    """Store somebody under the poisonous id."""
    with stored.intake.transaction() as transaction:
        transaction.save_people({POISON: StoredPerson()})


@pytest.mark.rule("R-85", "R-103")
@pytest.mark.parametrize("write", [insert_with_core, insert_in_bulk])
@pytest.mark.postgres
def test_what_postgresql_has_no_form_for_is_the_values_fault(
    postgresql_stored: Stored, write: Callable[[Stored], None]
) -> None:
    """U+0000 is refused by the server, or by its driver: the batch is halved, the text not kept."""
    with pytest.raises(CannotStore) as caught:
        write(postgresql_stored)
    assert CANARY not in str(caught.value)


@pytest.mark.rule("R-85")
@pytest.mark.parametrize(
    "value",
    [
        Value(PersonKey(ORGANIZATION, "\ud800"), "phone", 1, b"", "x"),
        Value(KARI, "phone", 2**70, b"", "x"),
    ],
    ids=["surrogate", "number"],
)
def test_what_cannot_be_encoded_is_the_values_fault(stored: Stored, value: Value) -> None:
    """A lone surrogate and a number of 70 bits have no form in either database."""
    with pytest.raises(CannotStore), stored.intake.transaction() as transaction:
        transaction.merge([value])
    assert stored.rows(field.c.field) == []


def test_the_store_works_on_after_a_refusal(stored: Stored) -> None:
    """A refused value takes its transaction with it, and nothing else."""
    row = {"name": "x", "hour": 1, "used": 1}
    for _ in range(2):
        with pytest.raises(CannotStore), stored.store.begin() as connection:
            connection.execute(quota.insert(), [row, row])
    assert stored.rows(quota.c.name) == []
