"""Replays are tried on one store; that both stores answer alike is the store's own suite."""

import shutil
from pathlib import Path

import pytest

from tests.fixtures.arrivals import Arrivals
from tests.fixtures.replaying import Replaying
from tests.fixtures.stored import Stored


@pytest.fixture
def store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty store of SQLite."""
    path = tmp_path / "store.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def replaying(stored: Stored, arrivals: Arrivals) -> Replaying:
    """A desk over one connection."""
    return Replaying(stored, arrivals)
