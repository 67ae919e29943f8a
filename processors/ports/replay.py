"""What forecast and replay ask: of the dead-letter topic letters' bytes, of the store the rest.

Times are milliseconds of the store's clock.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from processors.ports.desk import Letter
from processors.ports.intake import Connections, StoredLink, StoredPerson
from processors.ports.lane import LaneStatus, Subject
from schemas.cloudevents import Headers
from schemas.desk import Forecast, ReplayState, Selection
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.reasons import Code


class Missing(StrEnum):
    """Why the bytes of a letter cannot be read."""

    EXPIRED = "the topic holds it no longer"
    BEYOND = "the topic ends before its place: it was made anew, or it is another one"
    NO_PARTITION = "the topic has no such partition: it was made anew, or it is another one"
    ANOTHER = "another record stands in its place"


@dataclass(frozen=True, slots=True)
class LetterRecord:
    """A letter as it stands on the dead-letter topic."""

    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)


class LetterRecords(Protocol):
    """The dead-letter topic, read by place."""

    def read(
        self, places: Sequence[tuple[int, int]]
    ) -> Mapping[tuple[int, int], LetterRecord | Missing]:
        """Return what stands at each partition and offset.

        Raises:
            BrokerUnavailable: the cluster is away.
        """
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """What is the same for all letters: the time, who listens, and how each lane stands."""

    now: int
    connections: Connections
    lanes: Mapping[str, LaneStatus]


@dataclass(frozen=True, slots=True)
class PersonNow:
    """A person as intake and lanes would find them.

    Attributes:
        key: who.
        person: as intake reads them.
        fields: version of each stored field, and the digest of the event that brought it.
        positions: the same of positions, by id.
        links: by connection; who has none is unlinked.
        subjects: as the lane would take them, with every open field, by connection.
        refused: fields whose newest failure is Xledger's, with its code where known, by connection.
        rehired: the email is that of somebody who was deleted (R-78).
    """

    key: PersonKey
    person: StoredPerson
    fields: Mapping[str, tuple[int, bytes | None]]
    positions: Mapping[str, tuple[int, bytes | None]]
    links: Mapping[str, StoredLink]
    subjects: Mapping[str, Subject]
    refused: Mapping[str, Mapping[str, Code | None]]
    rehired: bool


@dataclass(frozen=True, slots=True)
class NewReplay:
    """A run that was decided.

    Attributes:
        id: its own.
        actor: who gave the command.
        reason: why.
        selection: which letters were meant.
        canary: letters that must end well first.
        share: percent of each connection's allowance.
        failures: percent of failures at which it stops.
    """

    id: str
    actor: str
    reason: Personal[str]
    selection: Selection
    canary: int
    share: int
    failures: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A letter's place in a run, and what was foretold of it when the run was planned."""

    number: int
    letter: str
    organization: str | None
    connection: str | None
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is stored; `started_at`: when it was begun, or last gone on with."""

    id: str
    actor: str
    state: ReplayState
    canary: int
    share: int
    failures: int
    why: str | None
    started_at: int | None


@dataclass(frozen=True, slots=True)
class Sending:
    """One letter on its way: the record of the requests topic, and what it stands for.

    Attributes:
        letter: its id.
        round: which replay of it this is.
        key: of the record.
        value: of the record.
        headers: of the record; they carry what the letter says.
        outcome: id of the outcome that ends it.
        person: whose it is, where known.
        organization: whose key seals the value; None: nobody knows whose it is.
        connection: where it goes; None: to all of the organisation.
        fields: names.
    """

    letter: str
    round: int
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)
    outcome: str
    person: PersonKey | None
    organization: str | None
    connection: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why a letter was not sent: words, or a code."""

    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run is getting on; what ended counts from its last start.

    Attributes:
        letters: in all.
        unsent: still to be sent.
        refused: not sent, since that cannot come to anything now.
        under_way: sent, and not ended, by connection; None: of no connection.
        ended: how many came to each result and reason, since the last start.
        beat_at: when the oldest heartbeat of any partition came through watch; None: none did.
        now: the store's time.
    """

    letters: int
    unsent: int
    refused: int
    under_way: Mapping[str | None, int]
    ended: Mapping[tuple[str, str | None], int]
    beat_at: int | None
    now: int

    @property
    def waits_for(self) -> int:
        """How many were sent and have not ended."""
        return sum(self.under_way.values())

    @property
    def settled(self) -> int:
        """How many ended since the last start."""
        return sum(self.ended.values())


class ReplayStore(Protocol):
    """The store, as forecast and replay see it. Every call may raise StoreUnavailable."""

    def letters(self, selection: Selection) -> Sequence[Letter]:
        """Return the letters that are meant."""
        ...

    def letters_of(self, ids: Collection[str]) -> Mapping[str, Letter]:
        """Return letters by id; who is gone is absent."""
        ...

    def around(self) -> Around:
        """Return what is the same for all letters."""
        ...

    def people(self, keys: Sequence[PersonKey], around: Around) -> Mapping[PersonKey, PersonNow]:
        """Return people in all of their organisation's connections, in a few statements."""
        ...

    def plan(self, run: NewReplay, letters: Sequence[Numbered]) -> None:
        """Store a run with its letters, in their order, and who wants it and why."""
        ...

    def run(self, id_: str) -> Run:
        """Return a run; NotFound: there is none."""
        ...

    def start(self, id_: str, actor: str, reason: Personal[str]) -> None:
        """Let a run go on from here, and note who said so and why."""
        ...

    def end(self, id_: str, state: ReplayState, why: str | None = None) -> None:
        """Store how a run ended, for now or for good; `why` is a sentence without values."""
        ...

    def next(
        self, id_: str, limit: int, resting: Collection[str | None] = ()
    ) -> Sequence[Numbered]:
        """Return the first letters of a run that are still to be sent, in order.

        Those of connections that rest are left out; None: of no connection.
        """
        ...

    def send(self, id_: str, letters: Mapping[int, Sending | Unsent]) -> int:
        """Claim letters, by number, and leave their records in the outbox, in order.

        One transaction: a letter that somebody else claimed meanwhile is not sent (R-91). Returns
        how many were sent.

        Raises:
            Limited: the outbox is too full for requests; nothing was done.
        """
        ...

    def progress(self, id_: str, since: int | None = None) -> Progress:
        """Return how a run is getting on; what ended counts since then, or since its last start."""
        ...
