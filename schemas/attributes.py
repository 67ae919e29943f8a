"""How each attribute of an event is read: matched by pattern first, then taken (R-95, R-96).

Python's own readers take more than the contract: `int` takes digits of other scripts and `1_000`,
`fromisoformat` bare dates and weeks.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeGuard

LONGEST: Final = 200
"""Characters of a key, id or type at the most (R-95)."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REVISION: Final = re.compile(r"[0-9]{1,18}")
_GREATEST: Final = 10**18 - 1
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:)([0-5][0-9]|60)"
    r"((?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))"
)
_TRACE: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def printable(value: object) -> TypeGuard[str]:
    r"""Say whether this is a text of 1 to 200 printable characters (R-95).

    >>> printable("/huma/users"), printable("a\x00"), printable(""), printable(5)
    (True, False, False, False)
    """
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()


def read_uuid(value: object) -> str | None:
    """Return a UUID in lower case, so that one id is one text; None for anything else."""
    if isinstance(value, str) and _UUID.fullmatch(value):
        return value.lower()
    return None


def read_revision(value: object) -> int | None:
    """Return a revision: text of 1 to 18 ASCII digits, or a JSON integer of as many (R-96).

    >>> read_revision("007"), read_revision(7), read_revision("+7"), read_revision(True)
    (7, 7, None, None)
    """
    if isinstance(value, str):
        return int(value) if _REVISION.fullmatch(value) else None
    if type(value) is int and 0 <= value <= _GREATEST:
        return value
    return None


def read_time(value: object) -> datetime | None:
    """Return an aware time from RFC 3339; digits beyond microseconds are cut (R-96).

    >>> read_time("2026-11-23t10:00:00.1234567z")
    datetime.datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc)
    >>> read_time("2016-12-31T23:59:60Z")
    datetime.datetime(2017, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    >>> read_time("2026-02-30T10:00:00Z"), read_time("2026-11-23"), read_time(1700000000)
    (None, None, None)
    """
    if not isinstance(value, str):
        return None
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    try:
        if found[2] == "60":
            return _leap_second(found[1], found[3])
        return datetime.fromisoformat(value.upper())
    except (ValueError, OverflowError):
        return None


def _leap_second(minute: str, rest: str) -> datetime:
    """Read a leap second, which Python does not know, as the second after it."""
    return datetime.fromisoformat(f"{minute}59{rest}".upper()) + timedelta(seconds=1)


def read_trace(value: object) -> str | None:
    """Return a W3C trace context; one that is not well formed is as good as none."""
    return value if isinstance(value, str) and _TRACE.fullmatch(value) else None


def revision_of_time(time: datetime) -> int | None:
    """Return the revision that a time stands for: microseconds since 1970 (R-96).

    Used with the setting `version_from: time` alone. The year 9999 still fits in 18 digits; a time
    before 1970 is none.

    >>> revision_of_time(datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    253402300799999999
    """
    revision = (time - _EPOCH) // _MICROSECOND
    return revision if 0 <= revision <= _GREATEST else None
