"""What a rule may look at besides the person: everything the world would otherwise be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from schemas.employee import FieldResult, Target, TargetValue
from schemas.person import Projection


@dataclass(frozen=True, slots=True)
class MappingContext:
    """One connection's view on one person, at one moment.

    Attributes:
        country: ISO alpha-2, the default country of phone numbers (R-34): for comparing them.
        today: the date in the organisation's zone (R-59): birth dates, and R-65's rule of 2032.
        synthetic_numbers: accept synthetic identity numbers; a test flag (R-65).
        confirmed: what Xledger last acknowledged for this person (R-112).
        limits: the most characters a target takes (R-50, `limits.DEFAULT`).
    """

    country: str
    today: date
    synthetic_numbers: bool
    confirmed: Mapping[Target, TargetValue] = field(repr=False)
    limits: Mapping[Target, int] = field(repr=False)


Rule: TypeAlias = Callable[[Projection, MappingContext], FieldResult]
"""How one Huma field is mapped. A rule is asked only for a field that the projection has."""
