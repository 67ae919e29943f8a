"""Events that are to wait for their end, in one batch (`design.md`, Store and Outcomes).

Changes of one field inside a batch are merged: the newest takes the turn, the older ones end
superseded and take none. Who asks for the value that an event brought is not newer: both wait.
"""

from dataclasses import dataclass, field
from typing import Final

from processors.intake.reading import Item
from processors.ports.intake import Ended, Ending, IntakeTransaction, Waiting
from schemas.outcome import FieldEnd, FieldOutcome, outcome_id, result_of
from schemas.person import PersonKey
from schemas.reasons import Code

EVENT_ORIGIN: Final = 0
REQUEST_ORIGIN: Final = 1


@dataclass(slots=True)
class Queued:
    """An event that is to wait in one connection.

    Attributes:
        fields: what is to be sent, with the version; falls out as younger events come.
        ended: what has ended already.
    """

    item: Item
    connection: str
    person: PersonKey
    actor: str | None
    warnings: tuple[Code, ...]
    fields: dict[str, int]
    ended: dict[str, FieldOutcome] = field(default_factory=dict)


@dataclass(slots=True)
class _Place:
    """One field of one person: who waits for it, of which version and least origin."""

    waiting: list[Queued]
    version: int
    origin: int


class Queue:
    """The waiting events of one batch."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str, str], _Place] = {}
        self._all: list[Queued] = []

    def add(self, queued: Queued, origin: int) -> None:
        """Let an event wait; what waited for an older value of the same fields is superseded."""
        self._all.append(queued)
        for name, version in queued.fields.items():
            key = (queued.connection, queued.person.user, name)
            place = self._places.setdefault(key, _Place([], version, origin))
            place.origin = min(place.origin, origin)
            if version > place.version:
                for older in place.waiting:
                    at = older.fields.pop(name)
                    older.ended[name] = FieldOutcome(FieldEnd.SUPERSEDED, None, at)
                place.waiting, place.version = [], version
            place.waiting.append(queued)

    def version(self, connection: str, user: str, name: str) -> int:
        """Return the version that waits for this field, or -1."""
        place = self._places.get((connection, user, name))
        return -1 if place is None else place.version

    def store(self, transaction: IntakeTransaction) -> tuple[list[Ended], list[Ending]]:
        """Make the fields dirty and store who waits.

        Returns:
            Earlier events that this superseded, and events of the batch that are to end at once.
        """
        rows = [
            (connection, place.waiting[0].person, name, place.version, place.origin)
            for (connection, _, name), place in self._places.items()
        ]
        turns, superseded = transaction.dirty(rows)
        waiting: list[tuple[Waiting, dict[str, int]]] = []
        endings: list[Ending] = []
        for one in self._all:
            if one.fields:
                mine = {name: turns[one.connection, one.person.user, name] for name in one.fields}
                waiting.append((_waiting(one), mine))
            else:
                endings.append(ending_of(one))
        transaction.wait(waiting)
        return list(superseded), endings


def ending_of(queued: Queued) -> Ending:
    """Return the end of an event of which nothing waits."""
    result, reason = result_of(queued.ended)
    return Ending(
        queued.item.about,
        queued.connection,
        queued.item.carried.replay_count,
        result,
        reason,
        queued.ended,
        queued.warnings,
    )


def outcome_of(item: Item, connection: str) -> str:
    """Return the id of an item's outcome in a connection."""
    source, id_ = item.about.source, item.about.id
    assert source is not None
    assert id_ is not None
    return outcome_id(connection, source, id_, item.carried.replay_count)


def _waiting(queued: Queued) -> Waiting:
    item = queued.item
    return Waiting(
        outcome_of(item, queued.connection),
        queued.connection,
        item.about,
        queued.actor,
        item.carried.replay_count,
        item.raw,
        queued.fields,
        queued.ended,
        queued.warnings,
    )
