"""Times of the store's clock, for programs and for people."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(ms: int) -> datetime:
    """Return a time, aware."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def iso(ms: int | None) -> str | None:
    """Return a time for programs.

    >>> iso(1_700_000_000_123)
    '2023-11-14T22:13:20.123000+00:00'
    """
    return None if ms is None else moment(ms).isoformat()


def local(ms: int, zone: str) -> str:
    """Return a time for people of a zone.

    >>> local(1_700_000_000_123, "Europe/Oslo")
    '2023-11-14 23:13:20'
    """
    return moment(ms).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
