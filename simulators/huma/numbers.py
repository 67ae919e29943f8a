"""Numbers for people who do not exist: right in form, and never anybody's (R-44, R-65)."""

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Final

FIRST: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
LAST: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
TENOR_MONTH: Final = 80
"""Added to the month by the tax administration's test population: no real person has such one."""
D_NUMBER_DAY: Final = 40
NO_BANK: Final = "0001"
"""Far below the register numbers that banks have, so that no account is real; 0000 means an old
giro account, whose check digit is another."""
THIS_CENTURY: Final = 2000


def check_digit(digits: str, weights: Sequence[int]) -> str | None:
    """Return the digit modulo 11 that belongs behind these, or None when there is none.

    >>> check_digit("179120999", FIRST), check_digit("1791209999", LAST)
    ('9', '7')
    """
    remainder = sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11
    digit = (11 - remainder) % 11
    return str(digit) if digit < 10 else None  # noqa: PLR2004 - what is no digit


def identity_number(random: Random, born: date, *, d_number: bool = False) -> str:
    """Make a synthetic identity number of Tenor's kind for someone born on this day."""
    day = born.day + (D_NUMBER_DAY if d_number else 0)
    stem = f"{day:02}{born.month + TENOR_MONTH:02}{born.year % 100:02}"
    while True:
        individual = random.randrange(500) + (500 if born.year >= THIS_CENTURY else 0)
        nine = f"{stem}{individual:03}"
        first = check_digit(nine, FIRST)
        last = first and check_digit(nine + first, LAST)
        if first and last:
            return nine + first + last


def account_number(random: Random) -> str:
    """Make an account number with a right check digit, in a bank that does not exist."""
    while True:
        ten = f"{NO_BANK}{random.randrange(1, 10**6):06}"
        if digit := check_digit(ten, LAST):
            return ten + digit
