"""What the operator's desk asks of the store: letters as rows, without their bytes (R-89, R-90).

Times are milliseconds of the store's clock, `source_timestamp` and `written_at` of Kafka's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from schemas.desk import LetterState, Selection


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter's row.

    Attributes:
        id: outcome id of round 0: the same for each replay of the event in this connection.
        source: with `event` and `connection` the letter's identity.
        event: see `source`.
        connection: None: it failed before any connection was known.
        organization: Huma's id, where known.
        person: Huma's user id, where known.
        type: of the event, where known.
        stage: decode, validate, gate, map or call.
        letter_class: a `LetterClass`.
        code: a `Code`; one of an older version stays as it was.
        fields: names of those that failed.
        attempts: tries at the last failure.
        first_failed_at: when it failed first.
        last_failed_at: when it failed last.
        source_topic: where the original record was read first.
        source_partition: see `source_topic`.
        source_offset: see `source_topic`.
        source_timestamp: of the original record.
        partition: of the newest letter itself, on the dead-letter topic.
        offset: see `partition`.
        written_at: when the newest letter was written.
        program: name and version of the program that wrote it.
        replay_count: how many replays were sent.
        run: the replay that sent it last.
        state: see `LetterState`.
        closed_as: why it is resolved: applied, unchanged, superseded, or a code.
        closed_at: when.
    """

    id: str
    source: str
    event: str
    connection: str | None
    organization: str | None
    person: str | None
    type: str | None
    stage: str
    letter_class: str
    code: str
    fields: tuple[str, ...]
    attempts: int
    first_failed_at: int
    last_failed_at: int
    source_topic: str
    source_partition: int
    source_offset: int
    source_timestamp: int | None
    partition: int
    offset: int
    written_at: int
    program: str | None
    replay_count: int
    run: str | None
    state: LetterState
    closed_as: str | None
    closed_at: int | None


FROM: Final[Mapping[LetterState, tuple[LetterState, ...]]] = {
    LetterState.PARKED: (LetterState.OPEN,),
    LetterState.IGNORED: (LetterState.OPEN, LetterState.PARKED),
}
"""What somebody can decide, and of letters in which states: as a rule no replay is under way."""


def decidable(selection: Selection, to: LetterState) -> tuple[LetterState, ...]:
    """Return the states of the letters that are meant.

    Whose replay was lost is ignored if it is asked for by this state alone: intake may have been
    set past its request. An end that comes all the same counts all the same.
    """
    if to is LetterState.IGNORED and set(selection.states) == {LetterState.RETRYING}:
        return (LetterState.RETRYING,)
    return tuple(one for one in selection.states or FROM[to] if one in FROM[to])


class Group(StrEnum):
    """What letters are counted by; a time is that of the last failure, in UTC."""

    PERSON = "person"
    CONNECTION = "connection"
    ORGANIZATION = "organization"
    TYPE = "type"
    STAGE = "stage"
    CLASS = "class"
    CODE = "code"
    FIELD = "field"
    STATE = "state"
    CLOSED_AS = "closed-as"
    REPLAYS = "replays"
    RUN = "run"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Count:
    """Letters that have these values in common.

    Attributes:
        values: one for each group that was asked for; a time is where the hour or day begins.
        letters: how many; by field, a letter counts for each of its fields.
        first_failed_at: the oldest of their first failures.
        last_failed_at: the newest of their last failures.
    """

    values: tuple[str | int | None, ...]
    letters: int
    first_failed_at: int
    last_failed_at: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: at the letter `id`, that failed last at this time."""

    failed_at: int
    id: str


@dataclass(frozen=True, slots=True)
class Named:
    """A connection, as people know it; times of it are told in its zone."""

    name: str
    zone: str


class Desk(Protocol):
    """The store, as whoever looks at letters sees it. Every call may raise StoreUnavailable."""

    def count(self, selection: Selection) -> int:
        """Return how many letters are meant."""
        ...

    def page(
        self, selection: Selection, limit: int, after: Place | None
    ) -> tuple[int, Sequence[Letter]]:
        """Return how many letters are meant, and some of them, those that failed last first.

        Args:
            selection: which.
            limit: so many at the most.
            after: only those behind this one.
        """
        ...

    def counts(self, selection: Selection, by: Sequence[Group]) -> Sequence[Count]:
        """Return how many letters have the same values, the most first; no group comes twice."""
        ...

    def connections(self) -> Mapping[str, Named]:
        """Return every connection, by id."""
        ...

    def heard(self) -> int | None:
        """Return when the oldest heartbeat of any partition came through watch; None: none did."""
        ...
