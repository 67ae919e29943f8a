"""Ends are counted once they are committed."""

import pytest

from processors.ends import count_ends
from processors.ports.intake import Ended
from schemas.metrics import CLOCK_SKEW, LETTERS_WRITTEN, OUTCOMES, REPLAYS
from schemas.outcome import Result
from schemas.reasons import Code
from tests.fixtures.arrivals import Numbers


@pytest.mark.rule("R-91", "R-105")
def test_letters_and_replays_are_counted_beside_outcomes() -> None:
    """By class, and by result; a first delivery is no replay."""
    numbers = Numbers()
    count_ends(
        numbers,
        [
            Ended(Result.DEAD_LETTERED, Code.REFUSED),
            Ended(Result.DEAD_LETTERED, Code.NOT_JSON),
            Ended(Result.DEAD_LETTERED, Code.TOO_LONG, round=1),
            Ended(Result.APPLIED, None, round=2),
            Ended(Result.APPLIED, None, -1.0),
            Ended(Result.SKIPPED, Code.LOCKED),
        ],
    )
    assert numbers.of(LETTERS_WRITTEN, "data") == 2
    assert numbers.of(LETTERS_WRITTEN, "schema") == 1
    assert numbers.of(REPLAYS, "dead-lettered") == 1
    assert numbers.of(REPLAYS, "applied") == 1
    assert numbers.of(REPLAYS, "skipped") == 0
    assert numbers.of(OUTCOMES, "applied", "") == 2
    assert numbers.of(CLOCK_SKEW) == 1
