"""Stores that only some tests ask for."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from connectors.store.engine import open_store
from connectors.store.keyring import Keyring
from connectors.store.migrate import migrate
from tests.fixtures.databases import LIMITS
from tests.fixtures.stored import Stored

HURRIED = replace(LIMITS, busy_timeout=0.2, lock_timeout=5, idle_timeout=0.3)


@pytest.fixture
def postgresql_stored(postgresql: str, keyring: Keyring) -> Iterator[Stored]:
    """An empty store on PostgreSQL that ends idle transactions after 0.3 s."""
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS hurried WITH (FORCE)")
        connection.execute("CREATE DATABASE hurried")
    store = open_store(f"{postgresql}/hurried", None, HURRIED)
    migrate(store)
    yield Stored(store, keyring)
    store.close()
