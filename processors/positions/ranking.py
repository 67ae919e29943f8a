"""Choosing among positions by criteria in order, so that a choice can say why (R-57)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from processors.positions.position import Position
from schemas.choice import Criterion


@dataclass(frozen=True, slots=True)
class Rank:
    """One criterion; the position with the least key stays ahead."""

    criterion: Criterion
    key: Callable[[Position], Any]


BY_ID = Rank(Criterion.ID, lambda one: one.id)
BY_PERCENTAGE = Rank(Criterion.PERCENTAGE, lambda one: -one.percentage)
EARLIEST_START = Rank(Criterion.START, lambda one: (one.start is not None, one.start or date.min))
LATEST_START = Rank(Criterion.START, lambda one: 0 if one.start is None else -one.start.toordinal())
LATEST_END = Rank(
    Criterion.END, lambda one: (one.end is not None, 0 if one.end is None else -one.end.toordinal())
)
"""No end is later than any end."""


def choose(
    positions: Sequence[Position], ranks: Sequence[Rank]
) -> tuple[Position, dict[str, Criterion]]:
    """Return the first of some positions, and by which criterion each of the others lost.

    Args:
        positions: at least one.
        ranks: in their order; the last one tells any two apart.
    """
    first = min(positions, key=lambda one: tuple(rank.key(one) for rank in ranks))
    best = [(rank, rank.key(first)) for rank in ranks]
    lost = {
        one.id: next(rank.criterion for rank, key in best if rank.key(one) != key)
        for one in positions
        if one is not first
    }
    return first, lost
