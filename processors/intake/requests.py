"""Requests of ours, judged: they bring no value, they only make fields dirty (`interfaces.md`)."""

from collections.abc import Iterable, Mapping, Sequence

from processors.fields import FIELDS
from processors.intake.asked import differing, named, stop_of
from processors.intake.queueing import REQUEST_ORIGIN, Queue, Queued
from processors.intake.reading import Item
from processors.ports.intake import Ending, IntakeTransaction, Standing, StoredLink, StoredPerson
from schemas.events import EventType, Request
from schemas.outcome import Result
from schemas.person import PersonKey, PositionField
from schemas.reasons import Code


class Requests:
    """The requests of one batch.

    Args:
        transaction: the store's; the fields of the batch are merged already.
        connections: who listens, by organisation.
        people: of the batch.
        items: of the batch: whatever requests may ask for is looked up at once.
        queue: where they wait.
    """

    def __init__(
        self,
        transaction: IntakeTransaction,
        connections: Mapping[str, Sequence[Standing]],
        people: Mapping[PersonKey, StoredPerson],
        items: Iterable[Item],
        queue: Queue,
    ) -> None:
        self._tx = transaction
        self._connections = connections
        self._people = people
        self._versions = transaction.versions(_asked_for(items))
        self._queue = queue

    def ask(
        self, item: Item, request: Request, links: Mapping[tuple[str, str], StoredLink]
    ) -> list[Ending]:
        """Let a request wait in each connection that is meant; returns those that end at once.

        The replay of one, and the resend of a letter, carry what a letter says: they go to its
        connection only, for its fields, and count as that round of it (R-90, R-92).
        """
        if request.organization is None or request.user is None:
            return [_heartbeat(item)]
        key = PersonKey(request.organization, request.user)
        carried, endings = item.carried, []
        for standing in self._connections.get(request.organization, ()):
            connection = standing.connection.id
            if request.connection not in {None, connection}:
                continue
            if carried.replay_count and carried.connection not in {None, connection}:
                continue
            stored = links.get((connection, request.user), StoredLink())
            code = stop_of(self._people[key], standing, stored.state)
            names = named(request, stored)
            if code is None and not request.fields and request.type is not EventType.DAY_TURNED:
                names = set(differing(self._tx, connection, key, stored, ()))
            if carried.replay_count and carried.fields:
                names &= set(carried.fields)
            if code is not None or not names:
                why = code or Code.NOTHING_TO_DO
                round_ = carried.replay_count
                endings.append(Ending(item.about, connection, round_, Result.SKIPPED, why))
                continue
            fields = {name: self._versions.get((key, name), 0) for name in sorted(names)}
            queued = Queued(item, connection, key, None, request.warnings, fields)
            self._queue.add(queued, REQUEST_ORIGIN)
        return endings


def _heartbeat(item: Item) -> Ending:
    """Return the end of a heartbeat: to the same partition of the outcomes (R-109)."""
    return Ending(
        item.about, None, 0, Result.SKIPPED, Code.NOTHING_TO_DO,
        partition=item.raw.place.partition, key=item.raw.key,
    )  # fmt: skip


def _asked_for(items: Iterable[Item]) -> list[tuple[PersonKey, str]]:
    """Return whatever requests of ours may make dirty."""
    asked: dict[tuple[PersonKey, str], None] = {}
    for item in items:
        one = item.parsed
        if isinstance(one, Request) and one.organization and one.user:
            names: Iterable[str] = one.fields
            if not one.fields:
                names = PositionField if one.type is EventType.DAY_TURNED else FIELDS
            key = PersonKey(one.organization, one.user)
            asked |= dict.fromkeys((key, str(name)) for name in names)
    return list(asked)
