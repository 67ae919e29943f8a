"""Gender: Male and Female are mapped, free text never guessed (R-48)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from processors.mapping.context import MappingContext
from processors.mapping.text import clean
from schemas.employee import FieldResult, Mapped, Skipped, Target
from schemas.person import HumaField, Projection
from schemas.reasons import Code

CODES: Final[Mapping[str, str]] = MappingProxyType({"Male": "M", "Female": "F"})
"""Huma's two fixed texts (`huma-api.md`, Gender) and Xledger's codes. Anything else is free."""


def gender(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map the two fixed texts, exactly as Huma writes them; an emptied gender is cleared (R-46).

    >>> from datetime import date
    >>> context = MappingContext("NO", date(2026, 1, 1), False, {}, {})
    >>> gender(Projection({"gender": "female-ish"}), context)
    Skipped(code=<Code.UNMAPPED_VALUE: 'unmapped value'>, warnings=())
    """
    typed = clean(projection[HumaField.GENDER])
    if typed.value is None:
        return Mapped({Target.CONTACT_GENDER: None}, typed.warnings)
    code = CODES.get(typed.value)
    if code is None:
        return Skipped(Code.UNMAPPED_VALUE, typed.warnings)
    return Mapped({Target.CONTACT_GENDER: code}, typed.warnings)
