"""Stores for many small tests: on PostgreSQL one database, emptied each time.

Making and dropping a database makes the server write everything out, which costs more than a test.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete

from connectors.store.engine import open_store
from connectors.store.keyring import Keyring
from connectors.store.tables import metadata
from tests.fixtures.databases import LIMITS, TEMPLATE
from tests.fixtures.stored import Stored

HURRIED = replace(LIMITS, busy_timeout=0.2, lock_timeout=5, idle_timeout=0.3)
EMPTIED = "; ".join(
    ["SET session_replication_role = replica"]
    + [str(delete(table)) for table in metadata.sorted_tables]
)
"""As a replica does it: without the triggers that keep the audit."""


@pytest.fixture(scope="session")
def reused(postgresql: str) -> str:
    """The address of a migrated database that tests share, one after the other."""
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE reused TEMPLATE {TEMPLATE}".encode())
    return f"{postgresql}/reused"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated store; a test runs on both."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    address = str(request.getfixturevalue("reused"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(EMPTIED.encode())
    return address


@pytest.fixture
def postgresql_stored(postgresql: str, keyring: Keyring) -> Iterator[Stored]:
    """An empty store on PostgreSQL that ends idle transactions after 0.3 s."""
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS hurried WITH (FORCE)")
        connection.execute(f"CREATE DATABASE hurried TEMPLATE {TEMPLATE}".encode())
    store = open_store(f"{postgresql}/hurried", None, HURRIED)
    yield Stored(store, keyring)
    store.close()
