"""Where the demo's day is, and where it is a day later: midnight passes when somebody says so."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

PAIRS: Final = (("Etc/GMT+12", "Etc/GMT-12"), ("Etc/GMT+11", "Etc/GMT-13"))
"""The zones of a pair are 24 hours apart: the same hour, and another date."""
QUIET: Final = timedelta(minutes=30)
"""Longer than the demo takes: no midnight of the clock's own may pass in it."""


@dataclass(frozen=True, slots=True)
class Zones:
    """The zone that the story begins in, the one of a day later, and the date in the first."""

    before: str
    after: str
    today: date


def zones(now: datetime) -> Zones:
    """Return zones in which no midnight is near.

    Args:
        now: aware.

    >>> from datetime import UTC
    >>> zones(datetime(2026, 11, 25, 11, 45, tzinfo=UTC))
    Zones(before='Etc/GMT+11', after='Etc/GMT-13', today=datetime.date(2026, 11, 25))
    """
    return next(
        Zones(before, after, there.date())
        for before, after in PAIRS
        for there in [now.astimezone(ZoneInfo(before))]
        if (there + QUIET).date() == there.date()
    )
