"""One Norwegian identity number: fødselsnummer or D-number (R-65).

Only the number itself is judged: neither gender nor century is derived from it. python-stdnum is
not the judge: it accepts H-numbers, and refuses D-numbers issued since 2021 and the rule of 2032.

>>> from datetime import date
>>> today = date(2026, 11, 23)
>>> read("17912099997", today, synthetic=True).month  # Tenor's test population
11
>>> read("17912099997", today, synthetic=False) is None
True
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from processors.mapping.eleven_digits import LAST_DIGIT, eleven_digits, weighted_sum

FIRST_CHECK_DIGIT: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
MORE_REMAINDERS_FROM: Final = date(2032, 1, 1)
"""From this date of processing on the first check digit's remainder may be 1 to 3, too."""

MONTHS: Final = range(1, 13)
D_NUMBER: Final = 40
SYNTHETIC_MONTHS: Final = (80, 65, 40)
"""Added to the month by Tenor, Norsk Helsenett and NAV. H-numbers add 40, too."""

LEAP_CENTURY: Final = 2000
"""The century in which every day exists that exists in some century."""


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that may be sent. `year` has two digits: the century is not derived."""

    digits: str = field(repr=False)
    d_number: bool
    day: int = field(repr=False)
    month: int = field(repr=False)
    year: int = field(repr=False)

    def agrees_with(self, born: date) -> bool:
        """Say whether day, month and two-digit year are those of the birth date (R-66)."""
        return (self.day, self.month, self.year) == (born.day, born.month, born.year % 100)


def read(text: str, today: date, *, synthetic: bool) -> IdentityNumber | None:
    """Return the identity number that is written here, or None when it is refused.

    H-numbers and FH-numbers (first digit 8 or 9) are refused; synthetic ones, and with them what
    looks like an H-number, pass only with the flag.

    Args:
        text: as typed, with blanks, dots or hyphens.
        today: the date of processing, whatever the birth year.
        synthetic: the test flag.
    """
    digits = eleven_digits(text)
    if digits is None or not _check_digits_hold(digits, today):
        return None
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    d_number = day > D_NUMBER
    day -= D_NUMBER if d_number else 0
    if synthetic:
        month -= next((more for more in SYNTHETIC_MONTHS if more < month), 0)
    if month not in MONTHS or not 1 <= day <= monthrange(LEAP_CENTURY + year, month)[1]:
        return None
    return IdentityNumber(digits, d_number, day, month, year)


def _check_digits_hold(digits: str, today: date) -> bool:
    first = weighted_sum(digits, FIRST_CHECK_DIGIT) % 11
    allowed = 3 if today >= MORE_REMAINDERS_FROM else 0
    return first <= allowed and weighted_sum(digits, LAST_DIGIT) % 11 == 0
