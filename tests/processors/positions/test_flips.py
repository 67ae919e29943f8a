"""The next day on which the date alone changes the choice (R-60)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from processors.positions.flips import next_flip
from schemas.person import Projection
from tests.processors.positions import model
from tests.processors.positions.drawn import (
    TODAY,
    days_drawn,
    made,
    plain,
    positions_drawn,
    usable,
)

HORIZON = 25
"""Days tried one by one; beyond it only far dates are left."""


@pytest.mark.rule("R-60")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param((), None, id="no position"),
        pytest.param((made("1", "2026-12-01"),), None, id="one alone is always chosen"),
        pytest.param((made("1", "2020-01-01"), made("2", "2026-12-01", percentage=10)),
                     "2026-12-01", id="a better one begins"),
        pytest.param((made("1", "2020-01-01", percentage=20), made("2", "2026-12-01")),
                     None, id="a worse one begins: nothing changes"),
        pytest.param((made("1", None, "2026-11-23"), made("2", "2027-06-01")),
                     "2026-11-24", id="the current one ends today"),
        pytest.param((made("1", None, "2026-11-30"), made("2", "2026-12-15")),
                     "2026-12-01", id="on the day after the last one, not on it"),
        pytest.param((made("1", "2026-11-24"), made("2", None, "2020-01-01")),
                     None, id="upcoming already: its start changes nothing"),
        pytest.param((made("1", percentage=10), made("2", "2026-11-24", "2026-11-24",
                                                     percentage=20)),
                     "2026-11-24", id="tomorrow, for a day"),
        pytest.param((made("1"), made("2", "9999-12-31", percentage=10)),
                     "9999-12-31", id="on the last day there is"),
        pytest.param((made("1", None, "9999-12-31"), made("2", None, "2020-01-01")),
                     None, id="no day after the last one"),
        pytest.param((made("1", None, "2028-02-28", percentage=10), made("2")),
                     "2028-02-29", id="a leap day"),
        pytest.param((made("1", None, "2028-02-29", percentage=10), made("2")),
                     "2028-03-01", id="the day after a leap day"),
        pytest.param((made("1", primary=True), made("2", "2026-12-01", percentage=100)),
                     None, id="who is no candidate changes nothing"),
    ],
)  # fmt: skip
def test_the_next_day(positions: tuple[Projection, ...], expected: str | None) -> None:
    """The first later day with another choice; none where no date changes it."""
    found = next_flip(usable(*positions), TODAY)
    assert (None if found is None else found.isoformat()) == expected


@pytest.mark.rule("R-60")
@settings(max_examples=300)
@given(positions_drawn(), days_drawn())
def test_the_day_is_the_models(positions: list[Projection], today: date) -> None:
    """Tried day by day, the choice stays until that day, and is another one on it."""
    found = next_flip(usable(*positions), today)
    last = today + timedelta(days=HORIZON)
    near = found if found is not None and found <= last else None
    assert near == model.next_flip(plain(positions), today, HORIZON)
    if found is not None:
        before, then = (
            model.primary(plain(positions), day) for day in (found - timedelta(days=1), found)
        )
        assert before is not None
        assert then is not None
        assert before["id"] != then["id"]
