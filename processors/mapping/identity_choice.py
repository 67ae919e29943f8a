"""Which of a person's identifications is their Norwegian identity number (R-49)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from processors.mapping.identity_number import IdentityNumber, read
from processors.mapping.text import clean, is_empty, merged
from schemas.person import Json
from schemas.reasons import Code

NATIONAL: Final = "national"
NORWAY: Final = "NO"


@dataclass(frozen=True, slots=True)
class Choice:
    """The number, when one can be sent; else `reason` says why not: None when nothing is there."""

    number: IdentityNumber | None = field(default=None, repr=False)
    reason: Code | None = None
    warnings: tuple[Code, ...] = ()


def choose(identifications: Json, today: date, *, synthetic: bool) -> Choice:
    """Choose among all entries: national and NO only; a fødselsnummer beats D-numbers.

    Two different ones of a kind are ambiguous, the same twice is one. An invalid entry beside a
    valid one is left out with a warning; alone it fails the field.

    Args:
        identifications: `[{id, type, country?, value}]`, or null.
        today: the date of processing.
        synthetic: R-65's test flag.

    >>> choose([{"type": "passport", "value": "N123"}], date(2026, 1, 1), synthetic=False)
    Choice(reason=<Code.NOT_NORWEGIAN: 'not a Norwegian identity number'>, warnings=())
    """
    entries = [] if identifications is None else identifications
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        return Choice(reason=Code.BAD_EVENT)
    filled = [
        entry
        for entry in entries
        if isinstance(entry, dict) and not is_empty(_text(entry, "value"))
    ]
    norwegian = [clean(entry["value"]) for entry in filled if _is_norwegian(entry)]
    if not norwegian:
        return Choice(reason=Code.NOT_NORWEGIAN if filled else None)
    numbers = [read(text.value or "", today, synthetic=synthetic) for text in norwegian]
    valid = {number for number in numbers if number is not None}
    best = {number for number in valid if not number.d_number} or valid
    warnings = merged(*(text.warnings for text in norwegian))
    if not best:
        return Choice(reason=Code.BAD_IDENTITY_NUMBER, warnings=warnings)
    if len(best) > 1:
        return Choice(reason=Code.AMBIGUOUS_IDENTITY_NUMBER, warnings=warnings)
    ignored = (Code.IDENTITY_NUMBER_IGNORED,) if None in numbers else ()
    return Choice(best.pop(), warnings=merged(warnings, ignored))


def _is_entry(entry: Json) -> bool:
    """Say whether this has the shape of an identification: what cannot be read clears nothing."""
    return isinstance(entry, dict) and all(
        isinstance(entry.get(part), str | None) for part in ("type", "country", "value")
    )


def _is_norwegian(entry: Mapping[str, Json]) -> bool:
    return _text(entry, "type") == NATIONAL and _text(entry, "country").strip().upper() == NORWAY


def _text(entry: Mapping[str, Json], part: str) -> str:
    value = entry.get(part)
    return value if isinstance(value, str) else ""
