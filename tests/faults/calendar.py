"""Two zones in which it is never the same day, so that one command lets a midnight pass."""

from datetime import date, timedelta
from typing import NamedTuple

from console.demo.zones import Zones


class Day(NamedTuple):
    """A zone, and the date there."""

    zone: str
    date: date


class Calendar:
    """The two days that it is in a play."""

    def __init__(self, zones: Zones) -> None:
        self.early = Day(zones.before, zones.today)
        self.late = Day(zones.after, zones.today + timedelta(days=1))

    def other(self, day: Day) -> Day:
        """Return the day that is not this one."""
        return self.late if day == self.early else self.early
