"""Events that say nothing new: a repeat is only counted, what came too late ends (R-83)."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.intake.projection import digest_of, key_of
from processors.intake.queueing import outcome_of
from processors.intake.reading import Item
from processors.ports.intake import Ending, IntakeTransaction, Value
from schemas.events import Event


@dataclass(frozen=True, slots=True)
class Stale:
    """An event that says nothing new in one connection.

    `triggers`: it is one of those after which position data goes out, unless it repeats (R-52).
    """

    item: Item
    event: Event
    ending: Ending
    triggers: bool


def no_repeats(transaction: IntakeTransaction, stale: Sequence[Stale]) -> list[Stale]:
    """Return those that repeat nothing that is pending, and nothing whose value is stored."""
    if not stale:
        return []
    outcomes = []
    for one in stale:
        assert one.ending.connection is not None
        outcomes.append(outcome_of(one.item, one.ending.connection))
    stored, pending = transaction.repeats(*_values([one.event for one in stale]), outcomes)
    return [
        one
        for one, outcome in zip(stale, outcomes, strict=True)
        if outcome not in pending and (key_of(one.event), digest_of(one.event)) not in stored
    ]


def is_stored(transaction: IntakeTransaction, event: Event) -> bool:
    """Say whether a value that this very event brought is stored."""
    stored, _ = transaction.repeats(*_values([event]), [])
    return bool(stored)


def _values(events: Sequence[Event]) -> tuple[list[Value], list[Value]]:
    """Return what events say of fields and of positions, without the values."""
    values, positions = [], []
    for event in events:
        key, digest = key_of(event), digest_of(event)
        values += [Value(key, name, event.revision, digest, None) for name in event.fields]
        positions += [Value(key, id_, event.revision, digest, None) for id_ in event.positions]
    return values, positions
