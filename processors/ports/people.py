"""One person as the store has them at one moment, for whoever asks what is going on.

Nothing in here prints a value (R-103). Times are milliseconds of the store's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from processors.ports.desk import Letter
from processors.ports.lane import Dirty, Facts, Subject
from schemas.connection import Connection, LaneState
from schemas.desk import LetterState
from schemas.employee import Target
from schemas.person import Json, PersonKey, Projection


@dataclass(frozen=True, slots=True)
class OpenField:
    """A field that Xledger may not have yet; it is not taken before `due`."""

    dirty: Dirty
    due: int
    first_failed_at: int | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """When Xledger acknowledged a target, for which turn, and of which position it is (R-57).

    `why` is a `schemas.choice.Choice` as it was stored.
    """

    at: int
    turn: int
    why: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that has no outcome yet; `fields` are those of it that are open."""

    outcome: str
    type: str | None
    revision: int | None
    round: int
    received_at: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedField:
    """A field that failed and was not ended since (R-89); `outcome` is the correlation id."""

    field: str
    code: str | None
    state: LetterState
    letter: str | None
    outcome: str | None
    attempts: int
    first_failed_at: int | None
    last_failed_at: int | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit; why a human did it stays sealed."""

    at: int
    connection: str | None
    action: str
    object: str | None
    fields: tuple[str, ...]
    rule: str | None
    actor: str | None
    event: str | None


@dataclass(frozen=True, slots=True)
class LaneSeen:
    """How a lane stands; `until`: not before; `owned`: a delivery process has it now."""

    state: LaneState
    reason: str | None
    since: int
    until: int
    owned: bool


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """A person in one connection.

    Attributes:
        connection: it.
        preview: one is open (R-07).
        lane: of the connection.
        subject: the person as the lane would take them, with every open field, due or not; the
            keys of an intent stay sealed.
        open: the open fields, in order of their turn.
        confirmed: what Xledger acknowledged, beside the subject's values.
        linked_at: when the link was made.
        next_flip_on: the stored day of R-60, yyyy-mm-dd.
        flight_at: since when the person is in flight.
        ahead: people of the connection who are taken before; at most `AHEAD`.
        events: those that wait, the oldest first.
        failures: those that nothing has ended, the oldest first.
    """

    connection: Connection
    preview: bool
    lane: LaneSeen
    subject: Subject
    open: tuple[OpenField, ...]
    confirmed: Mapping[Target, Confirmation]
    linked_at: int | None
    next_flip_on: str | None
    flight_at: int | None
    ahead: int
    events: tuple[WaitingEvent, ...]
    failures: tuple[FailedField, ...]


AHEAD = 1000
"""So many people ahead are counted; more are "more than"."""


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A person, whole.

    Attributes:
        now: when this was.
        key: who.
        facts: what the gate asks.
        revision: the highest that was seen, -1: none.
        complete: created by an event, or read from Huma once (R-97).
        deleted_at: R-78.
        huma_state: `ok`, or why Huma cannot be asked.
        huma_probe_at: when Huma is asked again.
        projection: the fields as Huma has them, with their versions.
        positions: by id.
        position_versions: by id; of one that was deleted, too.
        links: one for each connection that was asked for.
        letters: of records that failed whole, before any field of them was looked at.
        audit: the newest rows, the newest first.
        writes: the rows of the last write of each target that was asked for, by connection.
    """

    now: int
    key: PersonKey
    facts: Facts
    revision: int
    complete: bool
    deleted_at: int | None
    huma_state: str
    huma_probe_at: int
    projection: Projection
    versions: Mapping[str, int]
    positions: Mapping[str, Projection]
    position_versions: Mapping[str, int]
    links: tuple[LinkSeen, ...]
    letters: tuple[Letter, ...]
    audit: tuple[AuditEntry, ...]
    writes: Mapping[tuple[str, Target], tuple[AuditEntry, ...]]


class PeopleSeen(Protocol):
    """The store, as whoever asks about one person sees it."""

    def look(
        self, person: PersonKey, connection: str | None, history: int, targets: Sequence[Target]
    ) -> PersonSeen:
        """Return a person from one snapshot.

        Args:
            person: who.
            connection: only this one; None: all of the organisation's.
            history: rows of the audit at the most.
            targets: whose last writes are asked for.

        Raises:
            NotFound: the organisation has no such connection.
        """
        ...
