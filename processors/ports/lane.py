"""What delivery asks of the store: lanes with leases, work, answers, creations.

The store is synchronous; delivery calls it in worker threads. Times in and out are milliseconds of
the store's clock, durations seconds, unless said otherwise. Every call may raise StoreUnavailable;
every call that takes a `Lease` raises `LeaseLost` when its epoch is no longer the lane's, and then
has changed nothing (`design.md`, A lease); `unread` and `as_claimed`, which only look, do not.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from processors.ports.huma import HumaPerson
from processors.ports.intake import Ended
from schemas.choice import Choice
from schemas.connection import Connection, LaneState, LinkState
from schemas.employee import Root, Target, TargetValue
from schemas.errors import Fault
from schemas.person import Projection
from schemas.personal import Personal
from schemas.reasons import Code


class LeaseLost(Fault):
    """The lane has another owner, or none: nothing was changed."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who owns a lane: checked first in each of its transactions."""

    connection: str
    organization: str
    epoch: int


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """What the lane is doing (R-94); `wait` is the seconds until it tries again."""

    state: LaneState = LaneState.RUNNING
    reason: str | None = None
    wait: float = 0.0


BY_HAND = "by hand"
"""The reason of a pause that only a human ends."""


@dataclass(frozen=True, slots=True)
class Idle:
    """One lane that could be worked on: it has open work and nobody else's lease."""

    connection: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lane just taken over.

    Attributes:
        lease: whose it is now.
        connection: the connection it delivers for.
        token: Xledger's token.
        status: as the last owner left it.
        quiet: seconds since the newest request of any owner; the limiter's memory.
        batch_size: people in one request as last halved; 0: the setting's.
        memory: numbers that the lane keeps, by name.
    """

    lease: Lease
    connection: Connection
    token: Personal[str] = field(repr=False)
    status: LaneStatus
    quiet: float
    batch_size: int
    memory: Mapping[str, int]


class Origin(StrEnum):
    """Who made a field dirty: Huma's events go before requests of ours."""

    EVENT = "event"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Dirty:
    """One field that Xledger may not have yet.

    `version` is that of the value when it became dirty; `unsure`: it may have been written.
    """

    field: str
    turn: int
    version: int
    origin: Origin
    attempts: int
    unsure: bool


class Step(StrEnum):
    """How far a creation is (R-82). Contact and supplier go out in one request."""

    RECORDS = "records"
    EMPLOYEE = "employee"


@dataclass(frozen=True, slots=True)
class Intent:
    """What was about to be added, and what existed for its keys before (R-82)."""

    step: Step
    supplier_code: str = field(repr=False)
    employee_code: str | None = field(repr=False)
    email: str | None = field(repr=False)
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate asks of a person, read again when the work is taken."""

    type: str | None
    active: bool | None
    active_version: int
    groups: tuple[str, ...] | None
    groups_version: int
    deleted: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """One person with open work, and the inputs it needs.

    Attributes:
        user: Huma's user id.
        state: of the link; contact, subledger and employee are its dbIds.
        incomplete: a required field was missing when last tried (R-111).
        dirty: every open field that is due.
        touched: every field that an event ever dirtied; asked for when `incomplete`.
        projection: the person's current fields, as far as needed.
        positions: all of the person's, by id; read where position data may be sent.
        versions: their versions, by field; of a position field the greatest of all positions'.
            Only what an event told has one here: what was only read from Huma (R-97) has not
            changed since before any event that is known, and so is not younger than a lock.
        confirmed: what Xledger acknowledged.
        intent: an open one.
        warned: warnings that are given once, and were (R-43).
        triggered: position data goes out (R-52).
        unsure: fields that are not open, and whose last write was never answered.
    """

    user: str
    facts: Facts
    state: LinkState
    contact: str | None
    subledger: str | None
    employee: str | None
    incomplete: bool
    dirty: tuple[Dirty, ...]
    touched: frozenset[str]
    projection: Projection
    versions: Mapping[str, int]
    confirmed: Mapping[Target, TargetValue] = field(repr=False)
    intent: Intent | None
    warned: frozenset[Code] = frozenset()
    triggered: bool = False
    positions: Mapping[str, Projection] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """One snapshot, its people marked in flight. `next_due`: seconds until more is due, or None."""

    people: tuple[Subject, ...]
    status: LaneStatus
    next_due: float | None


class Result(StrEnum):
    """What became of a field (`design.md`, Outcomes)."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FieldEnd:
    """A field's end, for the turn that was sent and every earlier one.

    `text` is Xledger's own, of a field that it refused.
    """

    field: str
    turn: int
    result: Result
    code: Code | None = None
    warnings: tuple[Code, ...] = ()
    attempts: int = 0
    text: Personal[str] | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A field to be tried again after `wait` seconds; `unsure`: it may have been written."""

    field: str
    turn: int
    wait: float
    attempted: bool = False
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What a person's link becomes; None leaves a part as it is, and so does False.

    `compare`: not all of the person is known to be in Xledger, and no open field tells of it: every
    field is to be sent again, by a request of ours.
    """

    state: LinkState | None = None
    contact: str | None = None
    subledger: str | None = None
    employee: str | None = None
    incomplete: bool | None = None
    intent_done: bool = False
    triggered: bool = False
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Flip:
    """When the date alone changes the choice again (R-60), as seen on the day `seen`."""

    seen: date
    next: date | None


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What one request did for one person; the person is no longer in flight, unless `keep`.

    `records` are the dbIds of those that were written, `confirmed` the targets that Xledger
    acknowledged, `why` says of which position they are. `flip` is None where no position data was
    mapped.
    """

    user: str
    ends: tuple[FieldEnd, ...] = ()
    again: tuple[Again, ...] = ()
    confirmed: Mapping[Target, TargetValue] = field(default_factory=dict, repr=False)
    turn: int = 0
    link: LinkChange | None = None
    keep: bool = False
    records: Mapping[Root, str] = field(default_factory=dict)
    why: Mapping[Target, Choice] = field(default_factory=dict)
    flip: Flip | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A person about to be created, with the intent to store first (R-82)."""

    user: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Unread:
    """A person to be read from Huma before the first write (R-97), and the version to use."""

    user: str
    revision: int


@dataclass(frozen=True, slots=True)
class Holders:
    """Who of our links holds a record of this company, by dbId: the user's id."""

    employees: Mapping[str, str]
    subledgers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewEmail:
    """An email about to be written: its normal form, for whom, and that person's own employee."""

    user: str
    key: str = field(repr=False)
    employee: str | None


class LaneStore(Protocol):
    """The store, as the lanes of one process see it."""

    def candidates(self, owner: str, limit: int) -> Sequence[Idle]:
        """Return the lanes with open work that run or may probe, and are free or `owner`'s."""
        ...

    def claim(self, connection: str, owner: str, lease: float, settle: float) -> Claimed | None:
        """Take a free lane: its epoch rises, and who was in flight becomes ambiguous.

        Returns None when somebody else has it, or the connection is gone.
        """
        ...

    def as_claimed(self, claimed: Claimed) -> bool:
        """Say whether connection and token are still what they were when the lane was taken."""
        ...

    def renew(self, owner: str, lease: float) -> Mapping[str, int]:
        """Renew every lease of `owner` in one statement; returns the epoch by connection."""
        ...

    def release(self, leases: Sequence[Lease]) -> None:
        """Give lanes back at once; ignores those already lost."""
        ...

    def take(
        self, lease: Lease, people: int, linger: float, idle: float | None, *, suspects: bool
    ) -> Work:
        """Take the first people by origin and turn, mark them in flight, read what they need.

        `idle` is the age in seconds of the lane's newest request. `suspects` asks for the people
        whose refusal is tried again, else for the others; people without a complete projection
        are left. Where too many people change the lane is held, and nobody is taken (R-93).

        Raises:
            Limited: the outbox, or this hour's letters, are at their limit (promise 8, R-95).
        """
        ...

    def ground(self, lease: Lease, flying: Collection[str]) -> None:
        """Let go of everybody in flight but those named: `take` took them, and could not say so."""
        ...

    def admit(self, lease: Lease, people: Mapping[str, int]) -> LaneStatus:
        """Count people of whom something sensitive is about to be written, by an event (R-93).

        `people` has the newest turn of it. Returns the lane's state: where it is held now, they
        were too many, nobody was counted, and nothing may be sent.
        """
        ...

    def finish(
        self,
        lease: Lease,
        results: Sequence[PersonResult],
        batch_size: int | None = None,
        idle: float | None = None,
    ) -> Sequence[Ended]:
        """Record what became of people: ends, confirmations, links, retries, letters.

        `idle` is the age in seconds of the lane's newest request, as in `take`.
        Returns the events that became final, for the metrics.
        """
        ...

    def set_status(self, lease: Lease, status: LaneStatus) -> None:
        """Store a change of the lane's state, and give notice of it."""
        ...

    def remember(self, lease: Lease, memory: Mapping[str, int]) -> None:
        """Keep what the lane learned."""
        ...

    def begin(self, lease: Lease, claims: Sequence[Claim], company: str) -> frozenset[str]:
        """Store intents (again: with a new time); returns the people another connection holds.

        Nobody returned has an intent of this lane (R-09).
        """
        ...

    def holders(self, lease: Lease, company: str, records: Sequence[str]) -> Holders:
        """Say which of these dbIds our links of this company hold."""
        ...

    def elsewhere(self, lease: Lease, emails: Mapping[str, str]) -> Mapping[str, str]:
        """Say whose email another employee has, by the last listing: user to dbId (R-12, R-36)."""
        ...

    def of_others(
        self, lease: Lease, company: str, emails: Sequence[NewEmail]
    ) -> Mapping[str, str]:
        """Say which other employee has an email, by our links and the last listing (R-12).

        Returns dbIds by the user who gets the email.
        """
        ...

    def unread(self, lease: Lease, limit: int) -> Sequence[Unread]:
        """Return people with work whom Huma must be asked about; none while Huma is away."""
        ...

    def merge_read(self, lease: Lease, person: Unread, read: HumaPerson, email: str | None) -> bool:
        """Merge what was read at that revision; False when an event arrived meanwhile (R-97).

        `email` is the normal form of the one that was read.
        """
        ...

    def read_later(self, lease: Lease, users: Sequence[str], wait: float) -> None:
        """Ask Huma again about these people only after so many seconds, or their next event."""
        ...

    def unknown_in_huma(self, lease: Lease, user: str) -> Sequence[Ended]:
        """End everything pending of a person that Huma does not know (404)."""
        ...

    def huma_state(self, lease: Lease, state: str, wait: float) -> bool:
        """Store how Huma is, `ok` or a reason, and the next probe; True when that is news."""
        ...
