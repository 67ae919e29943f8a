"""A letter's state, from all that is known of it (R-72, R-78, R-89, R-91)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from processors.ports.desk import Letter
from processors.ports.watch import PERSON, Entry, Filed
from processors.watch.error_log import SAYS_NOTHING
from processors.watch.identity import ended_well, is_about
from schemas.desk import LetterState
from schemas.outcome import FieldEnd, Result
from schemas.outcome_read import Told
from schemas.reasons import Code

BY_HAND: Final = frozenset({LetterState.IGNORED, LetterState.PARKED})


@dataclass(frozen=True, slots=True)
class Known:
    """What a letter's state is made of, beside its row.

    Attributes:
        rounds: outcomes of round 1 and later that may be about it.
        first: the event's outcome of round 0, once it was read.
        failing: the outcome that goes with the newest letter, once it was read.
        entries: the person's in the letter's connection, by field.
        deleted_at: the person's deletion in any connection, for a letter without one.
        connected: its connection is still there.
        anew: it has just failed again.
    """

    rounds: Sequence[Told] = ()
    first: Told | None = None
    failing: Told | None = None
    entries: Mapping[str, Entry] | None = None
    deleted_at: int | None = None
    connected: bool = True
    anew: bool = False


def judged(filed: Filed, known: Known, replays: int) -> Filed:
    """Return a letter with its state.

    Args:
        filed: as it is stored, merged with what came.
        known: see there.
        replays: so many failed replays park it (R-91).
    """
    filed, ended_at = _ended(filed, known.rounds)
    letter = filed.letter
    if filed.ended_round > letter.replay_count:  # sent before the store was what it is
        letter = replace(letter, replay_count=filed.ended_round, run=None)
    letter = _described(letter, known, [told for told in known.rounds if is_about(told, filed)])
    filed = replace(filed, letter=letter)
    closed = _closed(filed, known, ended_at)
    if closed is not None:
        state, as_, at = LetterState.RESOLVED, *closed
    else:
        state, as_, at = _open(filed, known, replays), None, None
    return replace(filed, letter=replace(letter, state=state, closed_as=as_, closed_at=at))


def _described(letter: Letter, known: Known, rounds: Sequence[Told]) -> Letter:
    """Return a letter with what outcomes say of its event: whose it is, and its type."""
    first = [] if known.first is None else [known.first]
    told = [*first, *sorted(rounds, key=lambda one: one.round)]
    newest = known.failing or known.first
    if newest is not None:
        letter = replace(
            letter,
            organization=newest.organization or letter.organization,
            person=newest.user or letter.person,
        )
    types = [one.type for one in told if one.resent is None and one.type is not None]
    return replace(letter, type=types[0]) if types else letter


def _ended(filed: Filed, rounds: Sequence[Told]) -> tuple[Filed, int | None]:
    """Return a letter with the greatest round that ended well, and when that was."""
    well = [
        (told.round, _how(told), told.at)
        for told in rounds
        if is_about(told, filed) and ended_well(told, filed) and not _says_nothing(told, filed)
    ]
    newest = max((round_ for round_, _, _ in well), default=-1)
    if newest < filed.ended_round or not well:
        return filed, filed.letter.closed_at
    as_, at = min((as_, at) for round_, as_, at in well if round_ == newest)
    return replace(filed, ended_round=newest, ended_as=as_), at


def _says_nothing(told: Told, filed: Filed) -> bool:
    """Say whether a round left the letter's fields as they are: failed, and open."""
    skipped = told.result is Result.SKIPPED and told.reason in SAYS_NOTHING
    return skipped and bool(filed.letter.fields)


def _how(told: Told) -> str:
    skipped = told.result is Result.SKIPPED
    return told.reason if skipped and told.reason is not None else told.result.value


def _closed(
    filed: Filed, known: Known, ended_at: int | None
) -> tuple[str | None, int | None] | None:
    """Return how and when a letter was resolved; None: it was not."""
    if filed.ended_round > filed.failed_round:
        return filed.ended_as, ended_at
    if not known.connected:
        return Code.CONNECTION_REMOVED.value, None
    entries = known.entries or {}
    whole = entries.get(PERSON)
    if whole is not None or known.deleted_at is not None:
        at = known.deleted_at if whole is None else whole.closed_at
        return Code.DELETED.value, at
    mine = [entry for entry in entries.values() if entry.letter == filed.letter.id]
    if any(entry.open for entry in mine):
        return None
    if mine:
        last = max(mine, key=lambda entry: (entry.closed_at or 0, entry.closed_as or ""))
        return last.closed_as, last.closed_at
    if known.failing is None:  # not read yet, or kept no longer
        was = filed.letter.closed_as == Result.SUPERSEDED and not known.anew
    else:
        was = _names_a_field(known.failing)
    return (Result.SUPERSEDED.value, None) if was else None


def _names_a_field(failing: Told) -> bool:
    return any(end.result is FieldEnd.FAILED for end in failing.fields.values())


def _open(filed: Filed, known: Known, replays: int) -> LetterState:
    letter = filed.letter
    if letter.state in BY_HAND and not known.anew:
        return letter.state
    mine = [one for one in known.rounds if is_about(one, filed) and _says_nothing(one, filed)]
    tried = max([filed.failed_round, *(one.round for one in mine)])
    if letter.replay_count > max(tried, filed.ended_round):
        return LetterState.RETRYING
    return LetterState.PARKED if tried >= replays else LetterState.OPEN
