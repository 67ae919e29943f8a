"""When employment begins and ends: the earliest start, and the end that comes last (R-55, R-56)."""

from collections.abc import Sequence
from datetime import date

from processors.positions.position import Position, Status
from processors.positions.ranking import BY_ID, EARLIEST_START, LATEST_END, LATEST_START, choose
from schemas.choice import Criterion

Chosen = tuple[Position, dict[str, Criterion]]


def earliest(positions: Sequence[Position]) -> Chosen | None:
    """Return the position that starts first; those without a start are ignored (R-55)."""
    begun = [one for one in positions if one.start is not None]
    if not begun:
        return None
    first, lost = choose(begun, (EARLIEST_START, BY_ID))
    without = {one.id: Criterion.NO_START for one in positions if one.start is None}
    return first, lost | without


def latest(positions: Sequence[Position]) -> Chosen | None:
    """Return the position whose contract ends last, no end being later than any (R-56).

    This reading never ends the pay of somebody with an open contract.
    """
    return choose(positions, (LATEST_END, LATEST_START, BY_ID)) if positions else None


def open_beside_ended(positions: Sequence[Position], today: date) -> bool:
    """Say whether an open position is older than one that has ended: perhaps forgotten (R-56)."""
    starts = [one.start or date.min for one in positions if one.end is None]
    return any(
        one.start is not None and min(starts) < one.start
        for one in positions
        if starts and one.status(today) is Status.ENDED
    )
