"""Names: each to the contact, and both together to the subledger's description (R-40, R-41)."""

from processors.mapping.context import MappingContext
from processors.mapping.text import clean, merged
from schemas.employee import FieldResult, Mapped, Skipped, Target
from schemas.person import HumaField, Projection
from schemas.reasons import Code


def given_name(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map the given name; the description is rewritten whole.

    >>> from datetime import date
    >>> somebody = Projection({"givenName": " Kari", "familyName": "Nordmann "})
    >>> result = given_name(somebody, MappingContext("NO", date(2026, 1, 1), False, {}, {}))
    >>> dict(result.targets)[Target.SUBLEDGER_DESCRIPTION]
    'Kari Nordmann'
    """
    return _name(projection, Target.CONTACT_FIRST_NAME, HumaField.GIVEN_NAME)


def family_name(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map the family name; the description is rewritten whole."""
    return _name(projection, Target.CONTACT_LAST_NAME, HumaField.FAMILY_NAME)


def _name(projection: Projection, target: Target, field: HumaField) -> FieldResult:
    """Map one name. Without the other nothing is written: half a description would be wrong."""
    given = clean(projection.get(HumaField.GIVEN_NAME))
    family = clean(projection.get(HumaField.FAMILY_NAME))
    warnings = merged(given.warnings, family.warnings)
    if given.value is None:
        return Skipped(Code.MISSING_GIVEN_NAME, warnings)
    if family.value is None:
        return Skipped(Code.MISSING_FAMILY_NAME, warnings)
    own = given.value if field is HumaField.GIVEN_NAME else family.value
    description = f"{given.value} {family.value}"
    return Mapped({target: own, Target.SUBLEDGER_DESCRIPTION: description}, warnings)
