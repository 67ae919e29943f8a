"""A person's values as texts, by field: what must not stand in a text that is shown (R-103)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from processors.fields import FIELDS, targets_of
from schemas.employee import Target, TargetValue
from schemas.person import Json, PositionField, Projection

KINDS: Final = frozenset({"id", "type", "country", "code", "primary", "contractType", "percentage"})
"""Parts of a value that say what kind it is, and would take half the words of a sentence along."""
COUNTRIES: Final = frozenset({Target.CONTACT_COUNTRY, Target.SUBLEDGER_COUNTRY})
OF_TARGETS: Final = {
    target: field.value for field in reversed(FIELDS) for target in targets_of(field)
}
"""The field that gives a target its name; of several the first."""


def personal_texts(
    fields: Iterable[Mapping[str, Json]],
    positions: Iterable[Projection | None],
    targets: Iterable[Mapping[Target, TargetValue]],
) -> dict[str, list[str]]:
    """Return every text of a person by the name of its field.

    Args:
        fields: values by Huma's names: as they are, as an event has them.
        positions: whole.
        targets: values as they were sent, as they were confirmed.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    known = {field.value for field in FIELDS}
    for values in fields:
        for name, value in values.items():
            if name in known:
                found[name] |= dict.fromkeys(_texts(value))
    for position in positions:
        if position is not None:
            for name in PositionField:
                found[name] |= dict.fromkeys(_texts(position.get(name)))
    for sent in targets:
        for target, value in sent.items():
            if target not in COUNTRIES:
                found[OF_TARGETS[target]] |= dict.fromkeys(_texts(value))
    return {str(name): list(texts) for name, texts in found.items() if texts}


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in KINDS:
                yield from _texts(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
