"""Reason codes: why an event, or a field of it, ended as it did.

The words are those of `rules.md`, where a rule quotes them. A code is a label, so there are few and
they never hold an id or a value. `schemas.advice` says what each means, and what to do.
"""

from enum import StrEnum
from typing import Final


class LetterClass(StrEnum):
    """What kind of trouble a dead letter is (`design.md`, Dead letters)."""

    DATA = "data"
    SCHEMA = "schema"
    UNSUPPORTED = "unsupported"
    AMBIGUOUS = "ambiguous"
    EXHAUSTED = "exhausted"


class Code(StrEnum):
    """Every reason code."""

    # skipped, whole events
    TOMBSTONE = "tombstone"
    NOT_OURS = "not ours"
    UNSUPPORTED = "unsupported"
    NO_SUPPORTED_FIELD = "no supported field"
    NOT_ACTIVE = "not active"
    OUT_OF_SCOPE = "out of scope"
    NOT_A_PERSON = "not a person"
    LOCKED = "locked"
    DELETED = "deleted"
    STALE = "stale"
    NOT_LINKED = "not linked"
    EXISTS_IN_XLEDGER = "exists in Xledger"
    DECLINED = "declined"
    AMBIGUOUS = "ambiguous"
    LINKED_BY_ANOTHER = "linked by another connection"
    CONNECTION_REMOVED = "connection removed"
    REJECTED = "rejected"
    UNKNOWN_IN_HUMA = "unknown in Huma"
    BEFORE_ACTIVATION = "before activation"
    NO_POSITION_DATA = "no position data yet"
    NOTHING_TO_DO = "nothing to do"
    MISSING_EMAIL = "missing email"
    MISSING_GIVEN_NAME = "missing given name"
    MISSING_FAMILY_NAME = "missing family name"
    # skipped, fields
    UNMAPPED_VALUE = "unmapped value"
    NOT_NORWEGIAN = "not a Norwegian identity number"
    NO_POSITION = "no position left"
    NO_CONTRACT_START = "no contract start date"
    # failed, whole events: decode, validate
    NOT_JSON = "not JSON"
    NOT_AN_EVENT = "not an event"
    BAD_EVENT = "schema"
    CANNOT_BE_STORED = "cannot be stored"
    TOO_LARGE = "too large"
    UNSUPPORTED_TYPE = "unsupported type"
    # failed, fields: map
    BAD_BANK_ACCOUNT = "invalid bank account"
    UNSUPPORTED_BANK_ACCOUNT = "unsupported bank account"
    BAD_IDENTITY_NUMBER = "invalid identity number"
    AMBIGUOUS_IDENTITY_NUMBER = "ambiguous identity number"
    BAD_BIRTH_DATE = "invalid birth date"
    BAD_POSITION_DATE = "invalid position date"
    UNKNOWN_COUNTRY = "unknown country"
    TOO_LONG = "too long"
    # failed: call
    EMPLOYMENT_ID_IN_USE = "employment id in use"
    EMPLOYEE_GONE = "employee gone"
    REFUSED = "refused by Xledger"
    GENDER_LOOKUP = "gender look-up failed"
    EXHAUSTED = "exhausted"
    # warnings
    KEY_MISMATCH = "key does not match"
    OLD_ZIP_CODE_KEPT = "old zip code kept"
    OLD_STREET_KEPT = "old street address kept"
    OLD_PLACE_KEPT = "old place kept"
    OLD_COUNTRY_KEPT = "old country kept"
    ADDRESS_KEPT = "address kept"
    ACCOUNT_COUNTRY_NOT_WRITTEN = "account country not written"
    BIRTH_DATE_DIFFERS = "birth date differs from identity number"
    IDENTITY_NUMBER_IGNORED = "invalid identity number left out"
    END_BEFORE_START = "contract ends before it starts"
    OPEN_BESIDE_ENDED = "an older position is still open"
    CHARACTERS_REMOVED = "characters removed"
    EMAIL_OF_ANOTHER = "email of another employee"


ONCE: Final = frozenset({Code.ACCOUNT_COUNTRY_NOT_WRITTEN})
"""Warnings that a person gets once in each connection (R-43)."""
