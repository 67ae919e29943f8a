"""What a batch does, in one transaction: people follow, the gate judges, events wait or end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from processors.gate import Case, Stop, after_activation, follow, in_scope, judge, withheld
from processors.gate.person import PERSON
from processors.intake.asked import differing
from processors.intake.projection import Projecting, key_of
from processors.intake.queueing import EVENT_ORIGIN, REQUEST_ORIGIN, Queue, Queued
from processors.intake.reading import Item
from processors.intake.requests import Requests
from processors.intake.stale import Stale, is_stored, no_repeats
from processors.intake.unjudged import passed_over, refused
from processors.links import WRITTEN, when_created, when_rehired
from processors.mapping.required import REQUIRED
from processors.ports.intake import (
    Connections,
    Ended,
    Ending,
    IntakeTransaction,
    NewLetter,
    Standing,
    StoredLink,
    StoredPerson,
)
from schemas.about import BadEvent
from schemas.connection import LinkState
from schemas.events import Event, EventType, Request
from schemas.outcome import FieldEnd, FieldOutcome, Result
from schemas.person import HumaField, PersonKey, PositionField
from schemas.reasons import Code, LetterClass

Link = tuple[str, str]
POSITIONS: Final = frozenset(field.value for field in PositionField)
RETURN: Final = frozenset({Code.LOCKED, Code.OUT_OF_SCOPE, Code.NOT_A_PERSON})
"""What stops an event of somebody who may come back."""


@dataclass(slots=True)
class Applied:
    """What a batch did, for the metrics."""

    ended: list[Ended] = field(default_factory=list)
    duplicates: int = 0
    mismatches: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """What an event did to the projection.

    Attributes:
        fresh: its fields whose value is newer than the stored one.
        moved: it brought a newer position, or a newer end of one.
    """

    item: Item
    event: Event
    fresh: frozenset[str]
    moved: bool

    @property
    def nothing_new(self) -> bool:
        """Whether it brought no value, or none that is not known: it may be a repeat."""
        return not (self.fresh or self.moved)

    @property
    def names(self) -> tuple[str, ...]:
        """What the event is about, for its outcome."""
        return (*self.event.fields, *(sorted(POSITIONS) if self.event.positions else ()))


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
        self.applied = Applied()
        if self._doomed:  # first: whoever was hired again may be in this batch
            self.applied.ended += transaction.delete_people(sorted(self._doomed))
        self._links = dict(transaction.links(keys))
        self._projecting = Projecting(transaction, events, self._people)
        self._rehired = transaction.rehired(self._may_be_wanted(events))
        self._changed: set[PersonKey] = set()
        self._new_links: dict[str, dict[Link, StoredLink]] = {}
        self._look_again: set[Link] = set()
        self._touched: dict[Link, dict[str, tuple[PersonKey, int]]] = {}
        self._queue = Queue()
        self._requests = Requests(transaction, self._connections, self._people, items, self._queue)
        self._endings: list[Ending] = []
        self._stale: list[Stale] = []

    def apply(self) -> Applied:
        """Apply every item; call it once."""
        for item in self._items:
            parsed = item.parsed
            if isinstance(parsed, Event):
                self._event(item, parsed)
            elif isinstance(parsed, Request):
                self._endings += self._requests.ask(item, parsed, self._links)
            elif isinstance(parsed, BadEvent):
                self._endings.append(refused(self._tx, item, parsed, self._unsupported))
            else:
                standings = self._connections.get(item.organization or "", ())
                self._endings += passed_over(item, parsed, standings)
        superseded, ended = self._queue.store(self._tx)
        self.applied.ended += superseded
        self._end_stale()  # what waits since this batch is known now
        self._tx.touch(
            [
                (connection, key, name, version)
                for (connection, _), names in self._touched.items()
                for name, (key, version) in names.items()
            ]
        )
        self._tx.save_people({key: self._people[key] for key in self._changed})
        for organization, links in self._new_links.items():
            self._tx.save_links(links, organization)
        self._tx.look_again(sorted(self._look_again))
        self.applied.ended += self._tx.end([*ended, *self._endings])
        return self.applied

    def _may_be_wanted(self, events: Iterable[Event]) -> list[PersonKey]:
        """Return whose email is to be looked at: they may be created from here on (R-78)."""
        wanted = {user for (_, user), link in self._links.items() if link.state is LinkState.WANTED}
        keys = {
            key_of(event)
            for event in events
            if event.type is EventType.USER_CREATED
            or event.groups is not None
            or (HumaField.EMAIL.value in event.fields and event.user in wanted)
        }
        return sorted(key for key in keys if not self._people[key].deleted)

    def _event(self, item: Item, event: Event) -> None:
        key = key_of(event)
        person = self._people[key]
        standings = self._connections.get(event.organization, ())
        before = (person.type, person.active, person.groups)
        again = person.active is event.active is False and event.revision > person.active_version
        self.applied.mismatches += bool(event.warnings)
        if not person.deleted:
            follow(person, event)
            person.complete |= _says_all(event, standings)
            self._changed.add(key)
        accept, accept_position = self._projecting.accept, self._projecting.accept_position
        revision = event.revision
        fresh = frozenset([name for name in event.fields if accept(key, name, revision)])
        moved = [accept_position(key, id_, revision) for id_ in event.positions]
        arrived = Arrived(item, event, fresh, any(moved))
        type_, active, groups = before
        back = (active is False and person.active is True) or (
            type_ not in {None, PERSON} and person.type == PERSON
        )
        # the lock begins later than was thought: a listing, or a read, was ahead of what is older
        back = back or (again and not person.deleted)
        for standing in standings:
            carried = item.carried
            if carried.replay_count and carried.connection not in {None, standing.connection.id}:
                continue
            group = standing.connection.group
            joined = groups is not None and group is not None and group not in groups
            joined = joined and in_scope(person, group)
            self._judge(arrived, standing, returned=back or joined, joined=joined)

    def _judge(self, arrived: Arrived, standing: Standing, *, returned: bool, joined: bool) -> None:
        connection = standing.connection.id
        stored = self._links.get((connection, arrived.event.user), StoredLink())
        case = self._case(arrived, standing, stored, joined=joined)
        case = replace(case, returned=returned or case.state is not stored.state)
        stop = judge(case)
        now = self._keep_link(arrived, case, stored, stop)
        if stop is None:
            self._wait(arrived, case, now)
        elif arrived.nothing_new and not case.again:
            ending = self._ending(arrived, connection, stop)
            triggers = self._belated(arrived, case, stored) and stored.state in WRITTEN
            self._stale.append(Stale(arrived.item, arrived.event, ending, triggers))
        else:
            self._stop(arrived, connection, stop, stored)

    def _case(
        self, arrived: Arrived, standing: Standing, stored: StoredLink, *, joined: bool
    ) -> Case:
        """Return what an event means to a connection: what it changes, and whom it asks for."""
        event, carried = arrived.event, arrived.item.carried
        key, wanted = key_of(event), stored.state
        after = after_activation(event, standing)
        if (event.type is EventType.USER_CREATED or joined) and after:
            wanted = when_created(stored.state, add_new_users=standing.connection.add_new_users)
            if wanted is not stored.state and not joined and self._repeats(arrived):
                wanted = stored.state  # what did not make them wanted does not do so now
        if wanted is not stored.state or joined or HumaField.EMAIL.value in arrived.fresh:
            wanted = when_rehired(wanted) if key in self._rehired else wanted
        names, kept, again = set(arrived.fresh), None, carried.replay_count > 0
        if arrived.moved or (again and event.positions):
            kept = withheld(event, after=after, triggered=stored.triggered)
        if arrived.moved and kept is None:
            names |= POSITIONS
        if again:
            possible = {*event.fields, *(POSITIONS if kept is None else ())}
            names |= possible.intersection(carried.fields, arrived.names)
        return Case(
            event, standing, self._people[key], wanted, frozenset(names), joined, again, kept
        )

    def _repeats(self, arrived: Arrived) -> bool:
        """Say whether an event was here before, as far as a value of it is still stored (R-83)."""
        return arrived.nothing_new and is_stored(self._tx, arrived.event)

    def _keep_link(
        self, arrived: Arrived, case: Case, stored: StoredLink, stop: Stop | None
    ) -> StoredLink:
        """Store what the link is now: wanted, and whether position data goes out."""
        event = arrived.event
        link = (case.standing.connection.id, event.user)
        stays = stop is not None and stop.code not in {Code.LOCKED, Code.AMBIGUOUS}
        stays = stays and stored.state is not LinkState.WANTED  # it may be a rehire's
        counts = stop is None or self._follows(stored, stop)
        belated = self._belated(arrived, case, stored)
        triggers = counts and (belated or not POSITIONS.isdisjoint(case.fresh))
        now = StoredLink(stored.state if stays else case.state, stored.triggered or triggers)
        if now != stored or (stop is None and link not in self._links):
            self._save_link(event.organization, link, now)
        late = case.withheld is Code.BEFORE_ACTIVATION and stored.triggered
        if late or (belated and triggers):
            self._look_again.add(link)  # nothing of it waits, and its input counts
        return now

    def _save_link(self, organization: str, link: Link, now: StoredLink) -> None:
        self._links[link] = now
        self._new_links.setdefault(organization, {})[link] = now

    @staticmethod
    def _belated(arrived: Arrived, case: Case, stored: StoredLink) -> bool:
        """Say whether an event triggers position data though newer positions came before it.

        In whatever order a person's events come, the same is sent in the end (R-52).
        """
        if stored.triggered or arrived.moved or not arrived.event.positions:
            return False
        after = after_activation(arrived.event, case.standing)
        return withheld(arrived.event, after=after, triggered=False) is None

    def _wait(self, arrived: Arrived, case: Case, now: StoredLink) -> None:
        """Let an event wait for what it changes; what of it does not count has ended."""
        item, event = arrived.item, arrived.event
        key, connection = key_of(event), case.standing.connection.id
        fields = dict.fromkeys(case.fresh, event.revision)
        if case.returned:
            more = self._more(event, connection, now)
            fields |= {name: event.revision for name in more if name not in fields}
        ended = {
            name: FieldOutcome(FieldEnd.SKIPPED, _why_not(name, case), event.revision)
            for name in arrived.names
            if name not in fields
        }
        queued = Queued(item, connection, key, event.actor, event.warnings, fields, ended)
        if case.again:
            self._supersede_replayed(queued, arrived)
        if fields:
            self._queue.add(queued, REQUEST_ORIGIN if case.again else EVENT_ORIGIN)
        elif queued.ended:
            self._queue.add(queued, EVENT_ORIGIN)
        else:
            self._stop(arrived, connection, Stop(Code.NOTHING_TO_DO), now)

    def _more(self, event: Event, connection: str, now: StoredLink) -> Iterable[str]:
        """Return what goes out besides of somebody who is new here, or back (R-74, R-101)."""
        if event.type is EventType.USER_CREATED and now.state is LinkState.WANTED:
            return REQUIRED  # it brings the rest
        also = self._touched.get((connection, event.user), ())
        return differing(self._tx, connection, key_of(event), now, also)

    @staticmethod
    def _follows(stored: StoredLink, stop: Stop) -> bool:
        """Say whether what was stopped counts once the person is back (R-74, R-112).

        A creation that is under way may have read the person before.
        """
        return stop.code in RETURN and stored.state in WRITTEN

    def _supersede_replayed(self, queued: Queued, arrived: Arrived) -> None:
        """End what a replay names where a newer value waits, else send what is stored (R-92)."""
        newer = arrived.fresh | (POSITIONS if arrived.moved else frozenset())
        old = [name for name in queued.fields if name not in newer]
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

    def _stop(self, arrived: Arrived, connection: str, stop: Stop, stored: StoredLink) -> None:
        event = arrived.event
        self._endings.append(self._ending(arrived, connection, stop))
        if self._follows(stored, stop):
            touched = self._touched.setdefault((connection, event.user), {})
            touched |= dict.fromkeys(arrived.fresh, (key_of(event), event.revision))

    @staticmethod
    def _ending(arrived: Arrived, connection: str, stop: Stop) -> Ending:
        item, event = arrived.item, arrived.event
        end = FieldEnd.FAILED if stop.fails else FieldEnd.SKIPPED
        outcome = FieldOutcome(end, stop.code, event.revision)
        letter = None
        if stop.fails:
            letter = NewLetter(item.raw, "gate", LetterClass.DATA, arrived.names)
        return Ending(
            item.about,
            connection,
            item.carried.replay_count,
            Result.DEAD_LETTERED if stop.fails else Result.SKIPPED,
            stop.code,
            dict.fromkeys(arrived.names, outcome),
            event.warnings,
            letter,
        )

    def _end_stale(self) -> None:
        """Count repeats, and write no outcome of them (R-83); the others may trigger (R-52)."""
        ending = no_repeats(self._tx, self._stale)
        self.applied.duplicates += len(self._stale) - len(ending)
        self._endings += [one.ending for one in ending]
        for one in ending:
            if one.triggers and one.ending.connection is not None:
                link = (one.ending.connection, one.event.user)
                now = replace(self._links.get(link, StoredLink()), triggered=True)
                self._save_link(one.event.organization, link, now)
                self._look_again.add(link)


def _why_not(name: str, case: Case) -> Code:
    kept = case.withheld if name in POSITIONS else None
    return Code.STALE if kept is None else kept


def _says_all(event: Event, standings: Sequence[Standing]) -> bool:
    """Say whether nothing of the person is left to be read from Huma (R-97, R-100)."""
    grouped = any(standing.connection.group is not None for standing in standings)
    return event.type is EventType.USER_CREATED and not (grouped and event.groups is None)


def _keys(parsed: Iterable[object]) -> list[PersonKey]:
    keys = {
        PersonKey(one.organization, one.user)
        for one in parsed
        if isinstance(one, Event | Request) and one.organization and one.user
    }
    return sorted(keys)
