r"""Text as it is sent: as typed, trimmed, in NFC, without what no field may hold (R-34, R-51).

Values travel as query variables, so quotes, backslashes, U+2028 and emoji arrive unchanged. Every
employee field is a single line in Xledger: a run of line breaks and tabs becomes one space.

>>> clean('  Kari "Kaja"\tO\u2019Hara\r\n').value
'Kari "Kaja" O’Hara'
>>> clean("A\x00se").warnings
(<Code.CHARACTERS_REMOVED: 'characters removed'>,)
>>> clean(" \u200b ").value is None
True
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from schemas.errors import DeadLetter
from schemas.person import Json
from schemas.reasons import Code

REMOVED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Controls other than tab and line break, direction overrides, U+FEFF (R-51)."""

BREAKS: Final = re.compile("[\t\n\r]+")

NORMALISED: Final = 4096
"""Longer texts stay as they are: normalising hostile ones takes quadratic time, and no target is
so long, so that they fail by R-50 in either form."""


@dataclass(frozen=True, slots=True)
class Text:
    """A cleaned text; `value` is None when nothing was there (R-32)."""

    value: str | None = field(repr=False)
    warnings: tuple[Code, ...] = ()


def is_empty(text: str) -> bool:
    r"""Say whether nothing but white space, zero-width and control characters is there (R-32).

    >>> is_empty("\u00a0\u200d\x00"), is_empty(" a ")
    (True, False)
    """
    return all(char.isspace() or unicodedata.category(char) in {"Cc", "Cf"} for char in text)


def clean(value: Json) -> Text:
    """Return the text to send, and whether characters were removed from it.

    Args:
        value: a field's value as the projection holds it; null is no text.

    Raises:
        DeadLetter: the value is not text, so the event was not what the contract says.
    """
    if value is None:
        return Text(None)
    if not isinstance(value, str):
        raise DeadLetter(Code.BAD_EVENT, "map")
    kept, removed = REMOVED.subn("", value)
    warnings = (Code.CHARACTERS_REMOVED,) if removed else ()
    line = BREAKS.sub(" ", kept).strip()
    if is_empty(line):
        return Text(None, warnings)
    if len(line) <= NORMALISED:
        line = unicodedata.normalize("NFC", line)
    return Text(line, warnings)


def merged(*warnings: tuple[Code, ...]) -> tuple[Code, ...]:
    """Join warnings, each once, in the order in which they came."""
    return tuple(dict.fromkeys(code for some in warnings for code in some))
