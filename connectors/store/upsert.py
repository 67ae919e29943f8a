"""`INSERT … ON CONFLICT`, which both dialects spell alike and SQLAlchemy keeps apart."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: Connection, table: Table) -> Any:
    """Return the dialect's insert, which has `on_conflict_do_update` and `excluded`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_ignore(connection: Connection, table: Table) -> Any:
    """Return an insert that leaves a row that is there as it is."""
    return insert(connection, table).on_conflict_do_nothing()
