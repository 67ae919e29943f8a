"""An employee as Xledger has them: the targets we write, and what mapping a field can end as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from schemas.reasons import Code


class Root(StrEnum):
    """The three records a person is made of, in the order of creation (`xledger-api.md` 2.4)."""

    CONTACT = "contact"
    SUBLEDGER = "subledger"
    EMPLOYEE = "employee"


class Target(StrEnum):
    """Each Xledger field we write, as `<record>.<field>`. Subledger is written as supplier.

    Contact addresses are written nested with a plain country text, subledger addresses flat with a
    country look-up (`xledger-api.md` 1.6): that is the documents' affair, not the mapping's.
    """

    CONTACT_EMAIL = "contact.email"
    CONTACT_FIRST_NAME = "contact.firstName"
    CONTACT_LAST_NAME = "contact.lastName"
    CONTACT_PHONE = "contact.phone"
    CONTACT_BIRTHDAY = "contact.birthday"
    CONTACT_GENDER = "contact.gender"
    CONTACT_SOCIAL_SEC = "contact.socialSec"
    CONTACT_JOB_TITLE = "contact.jobTitle"
    CONTACT_STREET_ADDRESS = "contact.address.streetAddress"
    CONTACT_ZIP_CODE = "contact.address.zipCode"
    CONTACT_PLACE = "contact.address.place"
    CONTACT_COUNTRY = "contact.address.country"
    SUBLEDGER_EMAIL = "subledger.email"
    SUBLEDGER_DESCRIPTION = "subledger.description"
    SUBLEDGER_PHONE = "subledger.phone"
    SUBLEDGER_BANK_ACCOUNT = "subledger.bankAccount"
    SUBLEDGER_STREET_ADDRESS = "subledger.address.streetAddress"
    SUBLEDGER_ZIP_CODE = "subledger.address.zipCode"
    SUBLEDGER_PLACE = "subledger.address.place"
    SUBLEDGER_COUNTRY = "subledger.address.country"
    EMPLOYEE_CODE = "employee.code"
    EMPLOYMENT_FROM = "employee.employmentFrom"
    EMPLOYMENT_TO = "employee.employmentTo"
    TRIAL_TO = "employee.trialTo"
    NOTICE_DATE = "employee.noticeDate"

    @property
    def root(self) -> Root:
        """The record this field belongs to."""
        return Root(self.value.split(".", 1)[0])


TargetValue: TypeAlias = str | None
"""Text as it goes over the wire (gender: the code M or F); None is an explicit null (R-46)."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One Huma field, mapped: the value for each target. No targets: nothing to write."""

    targets: Mapping[Target, TargetValue] = field(repr=False)
    warnings: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The field fails (this person, this field; the others go on: R-87)."""

    code: Code
    warnings: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """The field is left out by design."""

    code: Code
    warnings: tuple[Code, ...] = ()


FieldResult: TypeAlias = Mapped | Failed | Skipped
