"""A date in whatever way it may be written (R-103)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

MONTHS: Final = (
    "jan", "feb", "mar", "apr", "ma[iy]", "jun", "jul", "aug", "sep", "o[ck]t", "nov", "de[cs]",
)  # fmt: skip
"""How a month begins in English and in Norwegian."""


@dataclass(frozen=True, slots=True)
class Written:
    """A date's digits in each order, and patterns of it with the month in letters."""

    digits: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


NONE: Final = Written()


def dates_in(text: str) -> Written:
    """Return the ways to write a date given as yyyy-mm-dd; none for any other text.

    >>> "17051990" in dates_in("1990-05-17").digits
    True
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return NONE
    return Written(tuple(dict.fromkeys(_digits(day))), tuple(_patterns(day)))


def _digits(day: date) -> Iterator[str]:
    for year in (f"{day.year:04}", f"{day.year % 100:02}"):
        for month in (f"{day.month:02}", str(day.month)):
            for one in (f"{day.day:02}", str(day.day)):
                yield from (year + month + one, one + month + year, month + one + year)


def _patterns(day: date) -> Iterator[str]:
    month = MONTHS[day.month - 1] + "[a-z]*"
    number = rf"(?<!\d)0?{day.day}(?:st|nd|rd|th)?"
    gap, year = r"\W{1,4}", rf"(?:{re.escape(f'{day.year:04}')}|{day.year % 100:02})(?!\d)"
    yield f"{number}{gap}{month}{gap}{year}"
    yield f"{month}{gap}{number}{gap}{year}"
    yield rf"{number}{gap}{month}(?![a-z])"
