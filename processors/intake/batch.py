"""What a batch does, in one transaction: people follow, the gate judges, events wait or end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from processors.gate import Case, Stop, follow, in_scope, judge
from processors.gate.person import PERSON
from processors.intake.asked import differing, stop_of
from processors.intake.projection import Projecting, digest_of, key_of
from processors.intake.queueing import EVENT_ORIGIN, REQUEST_ORIGIN, Queue, Queued, outcome_of
from processors.intake.reading import Item
from processors.intake.unjudged import passed_over, refused
from processors.links import when_created
from processors.ports.intake import (
    Connections,
    Ended,
    Ending,
    IntakeTransaction,
    NewLetter,
    Standing,
    StoredPerson,
    Value,
)
from schemas.about import BadEvent
from schemas.connection import LinkState
from schemas.events import Event, EventType, Request
from schemas.outcome import FieldEnd, FieldOutcome, Result
from schemas.person import HumaField, PersonKey
from schemas.reasons import Code, LetterClass

Link = tuple[str, str]


@dataclass(slots=True)
class Applied:
    """What a batch did, for the metrics."""

    ended: list[Ended] = field(default_factory=list)
    duplicates: int = 0
    mismatches: int = 0


class Batch:
    """One batch in one transaction.

    Args:
        transaction: the store's.
        connections: who listens.
        unsupported_per_hour: letters of one unknown type in an hour (R-95).
        items: what was read, in its order.
    """

    def __init__(
        self,
        transaction: IntakeTransaction,
        connections: Connections,
        unsupported_per_hour: int,
        items: Sequence[Item],
    ) -> None:
        self._tx = transaction
        self._connections = connections.by_organization
        self._unsupported = unsupported_per_hour
        self._items = items
        events = [item.parsed for item in items if isinstance(item.parsed, Event)]
        keys = _keys(item.parsed for item in items)
        self._people = transaction.people(keys)
        for key in keys:
            self._people.setdefault(key, StoredPerson())
        self._doomed = {
            key_of(event)
            for event in events
            if event.type is EventType.USER_DELETED and not self._people[key_of(event)].deleted
        }
        for key in self._doomed:
            self._people[key].deleted = True
        self._links = dict(transaction.links(keys))
        self._projecting = Projecting(transaction, events, self._people)
        self._changed: set[PersonKey] = set()
        self._new_links: dict[str, dict[Link, LinkState]] = {}
        self._touched: list[tuple[str, PersonKey, str, int]] = []
        self._queue = Queue()
        self._endings: list[Ending] = []
        self._stale: list[tuple[Ending, Item, Event]] = []
        self.applied = Applied()

    def apply(self) -> Applied:
        """Apply every item; call it once."""
        for item in self._items:
            parsed = item.parsed
            if isinstance(parsed, Event):
                self._event(item, parsed)
            elif isinstance(parsed, Request):
                self._request(item, parsed)
            elif isinstance(parsed, BadEvent):
                self._endings.append(refused(self._tx, item, parsed, self._unsupported))
            else:
                standings = self._connections.get(item.organization or "", ())
                self._endings += passed_over(item, parsed, standings)
        self._drop_duplicates()
        if self._doomed:
            self.applied.ended += self._tx.delete_people(sorted(self._doomed))
        superseded, ended = self._queue.store(self._tx)
        self.applied.ended += superseded
        self._tx.touch(self._touched)
        self._tx.save_people({key: self._people[key] for key in self._changed})
        for organization, links in self._new_links.items():
            self._tx.save_links(links, organization)
        self.applied.ended += self._tx.end([*self._endings, *ended])
        return self.applied

    def _event(self, item: Item, event: Event) -> None:
        key = key_of(event)
        person = self._people[key]
        before = (person.type, person.active, person.groups)
        self.applied.mismatches += bool(event.warnings)
        if not person.deleted:
            follow(person, event)
            person.complete |= event.type is EventType.USER_CREATED
            self._changed.add(key)
        accept, revision = self._projecting.accept, event.revision
        fresh = frozenset([name for name in event.fields if accept(key, name, revision)])
        type_, active, groups = before
        back = (active is False and person.active is True) or (
            type_ not in {None, PERSON} and person.type == PERSON
        )
        for standing in self._connections.get(event.organization, ()):
            carried = item.carried
            if carried.replay_count and carried.connection not in {None, standing.connection.id}:
                continue
            group = standing.connection.group
            joined = groups is not None and group is not None and group not in groups
            joined = joined and in_scope(person, group)
            self._judge(item, event, standing, fresh, returned=back or joined, joined=joined)

    def _judge(
        self,
        item: Item,
        event: Event,
        standing: Standing,
        fresh: frozenset[str],
        *,
        returned: bool,
        joined: bool,
    ) -> None:
        key, connection = key_of(event), standing.connection
        link = (connection.id, event.user)
        state = wanted = self._links.get(link, LinkState.UNLINKED)
        since = connection.activated_at
        if (event.type is EventType.USER_CREATED or joined) and (
            standing.preview or (since is not None and event.time >= since)
        ):
            wanted = when_created(
                state,
                add_new_users=connection.add_new_users,
                rehired=self._projecting.rehired(key),
            )
        again = item.carried.replay_count > 0
        names = fresh
        if again:
            names |= {name for name in item.carried.fields if name in event.fields}
        returned = returned or wanted is not state
        stop = judge(Case(event, standing, self._people[key], wanted, names, returned, again))
        if stop is not None and stop.code not in {Code.LOCKED, Code.AMBIGUOUS}:
            wanted = state
        if wanted is not state or (stop is None and link not in self._links):
            self._links[link] = wanted
            self._new_links.setdefault(event.organization, {})[link] = wanted
        if stop is not None:
            self._stop(item, event, connection.id, fresh, stop)
            return
        fields = dict.fromkeys(names, event.revision)
        if returned:
            more = differing(self._tx, link, wanted)
            fields |= {name: event.revision for name in more if name not in fields}
        stale = FieldOutcome(FieldEnd.SKIPPED, Code.STALE, event.revision)
        ended = {name: stale for name in event.fields if name not in fields}
        queued = Queued(item, connection.id, key, event.actor, event.warnings, fields, ended)
        if again:
            self._supersede_replayed(queued, fresh)
        if fields:
            self._queue.add(queued, REQUEST_ORIGIN if again else EVENT_ORIGIN)
        elif queued.ended:
            self._queue.add(queued, EVENT_ORIGIN)
        else:
            self._stop(item, event, connection.id, fresh, Stop(Code.NOTHING_TO_DO))

    def _supersede_replayed(self, queued: Queued, fresh: frozenset[str]) -> None:
        """End what a replay names where a newer value waits, else send what is stored (R-92)."""
        old = [name for name in queued.fields if name not in fresh]
        versions = self._tx.versions([(queued.person, name) for name in old])
        waiting = self._tx.waiting([(queued.connection, queued.person.user, name) for name in old])
        for name in old:
            mine = queued.fields[name]
            place = (queued.connection, queued.person.user, name)
            if max(waiting.get(place, -1), self._queue.version(*place)) > mine:
                del queued.fields[name]
                queued.ended[name] = FieldOutcome(FieldEnd.SUPERSEDED, None, mine)
            else:
                queued.fields[name] = versions.get((queued.person, name), mine)

    def _request(self, item: Item, request: Request) -> None:
        if request.organization is None or request.user is None:
            place = item.raw.place.partition
            self._endings.append(
                Ending(
                    item.about, None, 0, Result.SKIPPED, Code.NOTHING_TO_DO,
                    partition=place, key=item.raw.key,
                )
            )  # fmt: skip
            return
        key = PersonKey(request.organization, request.user)
        person = self._people[key]
        for standing in self._connections.get(request.organization, ()):
            connection = standing.connection
            if request.connection not in {None, connection.id}:
                continue
            link = (connection.id, request.user)
            state = self._links.get(link, LinkState.UNLINKED)
            code = stop_of(person, standing, state)
            names = {name for name in request.fields if name in set(HumaField)}
            if code is None and not names:
                names = set(differing(self._tx, link, state))
            if code is not None or not names:
                why = code or Code.NOTHING_TO_DO
                self._endings.append(Ending(item.about, connection.id, 0, Result.SKIPPED, why))
                continue
            stored = self._tx.versions([(key, name) for name in names])
            fields = {name: stored.get((key, name), 0) for name in sorted(names)}
            queued = Queued(item, connection.id, key, None, request.warnings, fields)
            self._queue.add(queued, REQUEST_ORIGIN)

    def _stop(
        self, item: Item, event: Event, connection: str, fresh: frozenset[str], stop: Stop
    ) -> None:
        key = key_of(event)
        end = FieldEnd.FAILED if stop.fails else FieldEnd.SKIPPED
        outcome = FieldOutcome(end, stop.code, event.revision)
        letter = None
        if stop.fails:
            letter = NewLetter(item.raw, "gate", LetterClass.DATA, tuple(event.fields))
        ending = Ending(
            item.about,
            connection,
            item.carried.replay_count,
            Result.DEAD_LETTERED if stop.fails else Result.SKIPPED,
            stop.code,
            dict.fromkeys(event.fields, outcome),
            event.warnings,
            letter,
        )
        if stop.code is Code.STALE:
            self._stale.append((ending, item, event))
            return
        self._endings.append(ending)
        linked = self._links.get((connection, event.user)) is LinkState.LINKED
        if linked and stop.code in {Code.LOCKED, Code.OUT_OF_SCOPE}:
            self._touched += [(connection, key, name, event.revision) for name in fresh]

    def _drop_duplicates(self) -> None:
        """Count repeats of what is pending or stored, and write no outcome of them (R-83)."""
        if not self._stale:
            return
        values, outcomes = [], []
        for ending, item, event in self._stale:
            assert ending.connection is not None
            key, digest = key_of(event), digest_of(event)
            values += [Value(key, name, event.revision, digest, None) for name in event.fields]
            outcomes.append(outcome_of(item, ending.connection))
        stored, pending = self._tx.repeats(values, outcomes)
        for (ending, _, event), outcome in zip(self._stale, outcomes, strict=True):
            key, digest = key_of(event), digest_of(event)
            if outcome in pending or any((key, name, digest) in stored for name in event.fields):
                self.applied.duplicates += 1
            else:
                self._endings.append(ending)


def _keys(parsed: Iterable[object]) -> list[PersonKey]:
    keys = {
        PersonKey(one.organization, one.user)
        for one in parsed
        if isinstance(one, Event | Request) and one.organization and one.user
    }
    return sorted(keys)
