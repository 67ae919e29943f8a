"""Every field that can be dirty, a person's or their positions': where it goes, what it is made of.

>>> field_of("title"), field_of("salary")
(<PositionField.TITLE: 'title'>, None)
"""

from typing import Final

from processors import mapping
from processors.positions import TARGETS
from schemas.employee import Target
from schemas.person import Field, HumaField, PositionField

FIELDS: Final[tuple[Field, ...]] = (*HumaField, *PositionField)
_BY_NAME: Final[dict[str, Field]] = {field.value: field for field in FIELDS}


def field_of(name: str) -> Field | None:
    """Return the field of this name; None for one that this program does not know."""
    return _BY_NAME.get(name)


def targets_of(field: Field) -> tuple[Target, ...]:
    """Return every target that a change of this field may rewrite."""
    if isinstance(field, PositionField):
        return (TARGETS[field],)
    return mapping.targets_of(field)


def inputs_of(field: Field) -> frozenset[Field]:
    """Return the fields whose values go into what this one writes, itself included.

    The version of what is written is the greatest of theirs (R-71). A position field is made of all
    positions, and has the greatest of their versions as its own.
    """
    if isinstance(field, PositionField):
        return frozenset({field})
    return frozenset(mapping.inputs_of(field))
