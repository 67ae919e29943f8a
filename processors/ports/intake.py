"""What intake asks of the store: one transaction a batch (`design.md`, Intake)."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from processors.ports.source import Place
from schemas.about import About
from schemas.cloudevents import Headers
from schemas.connection import Connection, LinkState
from schemas.employee import Target
from schemas.outcome import FieldOutcome, Result
from schemas.person import Json, PersonKey
from schemas.reasons import Code, LetterClass


@dataclass(frozen=True, slots=True)
class Standing:
    """One connection as intake sees it; `preview`: one is open (R-07), which began `since`."""

    connection: Connection
    preview: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """Who listens, at one generation: connections by organisation."""

    generation: int
    by_organization: Mapping[str, tuple[Standing, ...]]


@dataclass(frozen=True, slots=True)
class Move:
    """A partition's stored offset, from where this batch began to where it ends."""

    place: Place
    begin: int
    end: int


@dataclass(slots=True)
class StoredPerson:
    """A person's row. Versions are -1 where nothing is known; `groups` are ids."""

    type: str | None = None
    type_version: int = -1
    active: bool | None = None
    active_version: int = -1
    groups: tuple[str, ...] | None = None
    groups_version: int = -1
    revision: int = -1
    complete: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link as intake sees it; `triggered`: position data goes out (R-52)."""

    state: LinkState = LinkState.UNLINKED
    triggered: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value on its way into the projection. `name` is a field, or a position's id."""

    person: PersonKey
    name: str
    version: int
    event: bytes
    value: Json = field(repr=False)
    digest_of: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Raw:
    """A record, whole, and where it stands."""

    place: Place
    offset: int
    timestamp: int | None
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits for its end in one connection.

    `fields` wait, with their version; `ended` are those that ended already.
    """

    outcome: str
    connection: str
    about: About
    actor: str | None
    round: int
    raw: Raw
    fields: Mapping[str, int]
    ended: Mapping[str, FieldOutcome]
    warnings: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """An event that ends at once, in one connection or in none."""

    about: About
    connection: str | None
    round: int
    result: Result
    reason: Code | None
    fields: Mapping[str, FieldOutcome] = field(default_factory=dict)
    warnings: tuple[Code, ...] = ()
    letter: "NewLetter | None" = None
    partition: int | None = None
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewLetter:
    """What makes an end a dead letter."""

    raw: Raw
    stage: str
    letter_class: LetterClass
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """What became final in a transaction, for the metrics.

    Attributes:
        result: the end.
        reason: why, for what was skipped or dead-lettered.
        seconds: from record to confirmation, only of what was applied (R-80).
        round: which replay of a letter this is; 0: none.
    """

    result: Result
    reason: Code | None
    seconds: float | None = None
    round: int = 0


class IntakeTransaction(Protocol):
    """One batch's transaction. Sequences keep their order; nothing is visible before its end."""

    def fence(self, moves: Sequence[Move]) -> frozenset[Place]:
        """Move the offsets, in order of partition; returns those whose stored one was as told."""
        ...

    def generation(self) -> int:
        """Return the connections' generation."""
        ...

    def people(self, keys: Sequence[PersonKey]) -> dict[PersonKey, StoredPerson]:
        """Return who is known, and hold their rows."""
        ...

    def links(self, keys: Sequence[PersonKey]) -> Mapping[tuple[str, str], StoredLink]:
        """Return the links by (connection, user); who has none is unlinked."""
        ...

    def merge(self, values: Sequence[Value]) -> Mapping[tuple[PersonKey, str], int]:
        """Merge fields by version; returns the version each accepted one replaced, -1 for none."""
        ...

    def merge_positions(self, values: Sequence[Value]) -> Mapping[tuple[PersonKey, str], int]:
        """Merge positions by version, as `merge` does fields; null is deleted."""
        ...

    def repeats(
        self, values: Sequence[Value], positions: Sequence[Value], outcomes: Sequence[str]
    ) -> tuple[frozenset[tuple[PersonKey, bytes]], frozenset[str]]:
        """Say whose values the same event stored, and which outcomes are pending (R-83)."""
        ...

    def versions(
        self, fields: Sequence[tuple[PersonKey, str]]
    ) -> Mapping[tuple[PersonKey, str], int]:
        """Return the versions of stored fields; a position field's is its positions' greatest."""
        ...

    def waiting(self, fields: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str, str], int]:
        """Return the versions that open dirty fields wait with: (connection, user, field)."""
        ...

    def rehired(self, keys: Sequence[PersonKey]) -> frozenset[PersonKey]:
        """Say whose stored email is that of somebody who was deleted (R-78)."""
        ...

    def save_people(self, people: Mapping[PersonKey, StoredPerson]) -> None:
        """Store what is known of people, each part by its version."""
        ...

    def save_links(self, links: Mapping[tuple[str, str], StoredLink], organization: str) -> None:
        """Store new and changed links, by (connection, user)."""
        ...

    def look_again(self, links: Sequence[tuple[str, str]]) -> None:
        """Let the clock look at the positions of these links again, where it looks at all."""
        ...

    def delete_people(self, keys: Sequence[PersonKey]) -> Sequence[Ended]:
        """Erase values, close what is dirty, end what is pending, keep the tombstone (R-78)."""
        ...

    def touched(
        self, links: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], tuple[frozenset[str], frozenset[Target]]]:
        """Return the fields ever dirtied, and the targets confirmed, of these links (R-112)."""
        ...

    def dirty(
        self, fields: Sequence[tuple[str, PersonKey, str, int, int]]
    ) -> tuple[Mapping[tuple[str, str, str], int], Sequence[Ended]]:
        """Make fields dirty: (connection, person, field, version, origin).

        Returns the turn of each by (connection, user, field), and the events that it superseded.
        """
        ...

    def touch(self, fields: Sequence[tuple[str, PersonKey, str, int]]) -> None:
        """Note that an event changed these fields, without making them dirty (R-112)."""
        ...

    def wait(self, events: Sequence[tuple[Waiting, Mapping[str, int]]]) -> None:
        """Store events that wait, each with the turns of its fields."""
        ...

    def within(self, quota: str, limit: int) -> bool:
        """Count one more of this hour; False when the limit is used up (R-95)."""
        ...

    def end(self, events: Sequence[Ending]) -> Sequence[Ended]:
        """Write outcomes, and letters, of events that end at once."""
        ...


class IntakeStore(Protocol):
    """The store, as intake sees it."""

    def connections(self) -> Connections:
        """Return who listens now."""
        ...

    def transaction(self) -> AbstractContextManager[IntakeTransaction]:
        """Begin one; raises CannotStore when a value in it cannot be written."""
        ...

    def offsets(self, places: Sequence[Place]) -> Mapping[Place, int]:
        """Return the stored offsets; a place that has none is absent."""
        ...

    def begin_at(self, place: Place, offset: int) -> int:
        """Store where a new partition begins; returns what is stored, by whomever."""
        ...

    def outbox_full(self) -> bool:
        """Say whether the outbox has reached its limit."""
        ...
