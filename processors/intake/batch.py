"""What a batch does, in one transaction: people follow, the gate judges, events wait or end.

Changes of one field inside a batch are merged first: the newest takes the turn, the older ones end
superseded (`design.md`, Store).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from processors.gate import Case, Stop, follow, in_scope, judge
from processors.intake.reading import Item
from processors.links import when_created
from processors.mapping import targets_of
from processors.mapping.email import same_email_key
from processors.mapping.required import REQUIRED
from processors.ports.intake import (
    Connections,
    Ended,
    Ending,
    IntakeTransaction,
    NewLetter,
    Standing,
    StoredPerson,
    Value,
    Waiting,
)
from schemas.about import BadEvent
from schemas.cloudevents import Tombstone
from schemas.connection import LinkState
from schemas.events import Event, EventType, Foreign, Request
from schemas.outcome import FieldEnd, FieldOutcome, Result, outcome_id, result_of
from schemas.person import HumaField, Json, PersonKey
from schemas.reasons import Code, LetterClass

EVENT_ORIGIN: Final = 0
REQUEST_ORIGIN: Final = 1
NOTHING_STORED: Final = -1

Link = tuple[str, str]
FieldKey = tuple[str, str, str]


@dataclass(slots=True)
class _Pending:
    """An event that is to wait in one connection; fields fall out as younger ones come."""

    item: Item
    connection: str
    person: PersonKey
    actor: str | None
    warnings: tuple[Code, ...]
    fields: dict[str, int]
    ended: dict[str, FieldOutcome] = field(default_factory=dict)


@dataclass(slots=True)
class Applied:
    """What a batch did, for the metrics."""

    ended: list[Ended] = field(default_factory=list)
    duplicates: int = 0
    mismatches: int = 0


class Batch:
    """One batch in one transaction. Use once: `apply`.

    Args:
        transaction: the store's.
        connections: who listens.
        unsupported_per_hour: letters of one unknown type in an hour (R-95).
    """

    def __init__(
        self, transaction: IntakeTransaction, connections: Connections, unsupported_per_hour: int
    ) -> None:
        self._tx = transaction
        self._connections = connections.by_organization
        self._unsupported = unsupported_per_hour
        self._people: dict[PersonKey, StoredPerson] = {}
        self._changed: set[PersonKey] = set()
        self._links: dict[Link, LinkState] = {}
        self._new_links: dict[str, dict[Link, LinkState]] = {}
        self._current: dict[tuple[PersonKey, str], int] = {}
        self._rehired: frozenset[PersonKey] = frozenset()
        self._latest: dict[FieldKey, tuple[_Pending, int]] = {}
        self._pending: list[_Pending] = []
        self._touched: list[tuple[str, PersonKey, str, int]] = []
        self._endings: list[Ending] = []
        self._stale: list[tuple[Ending, PersonKey, Item]] = []
        self.applied = Applied()

    def apply(self, items: Iterable[Item]) -> Applied:
        """Apply items in their order."""
        items = list(items)
        events = [item.parsed for item in items if isinstance(item.parsed, Event)]
        keys = _keys(item.parsed for item in items)
        self._people = self._tx.people(keys)
        self._links = dict(self._tx.links(keys))
        doomed = {
            key
            for event in events
            if event.type is EventType.USER_DELETED
            and not self._people.get(key := _key(event), StoredPerson()).deleted
        }
        for key in doomed:
            self._people.setdefault(key, StoredPerson()).deleted = True
        self._merge(events)
        for item in items:
            self._item(item)
        self._drop_duplicates()
        if doomed:
            self.applied.ended += self._tx.delete_people(sorted(doomed))
        self._store()
        return self.applied

    def _merge(self, events: list[Event]) -> None:
        """Let the projection follow: of each field the newest value of this batch."""
        fields: dict[tuple[PersonKey, str], Value] = {}
        positions: dict[tuple[PersonKey, str], Value] = {}
        for event in events:
            key = _key(event)
            if self._people.setdefault(key, StoredPerson()).deleted:
                continue
            digest = digest_of(event)
            for name, value in event.fields.items():
                best = fields.get((key, name))
                if best is None or event.revision > best.version:
                    normal = _email_key(name, value)
                    fields[key, name] = Value(key, name, event.revision, digest, value, normal)
            for id_, position in event.positions.items():
                best = positions.get((key, id_))
                if best is None or event.revision > best.version:
                    whole = None if position is None else dict(position)
                    positions[key, id_] = Value(key, id_, event.revision, digest, whole)
        self._current = dict(self._tx.merge(list(fields.values())))
        self._tx.merge_positions(list(positions.values()))
        self._rehired = self._tx.rehired([v for v in fields.values() if v.digest_of is not None])

    def _item(self, item: Item) -> None:
        parsed = item.parsed
        if isinstance(parsed, Event):
            self._event(item, parsed)
        elif isinstance(parsed, Request):
            self._request(item, parsed)
        elif isinstance(parsed, Foreign):
            self._everywhere(item, Code.NOT_OURS)
        elif isinstance(parsed, Tombstone):
            self._everywhere(item, Code.TOMBSTONE)
        else:
            self._bad(item, parsed)

    def _event(self, item: Item, event: Event) -> None:
        key = _key(event)
        person = self._people[key]
        before_active, before_groups = person.active, person.groups
        if event.warnings:
            self.applied.mismatches += 1
        if not person.deleted:
            follow(person, event)
            person.complete |= event.type is EventType.USER_CREATED
            self._changed.add(key)
        fresh = frozenset(name for name in event.fields if self._accept(key, name, event.revision))
        back = before_active is False and person.active is True
        for standing in self._connections.get(event.organization, ()):
            carried = item.carried
            if carried.replay_count and carried.connection not in {None, standing.connection.id}:
                continue
            group = standing.connection.group
            joined = (
                before_groups is not None
                and in_scope(person, group)
                and not in_scope(StoredPerson(groups=before_groups), group)
            )
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
        key, connection = _key(event), standing.connection
        link = (connection.id, event.user)
        person, state = self._people[key], self._links.get(link, LinkState.UNLINKED)
        since = connection.activated_at
        open_ = standing.preview or (since is not None and event.time >= since)
        wanted = state
        if open_ and (event.type is EventType.USER_CREATED or joined):
            wanted = when_created(
                state, add_new_users=connection.add_new_users, rehired=key in self._rehired
            )
        again = item.carried.replay_count > 0
        names = fresh
        if again:
            names |= {name for name in item.carried.fields if name in event.fields}
        returned = returned or wanted is not state
        stop = judge(Case(event, standing, person, wanted, names, returned, again))
        if stop is not None and wanted is LinkState.WANTED and state is not wanted:
            wanted = state
        if wanted is not state:
            self._links[link] = wanted
            self._new_links.setdefault(event.organization, {})[link] = wanted
        if stop is not None:
            self._stop(item, event, standing, fresh, stop)
            return
        fields = dict.fromkeys(names, event.revision)
        if returned:
            fields |= dict.fromkeys(self._differing(link, wanted), event.revision)
        if not fields:
            self._stop(item, event, standing, fresh, Stop(Code.NOTHING_TO_DO))
            return
        stale = FieldOutcome(FieldEnd.SKIPPED, Code.STALE, event.revision)
        ended = {name: stale for name in event.fields if name not in fields}
        origin = REQUEST_ORIGIN if again else EVENT_ORIGIN
        self._pend(
            _Pending(item, connection.id, key, event.actor, event.warnings, fields, ended), origin
        )

    def _request(self, item: Item, request: Request) -> None:
        if request.organization is None or request.user is None:
            self._endings.append(
                Ending(
                    item.about, None, 0, Result.SKIPPED, Code.NOTHING_TO_DO,
                    partition=item.raw.place.partition, key=item.raw.key,
                )
            )  # fmt: skip
            return
        key = PersonKey(request.organization, request.user)
        person = self._people.setdefault(key, StoredPerson())
        for standing in self._connections.get(request.organization, ()):
            connection = standing.connection
            if request.connection not in {None, connection.id}:
                continue
            link = (connection.id, request.user)
            state = self._links.get(link, LinkState.UNLINKED)
            stop = _stop_request(person, standing, state)
            names = {name for name in request.fields if name in set(HumaField)}
            if stop is None and not names:
                names = set(self._differing(link, state))
            if stop is not None or not names:
                code = stop or Code.NOTHING_TO_DO
                self._endings.append(Ending(item.about, connection.id, 0, Result.SKIPPED, code))
                continue
            fields = dict.fromkeys(sorted(names), person.revision)
            pending = _Pending(item, connection.id, key, None, request.warnings, fields)
            self._pend(pending, REQUEST_ORIGIN)

    def _differing(self, link: Link, state: LinkState) -> Iterable[str]:
        """Return "everything that differs" (R-112): the lane compares; or what a creation needs."""
        if state is LinkState.WANTED:
            return [name.value for name in REQUIRED]
        touched, confirmed = self._tx.touched([link]).get(link, (frozenset(), frozenset()))
        return [
            name.value
            for name in HumaField
            if name in touched or any(target in confirmed for target in targets_of(name))
        ]

    def _pend(self, pending: _Pending, origin: int) -> None:
        self._pending.append(pending)
        for name, version in pending.fields.items():
            place = (pending.connection, pending.person.user, name)
            older = self._latest.get(place)
            if older is not None:
                at = older[0].fields.pop(name)
                older[0].ended[name] = FieldOutcome(FieldEnd.SUPERSEDED, None, at)
                origin = min(origin, older[1])
            self._latest[place] = (pending, origin)
            assert pending.fields[name] == version

    def _stop(
        self, item: Item, event: Event, standing: Standing, fresh: frozenset[str], stop: Stop
    ) -> None:
        connection, key = standing.connection.id, _key(event)
        end = FieldEnd.FAILED if stop.fails else FieldEnd.SKIPPED
        fields = {name: FieldOutcome(end, stop.code, event.revision) for name in event.fields}
        letter = (
            NewLetter(item.raw, "gate", LetterClass.DATA, tuple(fields)) if stop.fails else None
        )
        ending = Ending(
            item.about,
            connection,
            item.carried.replay_count,
            Result.DEAD_LETTERED if stop.fails else Result.SKIPPED,
            stop.code,
            fields,
            event.warnings,
            letter,
        )
        if stop.code is Code.STALE:
            self._stale.append((ending, key, item))
            return
        self._endings.append(ending)
        if stop.code is Code.LOCKED:
            self._touched += [(connection, key, name, event.revision) for name in fresh]

    def _everywhere(self, item: Item, code: Code) -> None:
        for standing in self._connections.get(item.organization or "", ()):
            self._endings.append(
                Ending(item.about, standing.connection.id, 0, Result.SKIPPED, code)
            )

    def _bad(self, item: Item, bad: BadEvent) -> None:
        round_ = item.carried.replay_count
        unsupported = bad.code is Code.UNSUPPORTED_TYPE
        if unsupported and not self._tx.within(f"type {item.about.type}", self._unsupported):
            self._endings.append(Ending(item.about, None, round_, Result.SKIPPED, Code.UNSUPPORTED))
            return
        kind = LetterClass.UNSUPPORTED if unsupported else LetterClass.SCHEMA
        letter = NewLetter(item.raw, bad.stage, kind, bad.fields)
        self._endings.append(
            Ending(item.about, None, round_, Result.DEAD_LETTERED, bad.code, letter=letter)
        )

    def _accept(self, key: PersonKey, name: str, version: int) -> bool:
        """Say whether a value is newer than what this batch has made of the field so far."""
        current = self._current.get((key, name))
        if current is None or version <= current:
            return False
        self._current[key, name] = version
        return True

    def _drop_duplicates(self) -> None:
        """Count repeats of what is pending or stored, and write no outcome of them (R-83)."""
        if not self._stale:
            return
        values, outcomes = [], []
        for ending, key, item in self._stale:
            assert isinstance(item.parsed, Event)
            digest = digest_of(item.parsed)
            values += [
                Value(key, name, item.parsed.revision, digest, None) for name in item.parsed.fields
            ]
            outcomes.append(_outcome(item, ending.connection))
        stored, pending = self._tx.repeats(values, outcomes)
        for (ending, key, item), outcome in zip(self._stale, outcomes, strict=True):
            assert isinstance(item.parsed, Event)
            if outcome in pending or any((key, name) in stored for name in item.parsed.fields):
                self.applied.duplicates += 1
            else:
                self._endings.append(ending)

    def _store(self) -> None:
        rows = [
            (connection, pending.person, name, pending.fields[name], origin)
            for (connection, _, name), (pending, origin) in self._latest.items()
        ]
        turns, superseded = self._tx.dirty(rows)
        self.applied.ended += superseded
        waiting: list[tuple[Waiting, Mapping[str, int]]] = []
        for one in self._pending:
            if one.fields:
                mine = {n: turns[one.connection, one.person.user, n] for n in one.fields}
                waiting.append((_waiting(one), mine))
                continue
            result, reason = result_of(one.ended)
            round_ = one.item.carried.replay_count
            self._endings.append(
                Ending(
                    one.item.about, one.connection, round_, result, reason, one.ended, one.warnings
                )
            )
        self._tx.wait(waiting)
        self._tx.touch(self._touched)
        self._tx.save_people({key: self._people[key] for key in self._changed})
        for organization, links in self._new_links.items():
            self._tx.save_links(links, organization)
        self.applied.ended += self._tx.end(self._endings)


def digest_of(event: Event) -> bytes:
    """Return what stands for an event's identity in the store (R-82)."""
    return blake2b(f"{event.source}\x1f{event.id}".encode(), digest_size=16).digest()


def _keys(parsed: Iterable[object]) -> list[PersonKey]:
    keys = {
        PersonKey(one.organization, one.user)
        for one in parsed
        if isinstance(one, Event | Request) and one.organization and one.user
    }
    return sorted(keys)


def _key(event: Event) -> PersonKey:
    return PersonKey(event.organization, event.user)


def _email_key(name: str, value: Json) -> str | None:
    is_email = name == HumaField.EMAIL and isinstance(value, str)
    return same_email_key(value) if is_email and isinstance(value, str) else None


def _outcome(item: Item, connection: str | None) -> str:
    assert item.about.source is not None
    assert item.about.id is not None
    return outcome_id(connection, item.about.source, item.about.id, item.carried.replay_count)


def _waiting(pending: _Pending) -> Waiting:
    item = pending.item
    return Waiting(
        _outcome(item, pending.connection),
        pending.connection,
        item.about,
        pending.actor,
        item.carried.replay_count,
        item.raw,
        pending.fields,
        pending.ended,
        pending.warnings,
    )


def _stop_request(person: StoredPerson, standing: Standing, state: LinkState) -> Code | None:
    """Say why a request of ours ends at once; the lane asks the rest again."""
    if standing.connection.activated_at is None:
        return Code.NOT_ACTIVE
    if person.deleted:
        return Code.DELETED
    if person.active is False:
        return Code.LOCKED
    return Code.NOT_LINKED if state is LinkState.UNLINKED else None
