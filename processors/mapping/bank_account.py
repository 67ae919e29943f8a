"""Bank account number, to the subledger (R-42, R-43, R-44).

>>> norwegian_account("8601 11 17947")
'86011117947'
>>> norwegian_account("8601 11 17948") is None
True
"""

import re
from typing import Final

from processors.mapping.context import MappingContext
from processors.mapping.eleven_digits import LAST_DIGIT, eleven_digits, weighted_sum
from processors.mapping.text import clean, merged
from schemas.employee import Failed, FieldResult, Mapped, Target
from schemas.errors import DeadLetter
from schemas.person import HumaField, Projection
from schemas.reasons import Code

NORWAY: Final = "NO"
IBAN: Final = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
UNWRITTEN: Final = re.compile("[^A-Z0-9]", re.ASCII)
"""However an IBAN is spelled, with slashes or its own name before it, these are no part of it."""
NO_ACCOUNT: Final = "0" * 11


def bank_account(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map a national account number; an emptied account is cleared by null (R-46).

    A bad Norwegian number fails the field. So does an IBAN, in whatever place: it is not squeezed
    into the national field, and the account in Xledger is now known to be wrong (R-44). Numbers of
    other countries go as typed, with the warning that their country is not written (R-43).
    """
    account = projection[HumaField.BANK_ACCOUNT]
    if account is None:
        return Mapped({Target.SUBLEDGER_BANK_ACCOUNT: None})
    if not isinstance(account, dict):
        raise DeadLetter(Code.BAD_EVENT, "map")
    number, iban, bic, country = (
        clean(account.get(part)) for part in ("number", "iban", "bic", "country")
    )
    if number.value is None:
        if iban.value is not None or bic.value is not None:
            return Failed(Code.UNSUPPORTED_BANK_ACCOUNT)
        return Mapped({Target.SUBLEDGER_BANK_ACCOUNT: None}, number.warnings)
    return _national(number.value, (country.value or NORWAY).upper(), number.warnings)


def _national(number: str, country: str, warnings: tuple[Code, ...]) -> FieldResult:
    if IBAN.fullmatch(UNWRITTEN.sub("", number.upper()).removeprefix("IBAN")):
        return Failed(Code.UNSUPPORTED_BANK_ACCOUNT, warnings)
    if country != NORWAY:
        more = merged(warnings, (Code.ACCOUNT_COUNTRY_NOT_WRITTEN,))
        return Mapped({Target.SUBLEDGER_BANK_ACCOUNT: number}, more)
    digits = norwegian_account(number)
    if digits is None:
        return Failed(Code.BAD_BANK_ACCOUNT, warnings)
    return Mapped({Target.SUBLEDGER_BANK_ACCOUNT: digits}, warnings)


def norwegian_account(text: str) -> str | None:
    """Return the eleven digits of a Norwegian account number, or None when it is not one.

    All zeros pass the check digit and are none. python-stdnum's `kontonr` is not the judge: it
    checks numbers that begin with 0000 as seven digits of the former Postgiro, and takes all zeros.
    """
    digits = eleven_digits(text)
    if digits is None or digits == NO_ACCOUNT or weighted_sum(digits, LAST_DIGIT) % 11:
        return None
    return digits
