"""Positions as the demo's people hold them in Huma, with dates relative to the story's day."""

from datetime import date, timedelta
from random import Random
from typing import Any, Final, TypeAlias

from simulators.huma.names import TITLES
from simulators.huma.people import uuid

Position: TypeAlias = dict[str, Any]
Positions: TypeAlias = dict[str, Position]
"""By id."""

PROBATION_DAYS: Final = 180


def on(today: date, days: int) -> str:
    """Return the day so many days after today, as text.

    >>> on(date(2026, 12, 31), 1)
    '2027-01-01'
    """
    return (today + timedelta(days=days)).isoformat()


def title(random: Random, but: str | None = None) -> dict[str, str]:
    """Return a job title, of another name than one."""
    names = [name for name in TITLES if name != but]
    return {"id": uuid(random), "name": random.choice(names)}


def position(random: Random, begins: str, but: str | None = None, **more: Any) -> Position:
    """Return a whole position.

    Args:
        random: makes id and title.
        begins: first day.
        but: another position's title, which this one has not.
        more: dates, percentage and flag.
    """
    return {
        "id": uuid(random),
        "title": title(random, but),
        "contractStartDate": begins,
        "contractType": "Permanent",
        "percentage": 100,
        **more,
    }


def handover(random: Random, today: date) -> Positions:
    """Return two positions, of which one ends today and the other begins tomorrow."""
    old = position(random, on(today, -400), contractEndDate=on(today, 0))
    new = position(
        random, on(today, 1), old["title"]["name"], probationEndDate=on(today, PROBATION_DAYS)
    )
    return {one["id"]: one for one in (old, new)}
