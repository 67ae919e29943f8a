"""Events that are to wait for their end, in one batch (`design.md`, Store and Outcomes).

Changes of one field inside a batch are merged: the newest takes the turn, the older ones end
superseded and take none.
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


class Queue:
    """The waiting events of one batch."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str, str], tuple[Queued, int]] = {}
        self._all: list[Queued] = []

    def add(self, queued: Queued, origin: int) -> None:
        """Let an event wait; what waited for the same fields is superseded."""
        self._all.append(queued)
        for name in queued.fields:
            place = (queued.connection, queued.person.user, name)
            older = self._latest.get(place)
            if older is not None:
                at = older[0].fields.pop(name)
                older[0].ended[name] = FieldOutcome(FieldEnd.SUPERSEDED, None, at)
            first = origin if older is None else min(origin, older[1])
            self._latest[place] = (queued, first)

    def version(self, connection: str, user: str, name: str) -> int:
        """Return the version that waits for this field, or -1."""
        latest = self._latest.get((connection, user, name))
        return -1 if latest is None else latest[0].fields[name]

    def store(self, transaction: IntakeTransaction) -> tuple[list[Ended], list[Ending]]:
        """Make the fields dirty and store who waits.

        Returns:
            Earlier events that this superseded, and events of the batch that are to end at once.
        """
        rows = [
            (connection, queued.person, name, queued.fields[name], origin)
            for (connection, _, name), (queued, origin) in self._latest.items()
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
