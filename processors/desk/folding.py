"""Text as people recognise it: no matter its case, its normal form, or how it was escaped (R-103).

>>> fold("A\u030ase").text == fold("\u00c5SE").text == "ase"
True
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

ESCAPES: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
TIMES: Final = 5
"""So often a text may have been escaped."""
LETTERS: Final = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
"""Letters that no normal form takes apart, and that are often spelled otherwise."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text, and for each of its characters the original one it is of."""

    text: str
    places: tuple[int, ...]


def unescaped(text: str) -> str:
    r"""Return a text without the escapes of HTML, JSON and URLs.

    >>> unescaped(r"O&amp;#39;Brien \u00e6 k%40x.no")
    "O'Brien æ k@x.no"
    """
    for _ in range(TIMES):
        plain = html.unescape(text)
        plain = _whole(ESCAPES.sub(lambda found: chr(int(found[1], 16)), plain))
        plain = unquote(plain).replace("\\/", "/").replace('\\"', '"')
        if plain == text:
            break
        text = plain
    return text


def fold(text: str) -> Folded:
    """Return a text folded: no case, no marks, no invisible characters, digits as ours."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for one in _folded(character):
            folded.append(one)
            places.append(place)
    return Folded("".join(folded), tuple(places))


def _whole(text: str) -> str:
    """Put the halves of characters together; a half alone is none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _folded(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isprintable() or character.isspace() else ""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(map(_plain, parts))


def _plain(character: str) -> str:
    if unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"}:
        return ""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return LETTERS.get(character, character)
