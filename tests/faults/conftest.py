"""How many rounds, and which seed: settings of the test alone."""

import os
import secrets
from collections.abc import Callable

import pytest

from tests.faults.deck import ROUNDS, SEED

collect_ignore = ["hook"]
"""Not to be imported here: it is a part of the delivery under test."""


@pytest.fixture
def rounds() -> int:
    """How many rounds: `make faults N=…`."""
    return int(os.environ.get(ROUNDS, "20"))


@pytest.fixture
def seed(record_property: Callable[[str, object], None]) -> int:
    """What the order of the faults, their moments and the load are made from."""
    drawn = int(os.environ.get(SEED) or secrets.randbelow(10**6))
    record_property(SEED, drawn)
    return drawn
