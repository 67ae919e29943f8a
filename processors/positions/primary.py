"""The current, else upcoming, else latest primary position (R-57).

Its job title, its probation end and its notice date are what Xledger gets (R-58).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from processors.positions.position import Position, Status
from processors.positions.ranking import (
    BY_ID,
    BY_PERCENTAGE,
    EARLIEST_START,
    LATEST_END,
    LATEST_START,
    Rank,
    choose,
)
from schemas.choice import Criterion

PRIMARY: Final = Rank(Criterion.NOT_PRIMARY, lambda one: not one.primary)
"""Where no position is primary, all are candidates."""

ORDER: Final[Mapping[Status, tuple[Rank, ...]]] = MappingProxyType(
    {
        Status.CURRENT: (BY_PERCENTAGE, EARLIEST_START, BY_ID),
        Status.UPCOMING: (EARLIEST_START, BY_PERCENTAGE, BY_ID),
        Status.ENDED: (LATEST_END, LATEST_START, BY_ID),
    }
)
"""What decides among candidates that are alike, by what they are today."""


def primary(
    positions: Sequence[Position], today: date
) -> tuple[Position, dict[str, Criterion]] | None:
    """Return the chosen position, and by what the others lost; None where there is none to choose.

    Args:
        positions: the usable ones (R-62).
        today: the date in the organisation's zone (R-59).
    """
    if not positions:
        return None
    status = Rank(Criterion.STATUS, lambda one: one.status(today))
    best, _ = choose(positions, (PRIMARY, status, BY_ID))
    return choose(positions, (PRIMARY, status, *ORDER[best.status(today)]))
