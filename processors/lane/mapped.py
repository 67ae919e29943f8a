"""A person's fields and position fields, mapped together from one snapshot and for one day."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from processors.mapping import MappingContext, map_person
from processors.ports.lane import Flip, Subject
from processors.positions import TARGETS, map_positions
from schemas.choice import Choice
from schemas.employee import FieldResult, Target
from schemas.person import Field, HumaField, PositionField


@dataclass(frozen=True, slots=True)
class MappedFields:
    """What fields come to; `why` and `flip` are of positions, where any of them was asked for."""

    results: Mapping[Field, FieldResult]
    why: Mapping[Target, Choice]
    flip: Flip | None


def map_all(subject: Subject, context: MappingContext, fields: Collection[Field]) -> MappedFields:
    """Map some fields of a person, in a fixed order."""
    of_person = sorted(name for name in fields if isinstance(name, HumaField))
    of_positions = sorted(name for name in fields if isinstance(name, PositionField))
    results: dict[Field, FieldResult] = dict(
        map_person(subject.projection, context, of_person).items()
    )
    if not of_positions:
        return MappedFields(results, {}, None)
    found = map_positions(subject.positions, context.today, context.limits)
    results |= {name: found.results[name] for name in of_positions}
    why = {TARGETS[name]: found.why[name] for name in of_positions if name in found.why}
    return MappedFields(results, why, Flip(context.today, found.next_flip_on))
