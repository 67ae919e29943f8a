"""When employment begins and ends (R-55, R-56, R-62)."""

from datetime import date

import pytest
from hypothesis import given, settings

from processors.positions.employment import earliest, latest, open_beside_ended
from schemas.choice import Criterion
from schemas.person import Projection
from tests.processors.positions import model
from tests.processors.positions.drawn import TODAY, made, plain, positions_drawn, usable


@pytest.mark.rule("R-55")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param((), None, id="none"),
        pytest.param((made("1"),), None, id="none with a start"),
        pytest.param((made("1"), made("2", "2026-01-01")), "2", id="one without is ignored"),
        pytest.param(
            (made("1", "2026-01-01"), made("2", "2025-12-31", "2026-01-01")), "2",
            id="also one that has ended", marks=pytest.mark.rule("R-53"),
        ),
        pytest.param((made("1", "9999-12-31"), made("2", "2027-01-01")), "2", id="also upcoming"),
        pytest.param((made("1", "0001-01-01"), made("2", "0001-01-02")), "1", id="far past"),
        pytest.param((made("1", "2024-02-29"), made("2", "2024-03-01")), "1", id="a leap day"),
        pytest.param((made("9", "2026-01-01"), made("10", "2026-01-01")), "10", id="equal: by id"),
        pytest.param(
            (made("1", "2020-01-01", "2019-12-31"), made("2", "2026-01-01")), "2",
            id="one that ends before it starts is not used", marks=pytest.mark.rule("R-62"),
        ),
        pytest.param(
            (made("1", "2020-01-01", "2020-01-01"), made("2", "2026-01-01")), "1",
            id="one of a single day is", marks=pytest.mark.rule("R-62"),
        ),
    ],
)  # fmt: skip
def test_employment_begins_with_the_earliest(
    positions: tuple[Projection, ...], expected: str | None
) -> None:
    """Of all positions, old and new, that have a start."""
    for order in (positions, positions[::-1]):
        found = earliest(usable(*order))
        assert (None if found is None else found[0].id) == expected


@pytest.mark.rule("R-56")
@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param((), None, id="none"),
        pytest.param((made("1", None, "2026-01-01"), made("2")), "2", id="no end is the latest"),
        pytest.param(
            (made("1", None, "9999-12-31"), made("2")), "2", id="even beside the last day there is"
        ),
        pytest.param(
            (made("1", "2020-01-01"), made("2", "2026-01-01", "2026-06-30")), "1",
            id="an open one that is older than an ended one",
        ),
        pytest.param(
            (made("1", None, "2026-01-01"), made("2", None, "2026-01-02")), "2", id="latest end"
        ),
        pytest.param((made("1", "2020-01-01"), made("2", "2020-01-02")), "2", id="greatest start"),
        pytest.param((made("1"), made("2", "0001-01-01")), "2", id="no start is the smallest"),
        pytest.param(
            (made("1", None, "2026-01-01"), made("2", "0001-01-01", "2026-01-01")), "2",
            id="and so among equal ends",
        ),
        pytest.param((made("b", "2020-01-01"), made("a", "2020-01-01")), "a", id="smallest id"),
        pytest.param((made("9"), made("10")), "10", id="smallest as text"),
        pytest.param(
            (made("1", "2026-12-01", "2026-11-30"), made("2", None, "2020-01-01")), "2",
            id="one that ends before it starts is not used", marks=pytest.mark.rule("R-62"),
        ),
    ],
)  # fmt: skip
def test_employment_ends_with_what_ends_last(
    positions: tuple[Projection, ...], expected: str | None
) -> None:
    """No end is later than any; then the greatest start, then the smallest id."""
    for order in (positions, positions[::-1]):
        found = latest(usable(*order))
        assert (None if found is None else found[0].id) == expected


@pytest.mark.rule("R-56")
@pytest.mark.parametrize(
    ("positions", "warns"),
    [
        pytest.param((made("1", "2020-01-01"), made("2", "2021-01-01", "2022-01-01")), True,
                     id="older, open, beside one that ended"),
        pytest.param((made("1"), made("2", "0001-01-01", "2022-01-01")), True,
                     id="no start is older than any"),
        pytest.param((made("1", "2021-01-01"), made("2", "2020-01-01", "2022-01-01")), False,
                     id="the open one is younger: nobody forgot it"),
        pytest.param((made("1", "2020-01-01"), made("2", "2020-01-01", "2022-01-01")), False,
                     id="as old as the ended one"),
        pytest.param((made("1", "2020-01-01"), made("2", "2021-01-01", "2026-11-23")), False,
                     id="the other one ends today, so it has not ended"),
        pytest.param((made("1", "2020-01-01"), made("2", "2021-01-01", "2026-11-22")), True,
                     id="it ended yesterday"),
        pytest.param((made("1", "2020-01-01"), made("2", "2021-01-01")), False, id="both open"),
        pytest.param((made("1", None, "2022-01-01"), made("2", None, "2023-01-01")), False,
                     id="none open"),
        pytest.param((made("1", "2020-01-01"), made("2", None, "2022-01-01")), False,
                     id="nobody knows when the ended one began: as early as can be"),
        pytest.param((), False, id="none"),
    ],
)  # fmt: skip
def test_an_open_position_older_than_an_ended_one(
    positions: tuple[Projection, ...], *, warns: bool
) -> None:
    """Perhaps somebody forgot to end it: the warning of R-56."""
    assert open_beside_ended(usable(*positions), TODAY) is warns


@pytest.mark.rule("R-55", "R-56")
def test_why_each_of_the_others_lost() -> None:
    """By the start or the end, else by the id; a position without a start takes no part."""
    positions = usable(
        made("1", "2020-01-01", "2026-01-01"),
        made("2", "2020-01-01", "2026-01-01"),
        made("3", "2021-01-01", "2026-01-01"),
        made("4", None, "2025-01-01"),
    )
    first, last = earliest(positions), latest(positions)
    assert first is not None
    assert last is not None
    assert (first[0].id, first[1]) == (
        "1", {"2": Criterion.ID, "3": Criterion.START, "4": Criterion.NO_START}
    )  # fmt: skip
    assert (last[0].id, last[1]) == (
        "3", {"1": Criterion.START, "2": Criterion.START, "4": Criterion.END}
    )  # fmt: skip


@pytest.mark.rule("R-55", "R-56", "R-62")
@settings(max_examples=500)
@given(positions_drawn())
def test_the_choices_are_the_models(positions: list[Projection]) -> None:
    """Any positions in any order: both choices are those of the rules' text."""
    used = usable(*positions)
    for ours, theirs in ((earliest(used), model.earliest), (latest(used), model.latest)):
        expected = theirs(plain(positions))
        found = None if ours is None else ours[0].id
        assert found == (None if expected is None else expected["id"])


def test_the_model_knows_the_first_and_the_last_day() -> None:
    """It stands apart from the program, so that it is tried by itself here."""
    assert model.start_of({"id": "1", "contractStartDate": "0001-01-01"}) == date.min
    assert model.end_of({"id": "1", "contractEndDate": "9999-12-31"}) == date.max
    assert model.end_of({"id": "1", "contractEndDate": ""}) is None
