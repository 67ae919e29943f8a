"""Which position the title, the probation end and the notice date are of (R-57 to R-59)."""

from datetime import date

import pytest
from hypothesis import given, settings

from processors.positions.position import Position, Status
from processors.positions.primary import primary
from schemas.choice import Criterion
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


def chosen(*positions: Projection, today: date = TODAY) -> str | None:
    """Return the id of the chosen position, by the program."""
    found = primary(usable(*positions), today)
    return None if found is None else found[0].id


@pytest.mark.rule("R-59")
@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        pytest.param(None, None, Status.CURRENT, id="no dates"),
        pytest.param("2026-11-23", None, Status.CURRENT, id="starts today"),
        pytest.param("2026-11-24", None, Status.UPCOMING, id="starts tomorrow"),
        pytest.param(None, "2026-11-23", Status.CURRENT, id="ends today"),
        pytest.param(None, "2026-11-22", Status.ENDED, id="ended yesterday"),
        pytest.param("2026-11-23", "2026-11-23", Status.CURRENT, id="today only"),
        pytest.param("2026-11-24", "2026-11-24", Status.UPCOMING, id="tomorrow only"),
        pytest.param("2026-11-22", "2026-11-22", Status.ENDED, id="yesterday only"),
        pytest.param("0001-01-01", "9999-12-31", Status.CURRENT, id="since ever, for ever"),
        pytest.param("9999-12-31", None, Status.UPCOMING, id="never yet"),
        pytest.param(None, "0001-01-01", Status.ENDED, id="ended on the first day there is"),
        pytest.param("", "", Status.CURRENT, id="empty dates are none"),
    ],
)
def test_what_a_position_is_today(start: str | None, end: str | None, status: Status) -> None:
    """Its first and its last day are part of it; without a start it has always begun."""
    (one,) = usable(made("1", start, end))
    assert one.status(TODAY) is status


@pytest.mark.rule("R-59")
@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2028-02-28", Status.UPCOMING),
        ("2028-02-29", Status.CURRENT),
        ("2028-03-01", Status.ENDED),
    ],
)
def test_a_leap_day_is_a_day(day: str, status: Status) -> None:
    """A contract of 29 February alone."""
    (one,) = usable(made("1", "2028-02-29", "2028-02-29"))
    assert one.status(date.fromisoformat(day)) is status


OPEN = made("a", "2020-01-01")
ENDED = made("b", "2020-01-01", "2026-01-01")
LATER = made("c", "2027-01-01")


@pytest.mark.rule("R-57")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param((), None, id="none"),
        pytest.param((ENDED,), "b", id="one that has ended"),
        pytest.param((ENDED, LATER), "c", id="upcoming before ended"),
        pytest.param((ENDED, LATER, OPEN), "a", id="current before upcoming"),
        pytest.param((OPEN, made("z", primary=True)), "z", id="the primary one"),
        pytest.param(
            (OPEN, made("z", "2020-01-01", "2021-01-01", primary=True)), "z",
            id="a primary one that ended beats a current one that is not",
        ),
        pytest.param(
            (made("y", "2020-01-01", "2021-01-01", primary=True), made("z", primary=True)), "z",
            id="of two primary ones the current",
        ),
        pytest.param((OPEN, made("z", primary=False)), "z", id="false is no flag: no start first"),
        pytest.param(
            (OPEN, made("z", "2026-02-01", "2026-01-01", primary=True)), "a",
            id="a flag on an unusable position counts for nothing",
            marks=pytest.mark.rule("R-62"),
        ),
        pytest.param(
            (made("y", "2026-02-01", "2026-01-01"),), None, id="an unusable one alone",
            marks=pytest.mark.rule("R-62"),
        ),
    ],
)  # fmt: skip
def test_candidates_and_what_they_are(
    positions: tuple[Projection, ...], expected: str | None
) -> None:
    """The primary ones if there are any, else all: current, else upcoming, else ended."""
    assert chosen(*positions) == chosen(*reversed(positions)) == expected


@pytest.mark.rule("R-57")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param(
            (made("1", percentage=40), made("2", percentage=60)), "2", id="greatest percentage"
        ),
        pytest.param((made("1"), made("2", percentage=0.5)), "2", id="absent is 0"),
        pytest.param((made("1", percentage=0), made("2")), "1", id="0 is as absent: by id"),
        pytest.param(
            (made("1", percentage=50), made("2", percentage=50.0)), "1",
            id="50 is 50.0: by id",
        ),
        pytest.param(
            (made("1", percentage=50), made("2", percentage=50.5)), "2", id="half a percent"
        ),
        pytest.param((made("1", percentage="90"), made("2", percentage=1)), "2", id="text is none"),
        pytest.param((made("1", percentage=True), made("2", percentage=1)), "2", id="true is none"),
        pytest.param(
            (made("1", "2020-01-02"), made("2", "2020-01-01")), "2", id="earliest start"
        ),
        pytest.param((made("1", "0001-01-01"), made("2")), "2", id="absent start first"),
        pytest.param(
            (made("1", "2020-01-01", percentage=60), made("2", percentage=50)), "1",
            id="percentage before start",
        ),
        pytest.param((made("9"), made("10")), "10", id="ids order as text, not as numbers"),
        pytest.param((made("a"), made("B")), "B", id="ids order with case"),
    ],
)  # fmt: skip
def test_the_order_of_current_ones(positions: tuple[Projection, ...], expected: str) -> None:
    """By greatest percentage (absent = 0), earliest start (absent first), smallest id."""
    assert chosen(*positions) == chosen(*reversed(positions)) == expected


@pytest.mark.rule("R-57")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param(
            (made("1", "2027-02-01", percentage=100), made("2", "2027-01-01")), "2",
            id="nearest start before percentage",
        ),
        pytest.param(
            (made("1", "2027-01-01"), made("2", "2027-01-01", percentage=10)), "2",
            id="then percentage",
        ),
        pytest.param(
            (made("9", "2027-01-01", percentage=10), made("10", "2027-01-01", percentage=10.0)),
            "10", id="then id",
        ),
    ],
)  # fmt: skip
def test_the_order_of_upcoming_ones(positions: tuple[Projection, ...], expected: str) -> None:
    """By nearest start, then percentage, then id."""
    assert chosen(*positions) == chosen(*reversed(positions)) == expected


@pytest.mark.rule("R-57")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param(
            (made("1", "2020-01-01", "2021-01-01", percentage=100), made("2", None, "2021-01-02")),
            "2", id="latest end, whatever the percentage",
        ),
        pytest.param(
            (made("1", "2020-01-01", "2021-01-01"), made("2", "2020-01-02", "2021-01-01")), "2",
            id="then latest start",
        ),
        pytest.param(
            (made("1", None, "2021-01-01"), made("2", "0001-01-01", "2021-01-01")), "2",
            id="no start is earlier than any",
        ),
        pytest.param(
            (made("b", "2020-01-01", "2021-01-01"), made("a", "2020-01-01", "2021-01-01")), "a",
            id="then smallest id",
        ),
    ],
)  # fmt: skip
def test_the_order_of_ended_ones(positions: tuple[Projection, ...], expected: str) -> None:
    """By latest end, latest start, smallest id."""
    assert chosen(*positions) == chosen(*reversed(positions)) == expected


@pytest.mark.rule("R-57")
def test_why_each_of_the_others_lost() -> None:
    """By the first criterion in R-57's order that parts the two."""
    found = primary(
        usable(
            made("1", "2020-01-01", primary=True, percentage=50),
            made("2", "2020-01-01", primary=True, percentage=50),
            made("3", "2020-01-02", primary=True, percentage=50),
            made("4", "2020-01-01", primary=True, percentage=49),
            made("5", "2027-01-01", primary=True, percentage=100),
            made("6", percentage=100),
        ),
        TODAY,
    )
    assert found is not None
    assert found[1] == {
        "2": Criterion.ID,
        "3": Criterion.START,
        "4": Criterion.PERCENTAGE,
        "5": Criterion.STATUS,
        "6": Criterion.NOT_PRIMARY,
    }


@pytest.mark.rule("R-57", "R-58")
@settings(max_examples=500)
@given(positions_drawn(), days_drawn())
def test_the_choice_is_the_models(positions: list[Projection], today: date) -> None:
    """Any positions, in any order, on any day: the choice is that of the rules' text."""
    expected = model.primary(plain(positions), today)
    assert chosen(*positions, today=today) == (None if expected is None else expected["id"])


def test_a_position_does_not_print_what_it_holds() -> None:
    """Its title and its dates reach no log by accident."""
    (one,) = usable(made("1", title={"name": "Canary"}, trial="2026-07-17"))
    assert isinstance(one, Position)
    assert "Canary" not in repr(one)
    assert "2026-07-17" not in repr(one)
