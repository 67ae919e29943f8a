"""How each reason code comes about: what happens, or what somebody's fields and positions are."""

from collections.abc import Mapping, Sequence
from typing import Final

from schemas.person import Json
from schemas.reasons import Code

FNR, OTHER_FNR, BAD_FNR = "17912099997", "15507600333", "17912099998"
ADDRESS: Final[dict[str, Json]] = {
    "line1": "Storgata 1",
    "postalCode": "0155",
    "city": "Oslo",
    "country": "NO",
}


def national(number: str) -> Json:
    """Return an identification; the numbers are of the tax authority's synthetic population."""
    return {"type": "national", "country": "NO", "value": number}


BY_INTAKE: Final = {
    Code.TOMBSTONE, Code.NOT_OURS, Code.UNSUPPORTED, Code.UNSUPPORTED_TYPE,
    Code.NO_SUPPORTED_FIELD, Code.NOT_ACTIVE, Code.OUT_OF_SCOPE, Code.NOT_A_PERSON, Code.LOCKED,
    Code.DELETED, Code.STALE, Code.NOT_LINKED, Code.EXISTS_IN_XLEDGER, Code.DECLINED,
    Code.AMBIGUOUS, Code.BEFORE_ACTIVATION, Code.NO_POSITION_DATA, Code.NOTHING_TO_DO,
    Code.NOT_JSON, Code.NOT_AN_EVENT, Code.BAD_EVENT, Code.TOO_LARGE, Code.CANNOT_BE_STORED,
    Code.KEY_MISMATCH, Code.EMPLOYEE_GONE,
}  # fmt: skip
BY_VALUE: Final[Mapping[Code, tuple[Mapping[str, Json], Mapping[str, Json]]]] = {
    Code.MISSING_EMAIL: ({}, {"email": None}),
    Code.MISSING_GIVEN_NAME: ({}, {"givenName": " "}),
    Code.MISSING_FAMILY_NAME: ({}, {"familyName": None}),
    Code.UNMAPPED_VALUE: ({}, {"gender": "Other"}),
    Code.NOT_NORWEGIAN: (
        {}, {"identifications": [{"type": "passport", "country": "NO", "value": "N1"}]},
    ),
    Code.BAD_BANK_ACCOUNT: ({}, {"bankAccount": {"number": "12345678901", "country": "NO"}}),
    Code.UNSUPPORTED_BANK_ACCOUNT: ({}, {"bankAccount": {"iban": "NO9386011117947"}}),
    Code.BAD_IDENTITY_NUMBER: ({}, {"identifications": [national(BAD_FNR)]}),
    Code.AMBIGUOUS_IDENTITY_NUMBER: (
        {}, {"identifications": [national(FNR), national(OTHER_FNR)]},
    ),
    Code.IDENTITY_NUMBER_IGNORED: ({}, {"identifications": [national(FNR), national(BAD_FNR)]}),
    Code.BIRTH_DATE_DIFFERS: (
        {}, {"identifications": [national(FNR)], "birthDate": "1990-05-17"},
    ),
    Code.BAD_BIRTH_DATE: ({}, {"birthDate": "1890-01-01"}),
    Code.UNKNOWN_COUNTRY: ({}, {"homeAddress": {"line1": "a", "country": "XX"}}),
    Code.TOO_LONG: ({}, {"phone": "1" * 300}),
    Code.CHARACTERS_REMOVED: ({}, {"givenName": "Ka\x07ri"}),
    Code.ACCOUNT_COUNTRY_NOT_WRITTEN: (
        {}, {"bankAccount": {"number": "12345", "country": "SE"}},
    ),
    Code.ADDRESS_KEPT: ({"homeAddress": ADDRESS}, {"homeAddress": None}),
    Code.OLD_STREET_KEPT: ({"homeAddress": ADDRESS}, {"homeAddress": {**ADDRESS, "line1": None}}),
    Code.OLD_ZIP_CODE_KEPT: (
        {"homeAddress": ADDRESS}, {"homeAddress": {**ADDRESS, "postalCode": None}},
    ),
    Code.OLD_PLACE_KEPT: ({"homeAddress": ADDRESS}, {"homeAddress": {**ADDRESS, "city": None}}),
    Code.OLD_COUNTRY_KEPT: (
        {"homeAddress": ADDRESS}, {"homeAddress": {**ADDRESS, "country": None}},
    ),
    Code.REFUSED: ({}, {"phone": "40"}),
    Code.EXHAUSTED: ({}, {"phone": "41"}),
    Code.GENDER_LOOKUP: ({}, {"gender": "Female"}),
    Code.EMAIL_OF_ANOTHER: ({}, {"email": "shared@x.no"}),
}  # fmt: skip
"""What makes a lane give the code: what somebody had before, and what changes."""
BY_POSITIONS: Final[Mapping[Code, Sequence[Mapping[str, Json]]]] = {
    Code.NO_POSITION: [],
    Code.NO_CONTRACT_START: [{"title": {"name": "Chef"}}],
    Code.BAD_POSITION_DATE: [{"contractStartDate": "31.12.2020"}],
    Code.END_BEFORE_START: [
        {"contractStartDate": "2020-01-01"},
        {"contractStartDate": "2021-01-01", "contractEndDate": "2020-01-01"},
    ],
    Code.OPEN_BESIDE_ENDED: [
        {"contractStartDate": "2020-01-01"},
        {"contractStartDate": "2021-01-01", "contractEndDate": "2022-01-01"},
    ],
}
BY_CREATION: Final = {Code.EMPLOYMENT_ID_IN_USE, Code.LINKED_BY_ANOTHER}
BY_EVENT_OF_LIFE: Final = {Code.CONNECTION_REMOVED, Code.UNKNOWN_IN_HUMA, Code.REJECTED}
