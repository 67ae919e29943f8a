"""Phone number: sent as typed to contact and subledger, compared as E.164 (R-34, R-40).

>>> same_phone_key("412 34 567", "NO"), same_phone_key("0047 41234567", "NO")
('+4741234567', '+4741234567')
>>> same_phone_key("ask Kari: 17", "NO")
'17'
"""

import unicodedata

import phonenumbers

from processors.mapping.context import MappingContext
from processors.mapping.text import clean
from schemas.employee import FieldResult, Mapped, Target
from schemas.person import HumaField, Projection


def phone(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map the phone number; an emptied one is cleared by null (R-46)."""
    typed = clean(projection[HumaField.PHONE])
    both = {Target.CONTACT_PHONE: typed.value, Target.SUBLEDGER_PHONE: typed.value}
    return Mapped(both, typed.warnings)


def same_phone_key(text: str, country: str) -> str | None:
    """Return what equal phone numbers have in common, or None where no digit is.

    E.164; where the number cannot be read as one, its digits. None never equals None (R-34).

    Args:
        text: as either system holds it.
        country: ISO alpha-2, taken for numbers without a country code.
    """
    typed = clean(text).value
    if typed is None:
        return None
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return _digits(typed)
    if not phonenumbers.is_possible_number(number):
        return _digits(typed)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _digits(text: str) -> str | None:
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal()) or None
