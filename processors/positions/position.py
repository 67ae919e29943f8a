"""One position as the rules see it: its contract's dates, and what it is chosen by (R-57, R-62)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from processors.mapping.dates import read_date
from processors.mapping.text import clean
from schemas.errors import DeadLetter
from schemas.person import Json, Projection
from schemas.reasons import Code


class Status(IntEnum):
    """What a position is on a day, in the order in which they are preferred (R-57, R-59)."""

    CURRENT = 0
    UPCOMING = 1
    ENDED = 2


@dataclass(frozen=True, slots=True)
class Position:
    """One position.

    Attributes:
        id: Huma's.
        start: of the contract; None: there is none, so it has always begun.
        end: of the contract, its last day; None: it is open.
        percentage: absent is 0.
        primary: whether Huma says that it is the main one.
        data: the whole of it.
    """

    id: str
    start: date | None
    end: date | None
    percentage: float
    primary: bool
    data: Projection = field(repr=False)

    @property
    def reversed(self) -> bool:
        """Whether it ends before it starts: then it is not used (R-62)."""
        return self.start is not None and self.end is not None and self.end < self.start

    def status(self, today: date) -> Status:
        """Return what it is today: its first and its last day are part of it (R-59)."""
        if self.start is not None and self.start > today:
            return Status.UPCOMING
        return Status.ENDED if self.end is not None and self.end < today else Status.CURRENT


def read(positions: Mapping[str, Projection]) -> list[Position]:
    """Return positions by id, the unusable ones too.

    Raises:
        DeadLetter: a contract's start or end is no date, so that no choice is certain.
    """
    return [_read(id_, positions[id_]) for id_ in sorted(positions)]


def date_of(value: Json) -> date | None:
    """Return a date of a position, None where there is none.

    Raises:
        DeadLetter: it is no date.
    """
    text = clean(value).value
    if text is None:
        return None
    found = read_date(text)
    if found is None:
        raise DeadLetter(Code.BAD_POSITION_DATE, "map")
    return found


def _read(id_: str, data: Projection) -> Position:
    percentage = data.get("percentage")
    known = isinstance(percentage, int | float) and not isinstance(percentage, bool)
    return Position(
        id_,
        date_of(data.get("contractStartDate")),
        date_of(data.get("contractEndDate")),
        float(percentage) if known else 0.0,  # type: ignore[arg-type]
        data.get("primary") is True,
        data,
    )
