"""Plain dates, `yyyy-MM-dd`, which never shift by time zone (R-59).

>>> read_date("2024-02-29"), read_date("2026-02-29"), read_date("20240229")
(datetime.date(2024, 2, 29), None, None)
"""

import re
from datetime import date
from typing import Final

PLAIN: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def read_date(text: str) -> date | None:
    """Return the date that is written here, or None when it is none."""
    if not PLAIN.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
