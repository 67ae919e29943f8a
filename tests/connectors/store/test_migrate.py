"""The schema's history: applied once, and a role refuses to run on another (`design.md`, Store)."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from connectors.store.engine import Store, open_store
from connectors.store.migrate import NEVER, migrate, require_current, version, wanted
from connectors.store.tables import metadata
from schemas.errors import StopProcess
from tests.fixtures.databases import LIMITS
from tests.fixtures.stored import Stored


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store without any table."""
    url = f"sqlite:///{tmp_path}/empty.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql")
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
            connection.execute("CREATE DATABASE empty")
        url = f"{address}/empty"
    store = open_store(url, None, LIMITS)
    yield store
    store.close()


def at(store: Store, steps: int) -> None:
    """Let a store be so many versions ahead of this program."""
    ahead = f"{int(migrate(store)) + steps:04}"
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": ahead})


def test_an_empty_store_is_brought_up(empty: Store) -> None:
    """From nothing to the version of this program."""
    assert version(empty) == NEVER
    with pytest.raises(StopProcess, match="run `store migrate`"):
        require_current(empty)
    assert migrate(empty) == version(empty) == wanted()
    require_current(empty)


def test_migrating_again_changes_nothing(stored: Stored) -> None:
    """What is there stays."""
    one = stored.connect()
    assert migrate(stored.store) == wanted()
    assert stored.connections.get(one.id) == one


def test_the_schema_is_what_the_tables_say(stored: Stored) -> None:
    """Tables, columns, types, keys, indexes and constraints: nothing is missing, nothing more."""
    with stored.store.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_difference_would_be_seen(empty: Store) -> None:
    """The comparison above notices an index or a column that is missing."""
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("DROP INDEX dirty_work"))
        connection.execute(text("ALTER TABLE lane DROP COLUMN memory"))
    with empty.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    assert sorted(difference[0] for difference in found) == ["add_column", "add_index"]


def test_one_step_newer_works(empty: Store) -> None:
    """Roles are replaced one by one while the schema is a step ahead."""
    at(empty, 1)
    require_current(empty)


def test_a_schema_further_away_is_refused(empty: Store) -> None:
    """A role of an old program does not run on it, and says what to do."""
    at(empty, 2)
    with pytest.raises(StopProcess, match="this program does not know: update it"):
        require_current(empty)


@pytest.mark.parametrize("named", ["3f2a91bc", "²", "0001_of_a_branch"])
def test_a_schema_of_nobody_knows_whom_is_refused(empty: Store, named: str) -> None:
    """A version that is no number of ours is told, not stumbled over."""
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": named})
    with pytest.raises(StopProcess, match="this program does not know: update it"):
        require_current(empty)


def test_without_its_tables_a_store_stops_its_users(empty: Store) -> None:
    """A missing table is no outage: the sentence names the command."""
    with pytest.raises(StopProcess, match="run `store migrate`"), empty.begin() as connection:
        connection.execute(metadata.tables["lane"].select())
