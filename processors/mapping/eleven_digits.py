"""Norway's numbers of eleven digits: written with blanks, checked modulo 11 (R-44, R-65).

>>> eleven_digits("8601 11.17947")
'86011117947'
>>> weighted_sum("86011117947", LAST_DIGIT) % 11
0
"""

import re
from collections.abc import Sequence
from typing import Final

SEPARATORS: Final = re.compile("[ \u00a0\u202f.\u2010\u2011-]")
"""Blanks (also the no-break ones), dots and hyphens."""

ELEVEN: Final = re.compile("[0-9]{11}", re.ASCII)

LAST_DIGIT: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
"""Weights of the last check digit: the same for accounts and identity numbers."""


def eleven_digits(text: str) -> str | None:
    """Return the eleven ASCII digits that are written here, leading zeros kept, or None."""
    compact = SEPARATORS.sub("", text)
    return compact if ELEVEN.fullmatch(compact) else None


def weighted_sum(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the first digits, each times its weight."""
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
