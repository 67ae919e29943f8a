"""Position fields: which position each is of, what it writes, and why (R-52 to R-62).

Pure functions over all positions of a person, a date and limits. The dates go to the employee, the
job title to the contact (`rules.md`, Position fields).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from processors.mapping.limits import within
from processors.mapping.text import clean
from processors.positions.employment import earliest, latest, open_beside_ended
from processors.positions.flips import next_flip
from processors.positions.position import Position, date_of, read
from processors.positions.primary import primary
from schemas.choice import Choice, Criterion
from schemas.employee import Failed, FieldResult, Mapped, Skipped, Target
from schemas.errors import DeadLetter
from schemas.person import Json, PositionField, Projection
from schemas.reasons import Code

__all__ = ["TARGETS", "Positions", "map_positions"]

TARGETS: Final[Mapping[PositionField, Target]] = MappingProxyType(
    {
        PositionField.TITLE: Target.CONTACT_JOB_TITLE,
        PositionField.CONTRACT_START: Target.EMPLOYMENT_FROM,
        PositionField.PROBATION_END: Target.TRIAL_TO,
        PositionField.TERMINATION_NOTICE: Target.NOTICE_DATE,
        PositionField.CONTRACT_END: Target.EMPLOYMENT_TO,
    }
)
RULES: Final[Mapping[PositionField, str]] = MappingProxyType(
    {
        PositionField.TITLE: "R-58",
        PositionField.CONTRACT_START: "R-55",
        PositionField.PROBATION_END: "R-57",
        PositionField.TERMINATION_NOTICE: "R-58",
        PositionField.CONTRACT_END: "R-56",
    }
)


@dataclass(frozen=True, slots=True)
class Positions:
    """What a person's positions come to on one day.

    Attributes:
        results: what becomes of each field.
        why: which position each is of; only fields that are of one.
        next_flip_on: the next day on which the date alone changes the choice (R-60).
    """

    results: Mapping[PositionField, FieldResult]
    why: Mapping[PositionField, Choice]
    next_flip_on: date | None


def map_positions(
    positions: Mapping[str, Projection], today: date, limits: Mapping[Target, int]
) -> Positions:
    """Map all position fields of a person; each is judged alone (R-87).

    With a contract's start or end that is no date nothing is certain, and every field fails.

    Args:
        positions: all of the person's, by id, old ones too (R-53).
        today: the date in the organisation's zone (R-59).
        limits: most characters of each target (R-50).

    >>> one = {"1": Projection({"contractStartDate": "2026-03-01", "title": {"name": "Chef"}})}
    >>> sorted(field.value for field in map_positions(one, date(2026, 1, 1), {}).why)
    ['contractEndDate', 'contractStartDate', 'probationEndDate', 'terminationNoticeDate', 'title']
    """
    try:
        known = read(positions)
    except DeadLetter as wrong:
        return Positions(dict.fromkeys(PositionField, Failed(wrong.code)), {}, None)
    usable = [one for one in known if not one.reversed]
    warnings = (Code.END_BEFORE_START,) if len(usable) < len(known) else ()
    if not usable:
        return Positions(
            dict.fromkeys(PositionField, Skipped(Code.NO_POSITION, warnings)), {}, None
        )
    choices = {
        PositionField.CONTRACT_START: earliest(usable),
        PositionField.CONTRACT_END: latest(usable),
        **dict.fromkeys(OF_PRIMARY, primary(usable, today)),
    }
    reversed_ = {one.id: Criterion.END_BEFORE_START for one in known if one.reversed}
    results: dict[PositionField, FieldResult] = {}
    why: dict[PositionField, Choice] = {}
    for field, found in choices.items():
        if found is None:
            results[field] = Skipped(Code.NO_CONTRACT_START, warnings)
            continue
        chosen, lost = found
        why[field] = Choice(RULES[field], chosen.id, lost | reversed_, today.isoformat())
        results[field] = _result(field, chosen, warnings, limits)
    if open_beside_ended(usable, today):
        results[PositionField.CONTRACT_END] = _warned(results[PositionField.CONTRACT_END])
    return Positions(results, why, next_flip(usable, today))


def _title(position: Position) -> tuple[str | None, tuple[Code, ...]]:
    title: Json = position.data.get("title")
    if title is not None and not isinstance(title, dict):
        raise DeadLetter(Code.BAD_EVENT, "map")
    text = clean(None if title is None else title.get("name"))
    return text.value, text.warnings


def _date(name: PositionField) -> Callable[[Position], tuple[str | None, tuple[Code, ...]]]:
    def value(position: Position) -> tuple[str | None, tuple[Code, ...]]:
        found = date_of(position.data.get(name))
        return None if found is None else found.isoformat(), ()

    return value


OF_PRIMARY: Final = (
    PositionField.TITLE, PositionField.PROBATION_END, PositionField.TERMINATION_NOTICE,
)  # fmt: skip
VALUES: Final[Mapping[PositionField, Callable[[Position], tuple[str | None, tuple[Code, ...]]]]] = (
    MappingProxyType({**{field: _date(field) for field in TARGETS}, PositionField.TITLE: _title})
)


def _result(
    field: PositionField, chosen: Position, warnings: tuple[Code, ...], limits: Mapping[Target, int]
) -> FieldResult:
    """Return a field of the chosen position; what it lacks is cleared, with no other's instead."""
    try:
        value, more = VALUES[field](chosen)
    except DeadLetter as wrong:
        return Failed(wrong.code, warnings)
    return within(Mapped({TARGETS[field]: value}, (*warnings, *more)), limits)


def _warned(result: FieldResult) -> FieldResult:
    warnings = (*result.warnings, Code.OPEN_BESIDE_ENDED)
    if isinstance(result, Mapped):
        return Mapped(result.targets, warnings)
    return result
