"""The guard against mass changes: its limits, what it counts, and why it holds a lane (R-93)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.employee import Target
from schemas.person import HumaField


class HoldReason(StrEnum):
    """Which limit was passed: of people, or of people with changed sensitive fields."""

    PEOPLE = "many people"
    SENSITIVE = "sensitive fields"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """What may change in one hour: so many people, or so many percent of the linked ones.

    Of the two the greater counts. The sensitive ones are of people whose bank account, identity
    number, contract end or email changed.
    """

    people: int
    percent: int
    sensitive_people: int
    sensitive_percent: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people there are: any of whose fields changed, a sensitive one of whom changed."""

    people: int
    sensitive: int


SENSITIVE_FIELDS: Final = (HumaField.BANK_ACCOUNT, HumaField.IDENTIFICATIONS, HumaField.EMAIL)
"""What an event that names it has changed. A contract end is not here: any event of a position
makes every position field dirty, and only mapping them tells whether the end is another one."""
SENSITIVE_TARGETS: Final = frozenset(
    {
        Target.SUBLEDGER_BANK_ACCOUNT,
        Target.CONTACT_SOCIAL_SEC,
        Target.EMPLOYMENT_TO,
        Target.CONTACT_EMAIL,
        Target.SUBLEDGER_EMAIL,
    }
)
"""What a write changes that is sensitive."""
