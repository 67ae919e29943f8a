"""Foreign text with a person's values replaced by the names of their fields (R-103).

Rather too much is replaced than too little: what stands in the text in another case, normal form
or order of words, with other signs between digits, inside a longer word, or in part.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from processors.desk.dates import dates_in
from processors.desk.folding import Folded, fold, unescaped
from processors.fields import FIELDS

SHORT: Final = 4
"""A value of fewer letters and digits is replaced only where it stands alone."""
DIGITS: Final = 6
"""So many digits in a row that are a value's, and the whole number is taken for it."""
KNOWN: Final = tuple(field.value for field in FIELDS)
WORD: Final = re.compile(r"[^\W_]+")
NUMBER: Final = re.compile(r"\d(?:[\s.,\-/()+]{0,3}\d)*")
NAMES: Final = re.compile(r"[^\W\d_]+(?:[\s'.\-]+[^\W\d_]+)*")
BETWEEN: Final = r"[\W_]{0,3}"
ALONE_BEFORE, ALONE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"


class Span(NamedTuple):
    """What is replaced: where in the original text, by which name, how much of the value it is."""

    begin: int
    end: int
    name: str
    share: float


def redacted(text: str, values: Mapping[str, Iterable[str]]) -> str:
    """Return a text without values.

    Args:
        text: whatever was said; escapes in it are undone first.
        values: of one person, as texts, by field; names that stand for some already stay.

    >>> redacted("Tlf. 900 00 000 (Kari) is taken", {"phone": ["+4790000000"], "name": ["KARI"]})
    'Tlf. [phone] ([name]) is taken'
    """
    names = "|".join(map(re.escape, sorted({*KNOWN, *values})))
    parts = re.split(rf"(\[(?:{names})\])", unescaped(text))  # what is a name stays one
    return "".join(
        part if at % 2 else _replaced(part, list(_spans(part, values)))
        for at, part in enumerate(parts)
    )


def _spans(text: str, values: Mapping[str, Iterable[str]]) -> Iterator[Span]:
    folded = fold(text)
    for name, texts in values.items():
        for value in texts:
            for begin, end in _found(folded.text, value):
                place = _source(folded, begin, end, len(text))
                yield Span(*place, name, (end - begin) / len(value))


def _found(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Yield where a value stands in a folded text, whole or in part."""
    plain = fold(value).text.strip()
    if not plain:
        return
    for pattern in dict.fromkeys(_patterns(plain)):
        for match in re.finditer(pattern, text):
            yield match.span()
    forms = {_digits(plain), *dates_in(plain).digits}
    parts = {form[at : at + DIGITS] for form in forms for at in range(len(form) - DIGITS + 1)}
    for match in NUMBER.finditer(text):
        digits = _digits(match[0])
        whole = len(digits) >= SHORT and digits in forms
        if whole or any(digits[at : at + DIGITS] in parts for at in range(len(digits))):
            yield match.span()


def _patterns(plain: str) -> Iterator[str]:
    """Yield what finds a folded value, and each word of it that says something."""
    words = WORD.findall(plain)
    if not words:
        yield re.escape(plain)
        return
    yield _bounded(words)
    yield from dates_in(plain).patterns
    names = NAMES.fullmatch(plain) is not None
    for part in (*map(WORD.findall, plain.split()), *([word] for word in words)):
        size = len("".join(part))
        if size >= SHORT or (size > 1 and names):
            yield _bounded(part)


def _bounded(words: Sequence[str]) -> str:
    pattern, characters = BETWEEN.join(map(re.escape, words)), "".join(words)
    if len(characters) >= SHORT and not (characters.isdecimal() and len(characters) <= SHORT):
        return pattern
    return f"{ALONE_BEFORE}{pattern}{ALONE_AFTER}"


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdecimal())


def _source(folded: Folded, begin: int, end: int, length: int) -> tuple[int, int]:
    """Return the place of a match in the original text, with the marks on its last character."""
    behind = folded.places[end] if end < len(folded.places) else length
    last = folded.places[end - 1]
    return folded.places[begin], max(last + 1, behind if behind > last else last + 1)


def _replaced(text: str, spans: Iterable[Span]) -> str:
    """Replace whatever any span covers."""
    parts: list[str] = []
    at = 0
    for begin, end, name in _merged(spans):
        parts += [text[at:begin], f"[{name}]"]
        at = end
    return "".join((*parts, text[at:]))


def _merged(spans: Iterable[Span]) -> Iterator[tuple[int, int, str]]:
    """Yield spans that do not overlap; of those that did, the longest gives the name."""
    together: list[Span] = []
    end = 0
    for one in sorted(spans):
        if together and one.begin >= end:
            yield together[0].begin, end, _name(together)
            together = []
        end = max(end, one.end) if together else one.end
        together.append(one)
    if together:
        yield together[0].begin, end, _name(together)


def _name(spans: Iterable[Span]) -> str:
    return max(spans, key=lambda one: (one.end - one.begin, one.share)).name
