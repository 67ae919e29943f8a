"""What the watch role asks of the store: the timeline, the error log, letters (R-89, R-90, R-109).

Times are milliseconds since 1970 of the store's clock, unless they are Kafka's.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from processors.ports.desk import Letter
from processors.ports.source import Place
from schemas.cloudevents import Headers
from schemas.outcome_read import Told
from schemas.person import PersonKey

PERSON: Final = ""
"""In place of a field's name: the person as a whole."""
FOREVER: Final = 2**62
"""Greater than any turn."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as it was read. `timestamp` is in milliseconds since 1970.

    `headers` are None where they cannot be read.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers | None = field(repr=False)


class Watched(NamedTuple):
    """One person in one connection."""

    connection: str
    organization: str
    user: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the error log says of one field; open while `failed_turn > closed_turn` (R-89).

    Attributes:
        failed_turn: the greatest that failed; -1: none.
        closed_turn: the greatest that ended otherwise; -1: none.
        closed_as: how the first turn after the failed one ended; None while open.
        closed_at: when.
        letter: of the failed turn.
        code: of the failed turn.
        outcome: of the failed turn: the correlation id.
        version: of the value that failed.
        attempts: as the letter says; 0 before it is known.
        first_failed_at: as the letter says.
        last_failed_at: when the failed turn ended.
    """

    failed_turn: int = -1
    closed_turn: int = -1
    closed_as: str | None = None
    closed_at: int | None = None
    letter: str | None = None
    code: str | None = None
    outcome: str | None = None
    version: int | None = None
    attempts: int = 0
    first_failed_at: int | None = None
    last_failed_at: int | None = None

    @property
    def open(self) -> bool:
        """Whether it waits to be mended."""
        return self.failed_turn > self.closed_turn


@dataclass(frozen=True, slots=True)
class Filed:
    """A letter's row, with what its state is made of.

    Attributes:
        letter: as the desk sees it.
        failed_round: the greatest round of which there is a letter.
        ended_round: the greatest that ended well; -1: none.
        ended_as: how: a result, or the code of a skip.
    """

    letter: Letter
    failed_round: int
    ended_round: int = -1
    ended_as: str | None = None


class EndedReplay(NamedTuple):
    """How one round of a letter ended, for the run that sent it."""

    letter: str
    round: int
    result: str
    code: str | None


Entries = Mapping[Watched, Mapping[str, Entry]]


class WatchTransaction(Protocol):
    """One transaction, the only one of its kind at a time. Calls raise what the store raises."""

    def tell(self, outcomes: Sequence[Told]) -> frozenset[str]:
        """Keep outcomes, each id once; returns the ids that are new. Of repeats the first stays."""
        ...

    def beat(self, beats: Mapping[int, int]) -> None:
        """Raise the newest heartbeat of partitions (R-109)."""
        ...

    def end_replays(self, ended: Sequence[EndedReplay]) -> None:
        """Say how rounds ended, where a run waits for it and does not know."""
        ...

    def history(self, people: Collection[Watched]) -> Mapping[Watched, Sequence[Told]]:
        """Return all that is kept of people."""
        ...

    def told(self, outcomes: Collection[str]) -> Mapping[str, Told]:
        """Return outcomes by id."""
        ...

    def rounds(self, keys: Collection[str]) -> Sequence[Told]:
        """Return the outcomes of round 1 and later kept under these keys, see `Told.key`."""
        ...

    def entries(self, people: Collection[Watched]) -> Entries:
        """Return the error log of people; who has none is absent."""
        ...

    def save_entries(self, entries: Entries) -> None:
        """Store entries, those of connections that are gone excepted (R-09)."""
        ...

    def deleted(self, people: Collection[PersonKey]) -> Mapping[PersonKey, int]:
        """Return who is known to be deleted, in whatever connection, and when."""
        ...

    def letters(self, ids: Collection[str]) -> Mapping[str, Filed]:
        """Return letters by id, held until the end of this transaction."""
        ...

    def letters_of(self, people: Collection[PersonKey]) -> frozenset[str]:
        """Return the ids of the letters of people."""
        ...

    def save_letters(self, letters: Sequence[Filed]) -> None:
        """Store letters, each id once."""
        ...

    def connected(self, connections: Collection[str]) -> frozenset[str]:
        """Return those that are there, none of which goes before this transaction is over."""
        ...


class WatchStore(Protocol):
    """Where what is watched is kept."""

    def transaction(self) -> AbstractContextManager[WatchTransaction]:
        """Begin a transaction: committed at the end, rolled back by any exception."""
        ...

    def oldest_heartbeat(self) -> int | None:
        """Return the oldest of the partitions' newest heartbeats; None: there was none (R-109)."""
        ...


class Reached(NamedTuple):
    """How far a group is in a partition: what it has committed, None before that; what is held."""

    committed: int | None
    first: int
    end: int

    @property
    def unread(self) -> int:
        """How many records are still to be read."""
        return max(0, self.end - max(self.committed or 0, self.first))


class GroupOffsets(Protocol):
    """How far a consumer group is; may raise BrokerUnavailable, or StopProcess."""

    def reached(self) -> Mapping[Place, Reached]:
        """Return it for each partition, as the brokers have it now."""
        ...


class Agents(Protocol):
    """What the agents say of themselves; asked from another thread."""

    def waiting(self) -> str | None:
        """Return what they wait for before they go on; None: they work."""
        ...

    def assigned(self) -> frozenset[Place] | None:
        """Return the partitions that are theirs; None: they have not joined the group yet."""
        ...

    def read_until(self, place: Place) -> int | None:
        """Return the timestamp of the newest record of a partition that was kept, in ms."""
        ...
