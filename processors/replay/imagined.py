"""Intake's transaction, imagined: it answers from a snapshot of one person, and notes what comes.

So a forecast asks the very rules that intake asks, and nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from processors.ports.intake import Ended, Ending, StoredLink, StoredPerson, Value, Waiting
from processors.ports.intake import Move as _Move
from processors.ports.replay import PersonNow
from processors.ports.source import Place
from schemas.employee import Target
from schemas.person import Json, PersonKey, PositionField

NOTHING: Final = -1
TURN: Final = 1
"""Of what is imagined."""


@dataclass
class Imagined:
    """The port `IntakeTransaction`, for one item.

    Attributes:
        now: the person; None: the item is about nobody.
        fields: values that the item brought, newer than the stored ones.
        positions: the same of positions, by id; None: deleted.
        person: what the item made of the person; as stored, where it said nothing.
        links_now: what links became, by connection.
        waits: what would wait.
        ends: what would end at once.
    """

    now: PersonNow | None
    fields: dict[str, Value] = field(default_factory=dict)
    positions: dict[str, Value] = field(default_factory=dict)
    person: StoredPerson = field(init=False)
    links_now: dict[str, StoredLink] = field(default_factory=dict)
    waits: list[Waiting] = field(default_factory=list)
    ends: list[Ending] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.person = StoredPerson() if self.now is None else replace(self.now.person)

    def fence(self, _moves: Sequence[_Move]) -> frozenset[Place]:
        """See the port."""
        return frozenset()

    def generation(self) -> int:
        """See the port."""
        return 0

    def people(self, keys: Sequence[PersonKey]) -> dict[PersonKey, StoredPerson]:
        """See the port; whoever asks may change what is returned."""
        return {one.key: replace(one.person) for one in self._meant(keys)}

    def links(self, keys: Sequence[PersonKey]) -> Mapping[tuple[str, str], StoredLink]:
        """See the port."""
        return {
            (connection, one.key.user): link
            for one in self._meant(keys)
            for connection, link in one.links.items()
        }

    def merge(self, values: Sequence[Value]) -> Mapping[tuple[PersonKey, str], int]:
        """See the port."""
        stored = {} if self.now is None else self.now.fields
        return _merged(values, stored, self.fields)

    def merge_positions(self, values: Sequence[Value]) -> Mapping[tuple[PersonKey, str], int]:
        """See the port."""
        stored = {} if self.now is None else self.now.positions
        return _merged(values, stored, self.positions)

    def repeats(
        self, values: Sequence[Value], positions: Sequence[Value], _outcomes: Sequence[str]
    ) -> tuple[frozenset[tuple[PersonKey, bytes]], frozenset[str]]:
        """See the port; a new round is never pending."""
        if self.now is None:
            return frozenset(), frozenset()
        known = [(self.now.fields, values), (self.now.positions, positions)]
        found = {
            (value.person, value.event)
            for stored, given in known
            for value in given
            if stored.get(value.name, (NOTHING, None))[1] == value.event
        }
        return frozenset(found), frozenset()

    def versions(
        self, fields: Sequence[tuple[PersonKey, str]]
    ) -> Mapping[tuple[PersonKey, str], int]:
        """See the port."""
        if self.now is None:
            return {}
        own = {name: version for name, (version, _) in self.now.fields.items()}
        own |= {name: value.version for name, value in self.fields.items()}
        of_positions = [version for version, _ in self.now.positions.values()]
        of_positions += [value.version for value in self.positions.values()]
        if of_positions:
            own |= {name.value: max(of_positions) for name in PositionField}
        return {(key, name): own[name] for key, name in fields if name in own}

    def waiting(self, fields: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str, str], int]:
        """See the port."""
        if self.now is None:
            return {}
        open_ = {
            (connection, subject.user, one.field): one.version
            for connection, subject in self.now.subjects.items()
            for one in subject.dirty
        }
        return {place: open_[place] for place in fields if place in open_}

    def rehired(self, keys: Sequence[PersonKey]) -> frozenset[PersonKey]:
        """See the port."""
        return frozenset(one.key for one in self._meant(keys) if one.rehired)

    def save_people(self, people: Mapping[PersonKey, StoredPerson]) -> None:
        """See the port."""
        for one in people.values():
            self.person = one

    def save_links(self, links: Mapping[tuple[str, str], StoredLink], _organization: str) -> None:
        """See the port."""
        self.links_now |= {connection: link for (connection, _), link in links.items()}

    def look_again(self, links: Sequence[tuple[str, str]]) -> None:
        """See the port."""

    def delete_people(self, _keys: Sequence[PersonKey]) -> Sequence[Ended]:
        """See the port."""
        return []

    def touched(
        self, links: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], tuple[frozenset[str], frozenset[Target]]]:
        """See the port."""
        subjects = {} if self.now is None else self.now.subjects
        return {
            (connection, user): (subject.touched, frozenset(subject.confirmed))
            for connection, user in links
            if (subject := subjects.get(connection)) is not None
        }

    def dirty(
        self, fields: Sequence[tuple[str, PersonKey, str, int, int]]
    ) -> tuple[Mapping[tuple[str, str, str], int], Sequence[Ended]]:
        """See the port."""
        return {(one, key.user, name): TURN for one, key, name, _, _ in fields}, []

    def touch(self, fields: Sequence[tuple[str, PersonKey, str, int]]) -> None:
        """See the port."""

    def wait(self, events: Sequence[tuple[Waiting, Mapping[str, int]]]) -> None:
        """See the port."""
        self.waits += [one for one, _ in events]

    def within(self, _quota: str, _limit: int) -> bool:
        """See the port; this hour's letters of an unknown type are not looked at."""
        return True

    def end(self, events: Sequence[Ending]) -> Sequence[Ended]:
        """See the port."""
        self.ends += events
        return []

    def _meant(self, keys: Sequence[PersonKey]) -> list[PersonNow]:
        return [self.now] if self.now is not None and self.now.key in keys else []


def _merged(
    values: Sequence[Value],
    stored: Mapping[str, tuple[int, bytes | None]],
    accepted: dict[str, Value],
) -> dict[tuple[PersonKey, str], int]:
    """Keep what is newer; returns the version that each accepted one replaced."""
    replaced: dict[tuple[PersonKey, str], int] = {}
    for value in values:
        version = stored.get(value.name, (NOTHING, None))[0]
        if value.version > version:
            accepted[value.name] = value
            replaced[value.person, value.name] = version
    return replaced


def values_of(accepted: Mapping[str, Value]) -> dict[str, Json]:
    """Return values by name."""
    return {name: value.value for name, value in accepted.items()}
