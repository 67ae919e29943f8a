"""Date of birth: a plain date, not before 1900 and not in the future (R-66, R-67).

>>> plain_date("1990-02-29", date(2026, 11, 23)) is None
True
"""

from datetime import date
from typing import Final

from processors.mapping.context import MappingContext
from processors.mapping.dates import read_date
from processors.mapping.identity_choice import choose
from processors.mapping.text import clean, merged
from schemas.employee import Failed, FieldResult, Mapped, Target
from schemas.person import HumaField, Json, Projection
from schemas.reasons import Code

EARLIEST: Final = date(1900, 1, 1)


def birth_date(projection: Projection, context: MappingContext) -> FieldResult:
    """Map the birth date; an emptied one is cleared by null (R-46).

    Warns when the identity number that would be sent says another day (R-66).
    """
    typed = clean(projection[HumaField.BIRTH_DATE])
    if typed.value is None:
        return Mapped({Target.CONTACT_BIRTHDAY: None}, typed.warnings)
    born = plain_date(typed.value, context.today)
    if born is None:
        return Failed(Code.BAD_BIRTH_DATE, typed.warnings)
    number = choose(
        projection.get(HumaField.IDENTIFICATIONS),
        context.today,
        synthetic=context.synthetic_numbers,
    ).number
    differs = number is not None and not number.agrees_with(born)
    warnings = merged(typed.warnings, (Code.BIRTH_DATE_DIFFERS,) if differs else ())
    return Mapped({Target.CONTACT_BIRTHDAY: born.isoformat()}, warnings)


def plain_date(value: Json, today: date) -> date | None:
    """Return the birth date that is written here, or None when there is none that can be.

    Args:
        value: as the projection holds it.
        today: a later date is in the future.
    """
    born = read_date(value.strip()) if isinstance(value, str) else None
    return born if born is not None and EARLIEST <= born <= today else None
