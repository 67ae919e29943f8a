"""Brings a store's schema up to date, and refuses to run on one that is too old or too new."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from connectors.store import rights
from connectors.store.engine import Store
from schemas.errors import StopProcess

FOLDER: Final = Path(__file__).parent / "migrations"
NEVER: Final = "nothing"
"""The version of an empty store."""


def migrate(store: Store, grant_to: str | None = None) -> str:
    """Apply every step that is missing, in one transaction; returns the version.

    Args:
        store: opened as the schema's owner.
        grant_to: the role of PostgreSQL's that runs the program; who was granted before has the
            rights on new tables, too (R-104).

    Raises:
        StopProcess: the role cannot be granted to; nothing is changed.
    """
    config = _config()
    with store.begin() as connection:
        config.attributes["connection"] = connection
        roles = dict.fromkeys(rights.granted(connection))
        command.upgrade(config, "head")
        for role in roles if grant_to is None else {**roles, grant_to: None}:
            rights.grant(connection, role)
    return version(store)


def version(store: Store) -> str:
    """Return the version that the store is at."""
    with store.read() as connection:
        context = MigrationContext.configure(connection)
        return context.get_current_revision() or NEVER


def wanted() -> str:
    """Return the version of this program."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def require_current(store: Store) -> None:
    """Refuse a store that is more than one step away.

    One step older or newer works: migrations only add, so that roles can be replaced one by one.

    Raises:
        StopProcess: naming the command.
    """
    here = version(store)
    steps = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    if here == NEVER:
        raise StopProcess("the store is empty: run `store migrate`")
    if here not in steps:
        number = (
            here.isascii() and here.isdigit()
        )  # another program's, or another branch's, is none
        if number and int(here) - int(steps[0]) == 1:
            return
        raise StopProcess(f"the store is at {here}, which this program does not know: update it")
    if steps.index(here) > 1:
        raise StopProcess(f"the store is at {here}, wanted is {steps[0]}: run `store migrate`")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
