"""How a failure is filed: the stage and the class of its dead letter, by code (`design.md`)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.reasons import Code, LetterClass

_MAP: Final = "map"
_CALL: Final = "call"

OF_FIELDS: Final[Mapping[Code, tuple[str, LetterClass]]] = MappingProxyType(
    {
        Code.BAD_EVENT: (_MAP, LetterClass.SCHEMA),
        Code.BAD_BANK_ACCOUNT: (_MAP, LetterClass.DATA),
        Code.UNSUPPORTED_BANK_ACCOUNT: (_MAP, LetterClass.UNSUPPORTED),
        Code.BAD_IDENTITY_NUMBER: (_MAP, LetterClass.DATA),
        Code.AMBIGUOUS_IDENTITY_NUMBER: (_MAP, LetterClass.DATA),
        Code.BAD_BIRTH_DATE: (_MAP, LetterClass.DATA),
        Code.BAD_POSITION_DATE: (_MAP, LetterClass.DATA),
        Code.UNKNOWN_COUNTRY: (_MAP, LetterClass.DATA),
        Code.TOO_LONG: (_MAP, LetterClass.DATA),
        Code.EMPLOYMENT_ID_IN_USE: (_CALL, LetterClass.DATA),
        Code.EMPLOYEE_GONE: (_CALL, LetterClass.DATA),
        Code.REFUSED: (_CALL, LetterClass.DATA),
        Code.GENDER_LOOKUP: (_CALL, LetterClass.DATA),
        Code.EXHAUSTED: (_CALL, LetterClass.EXHAUSTED),
    }
)
"""For fields that failed in a lane. What is no event at all says its stage itself."""
