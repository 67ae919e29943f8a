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
    still_open = [one for one in positions if one.end is None]
    ended = [one for one in positions if one.status(today) is Status.ENDED]
    return any(_older(one, other) for one in still_open for other in ended)


def _older(one: Position, other: Position) -> bool:
    """Say whether one began before the other; without a start it began before any."""
    return other.start is not None and (one.start is None or one.start < other.start)
