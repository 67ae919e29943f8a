"""Where reading is to go on, by hand (`offsets set`)."""

from collections.abc import Mapping

import pytest

from processors.moving import Move, Standing, plan, standings
from processors.ports.source import Place
from schemas.errors import StopProcess

ONE, TWO, OTHER = Place("events", 0), Place("events", 1), Place("requests", 0)
STORED = {ONE: 5, TWO: 40}
RANGES = {ONE: (2, 10), TWO: (30, 50), OTHER: (0, 0)}


def at(milliseconds: int) -> Mapping[Place, int]:
    """Return the same offsets for the one time that the tests ask for."""
    assert milliseconds == 1_769_842_800_000
    return {ONE: 7, TWO: 50, OTHER: 0}


def test_what_is_stored_stands_beside_what_topics_hold() -> None:
    """A partition of which nothing was read says so."""
    assert standings(STORED, RANGES) == [
        Standing(ONE, 5, 2, 10),
        Standing(TWO, 40, 30, 50),
        Standing(OTHER, None, 0, 0),
    ]


@pytest.mark.rule("R-81")
@pytest.mark.parametrize(
    ("to", "topic", "partition", "moves"),
    [
        ("earliest", None, None, [Move(ONE, 5, 2), Move(TWO, 40, 30), Move(OTHER, None, 0)]),
        ("latest", "events", None, [Move(ONE, 5, 10), Move(TWO, 40, 50)]),
        ("9", "events", 0, [Move(ONE, 5, 9)]),
        ("5", "events", 0, []),
        ("2026-01-31T08:00:00+01:00", "events", None, [Move(ONE, 5, 7), Move(TWO, 40, 50)]),
    ],
)
def test_a_place_to_go_on_is_planned(
    to: str, topic: str | None, partition: int | None, moves: list[Move]
) -> None:
    """Only what would move is in the plan."""
    assert plan(to, STORED, RANGES, at, topic, partition) == moves


@pytest.mark.parametrize(
    ("to", "topic", "partition", "says"),
    [
        ("11", "events", 0, "events/0 holds 2 to 10, not 11"),
        ("1", "events", 0, "events/0 holds 2 to 10, not 1"),
        ("7", "events", None, "events/1 holds 30 to 50, not 7"),
        ("yesterday", None, None, "--to takes an offset"),
        ("2026-01-31", None, None, "--to takes an offset"),
        ("٣", "events", 0, "--to takes an offset"),
        ("latest", "event", None, "no such partition"),
        ("latest", "events", 9, "no such partition"),
        ("latest", None, 1, "--partition needs --topic"),
    ],
)
def test_what_cannot_be_is_said(
    to: str, topic: str | None, partition: int | None, says: str
) -> None:
    """Nothing is planned for a place that no topic holds."""
    with pytest.raises(StopProcess, match=says):
        plan(to, STORED, RANGES, at, topic, partition)
