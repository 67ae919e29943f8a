"""Stale events: what repeats is counted only, what came too late ends, and may trigger (R-83)."""

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
    values, positions, outcomes = [], [], []
    for one in stale:
        assert one.ending.connection is not None
        event = one.event
        key, digest = key_of(event), digest_of(event)
        values += [Value(key, name, event.revision, digest, None) for name in event.fields]
        positions += [Value(key, id_, event.revision, digest, None) for id_ in event.positions]
        outcomes.append(outcome_of(one.item, one.ending.connection))
    stored, pending = transaction.repeats(values, positions, outcomes)
    return [
        one
        for one, outcome in zip(stale, outcomes, strict=True)
        if outcome not in pending and (key_of(one.event), digest_of(one.event)) not in stored
    ]
