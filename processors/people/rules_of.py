"""Which rules map each field, with their titles, for whoever asks why a value is there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.person import Field, HumaField, PositionField
from schemas.rules import RULES

RULES_OF: Final[Mapping[Field, tuple[str, ...]]] = MappingProxyType(
    {
        HumaField.EMAIL: ("R-34", "R-40"),
        HumaField.EMPLOYMENT_ID: ("R-34", "R-36", "R-46"),
        HumaField.GIVEN_NAME: ("R-34", "R-40", "R-41"),
        HumaField.FAMILY_NAME: ("R-34", "R-40", "R-41"),
        HumaField.PHONE: ("R-34", "R-40", "R-46"),
        HumaField.BIRTH_DATE: ("R-46", "R-66", "R-67"),
        HumaField.BANK_ACCOUNT: ("R-42", "R-43", "R-44", "R-46"),
        HumaField.HOME_ADDRESS: ("R-40", "R-45", "R-47"),
        HumaField.GENDER: ("R-46", "R-48"),
        HumaField.IDENTIFICATIONS: ("R-46", "R-49", "R-65", "R-66"),
        PositionField.TITLE: ("R-57", "R-58", "R-59"),
        PositionField.CONTRACT_START: ("R-55", "R-62"),
        PositionField.PROBATION_END: ("R-57", "R-59"),
        PositionField.TERMINATION_NOTICE: ("R-57", "R-58", "R-59"),
        PositionField.CONTRACT_END: ("R-56", "R-62"),
    }
)
_TITLES: Final = {rule.id: rule.title for rule in RULES}


def rules_of(field: Field) -> list[tuple[str, str]]:
    """Return the rules of a field by number, each with its title.

    >>> rules_of(HumaField.GENDER)[1]
    ('R-48', 'Gender is mapped, never guessed')
    """
    return [(number, _TITLES[number]) for number in RULES_OF[field]]
