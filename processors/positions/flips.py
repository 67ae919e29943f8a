"""The next day on which the date alone changes the choice: upcoming, current, ended (R-60)."""

from collections.abc import Sequence
from datetime import date, timedelta

from processors.positions.position import Position
from processors.positions.primary import primary

DAY = timedelta(days=1)


def next_flip(positions: Sequence[Position], today: date) -> date | None:
    """Return the first day after today whose choice is another than today's, or None.

    A choice can change only on a first day, and on the day after a last one.

    Args:
        positions: the usable ones (R-62).
        today: the date in the organisation's zone (R-59).
    """
    now = _choice(positions, today)
    first = {one.start for one in positions if one.start is not None}
    over = {one.end + DAY for one in positions if one.end is not None and one.end < date.max}
    days = sorted(day for day in first | over if day > today)
    return next((day for day in days if _choice(positions, day) != now), None)


def _choice(positions: Sequence[Position], day: date) -> str | None:
    found = primary(positions, day)
    return None if found is None else found[0].id
