"""Which position a value is of, and why the others are not: ids and criteria, no value (R-57)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.person import Json


class Criterion(StrEnum):
    """What a position can lose by, in words that an administrator is shown."""

    END_BEFORE_START = "ends before it starts"
    NO_START = "has no start date"
    NOT_PRIMARY = "is not primary"
    STATUS = "is of a later kind: current, upcoming, ended"
    PERCENTAGE = "has the smaller percentage"
    START = "by its start date"
    END = "by its end date"
    ID = "by its id"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice among a person's positions.

    Attributes:
        rule: the rule that says so.
        chosen: the position's id.
        lost: why each of the others was not chosen, by id: the first criterion it lost by.
        on: the day it was made, yyyy-mm-dd in the connection's zone (R-59).
    """

    rule: str
    chosen: str
    lost: Mapping[str, Criterion]
    on: str

    def document(self) -> dict[str, Json]:
        """Return it as it is stored and shown."""
        lost: dict[str, Json] = {id_: why.name.lower() for id_, why in self.lost.items()}
        return {"rule": self.rule, "chosen": self.chosen, "lost": lost, "on": self.on}
