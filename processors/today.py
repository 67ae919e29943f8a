"""What day it is where an organisation is (R-59)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def today_in(now: datetime, zone: str) -> date:
    """Return the date in a zone.

    Args:
        now: aware.
        zone: an IANA name.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)
    >>> today_in(noon, "Pacific/Kiritimati").isoformat(), today_in(noon, "Europe/Oslo").isoformat()
    ('2027-01-01', '2026-12-31')
    """
    return now.astimezone(ZoneInfo(zone)).date()
