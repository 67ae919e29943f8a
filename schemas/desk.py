"""The operator's desk: letters, their states, and what a replay would do (R-89 to R-92)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.reasons import Code


class LetterState(StrEnum):
    """Where a letter stands; exactly one."""

    OPEN = "open"
    RETRYING = "retrying"
    RESOLVED = "resolved"
    IGNORED = "ignored"
    PARKED = "parked"


class ReplayState(StrEnum):
    """Where a replay stands."""

    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class Forecast(StrEnum):
    """What a replay of a letter would come to, from the current state alone (R-91)."""

    WILL_APPLY = "will apply"
    SATISFIED = "already satisfied"
    SUPERSEDED = "superseded"
    BLOCKED = "blocked"
    WILL_FAIL = "will fail again"
    WILL_BE_TRIED = "will be tried"


@dataclass(frozen=True, slots=True)
class Foretold:
    """A forecast, and why: `code` where a rule of ours says so, else `why` in words.

    `fields` are those that the forecast is about.
    """

    forecast: Forecast
    code: Code | None = None
    fields: tuple[str, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant: every part that is given must hold (R-91).

    Attributes:
        ids: letters, by id or its beginning.
        persons: Huma's user ids.
        connections: ids.
        organizations: Huma's ids.
        stages: decode, validate, gate, map or call.
        classes: a `LetterClass` each.
        codes: reason codes.
        fields: names; a letter with one of them is meant.
        since: failed last at this time or later; aware.
        until: failed last before this time; aware.
        states: empty: all.
        replayed_at_least: so many replays or more.
        replayed_at_most: so many replays or fewer; None: any number.
    """

    ids: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    states: tuple[LetterState, ...] = ()
    replayed_at_least: int = 0
    replayed_at_most: int | None = None
