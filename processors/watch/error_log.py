"""The error log: one entry for each connection, person and field that failed (R-72, R-89).

An entry is made of all outcomes that are kept of a person in a connection, in whatever order they
came: the greatest turn that failed, and the first one after it that ended otherwise.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from processors.ports.watch import FOREVER, PERSON, Entry
from processors.watch.identity import letters_of
from schemas.events import EventType
from schemas.outcome import FieldEnd
from schemas.outcome_read import Told, ToldField
from schemas.reasons import Code

SAYS_NOTHING: Final = frozenset(
    {Code.STALE.value, Code.BEFORE_ACTIVATION.value, Code.NO_POSITION_DATA.value}
)
"""Skips of a value that is not the newest, or was never to be sent: what failed stays as it is."""


def fails(told: Told) -> bool:
    """Say whether an outcome makes an entry, or closes a person's."""
    failed = any(end.result is FieldEnd.FAILED for end in told.fields.values())
    return failed or told.type == EventType.USER_DELETED


def entries(history: Iterable[Told], stored: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of one person in one connection, by field.

    Args:
        history: what is kept of them, in any order.
        stored: the entries so far: what they know may be older than all that is kept.
    """
    failed: dict[str, list[Entry]] = defaultdict(list)
    closed: dict[str, dict[int, Entry]] = defaultdict(dict)
    for told in sorted(history, key=lambda one: (one.at, one.id)):
        if told.type == EventType.USER_DELETED:
            closed[PERSON].setdefault(FOREVER, _closing(told, FOREVER, Code.DELETED.value))
        for name, end in told.fields.items():
            turn = end.turn or told.at
            if end.result is FieldEnd.FAILED:
                failed[name].append(_failed(told, end, turn))
            elif (how := _closed_as(end)) is not None:
                closed[name].setdefault(turn, _closing(told, turn, how))
    for name, entry in stored.items():
        if entry.failed_turn >= 0:
            failed[name].insert(0, entry)
        if entry.closed_turn >= 0:
            closed[name].setdefault(entry.closed_turn, entry)
    gone = closed.pop(PERSON, {})  # nothing of whoever is deleted waits to be mended
    found = {name: _entry(failed[name], closed[name] | gone) for name in failed}
    return found | ({PERSON: gone[FOREVER]} if gone else {})


def _entry(failed: Iterable[Entry], closed: Mapping[int, Entry]) -> Entry:
    newest = max(failed, key=lambda one: (one.failed_turn, one.outcome or ""))
    later = [turn for turn in closed if turn > newest.failed_turn]
    first = closed[min(later)] if later else Entry()
    return replace(
        newest,
        closed_turn=max(closed, default=-1),
        closed_as=first.closed_as,
        closed_at=first.closed_at,
    )


def _failed(told: Told, end: ToldField, turn: int) -> Entry:
    return Entry(
        failed_turn=turn,
        letter=letters_of(told)[0],
        code=end.code,
        outcome=told.id,
        version=end.version,
        first_failed_at=told.at,
        last_failed_at=told.at,
    )


def _closing(told: Told, turn: int, how: str) -> Entry:
    return Entry(closed_turn=turn, closed_as=how, closed_at=told.at)


def _closed_as(end: ToldField) -> str | None:
    """Return how a field ended that did not fail; None: it says nothing of earlier failures.

    Of a superseded one the newer value will tell.
    """
    if end.result in {FieldEnd.APPLIED, FieldEnd.UNCHANGED}:
        return end.result.value
    if end.result is FieldEnd.SKIPPED and end.code not in SAYS_NOTHING:
        return end.code or end.result.value
    return None
