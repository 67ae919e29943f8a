"""Letters and counts of them as documents: ids, codes, names and times, never a value (R-103)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from processors.people.times import iso
from processors.ports.desk import Count, Group, Letter, Named
from schemas.advice import REASONS, Reason
from schemas.reasons import Code

TIMES: Final = frozenset({Group.HOUR, Group.DAY})
UNKNOWN: Final = "An older or newer version of this program wrote this code."


def letter_document(letter: Letter, connections: Mapping[str, Named]) -> dict[str, Any]:
    """Return a letter as it is listed."""
    named = None if letter.connection is None else connections.get(letter.connection)
    return {
        "id": letter.id,
        "state": letter.state.value,
        "closed_as": letter.closed_as,
        "closed_at": iso(letter.closed_at),
        "code": letter.code,
        "stage": letter.stage,
        "class": letter.letter_class,
        "fields": list(letter.fields),
        "attempts": letter.attempts,
        "replays": letter.replay_count,
        "replay": letter.run,
        "first_failed_at": iso(letter.first_failed_at),
        "last_failed_at": iso(letter.last_failed_at),
        "organization": letter.organization,
        "person": letter.person,
        "connection": letter.connection,
        "connection_name": None if named is None else named.name,
        "connection_removed": letter.connection is not None and named is None,
        "event": {
            "source": letter.source,
            "id": letter.event,
            "type": letter.type,
            "topic": letter.source_topic,
            "partition": letter.source_partition,
            "offset": letter.source_offset,
            "timestamp": iso(letter.source_timestamp),
        },
        "letter": {
            "partition": letter.partition,
            "offset": letter.offset,
            "written_at": iso(letter.written_at),
            "program": letter.program,
        },
    }


def count_document(count: Count, by: Sequence[Group]) -> dict[str, Any]:
    """Return what letters have in common, and how many they are."""
    values = {
        group.value: iso(int(value)) if group in TIMES and value is not None else value
        for group, value in zip(by, count.values, strict=True)
    }
    return {
        **values,
        "letters": count.letters,
        "first_failed_at": iso(count.first_failed_at),
        "last_failed_at": iso(count.last_failed_at),
    }


def zone_of(letters: Sequence[Letter], connections: Mapping[str, Named]) -> str:
    """Return the zone for the times of letters: their connections', where it is only one.

    >>> zone_of([], {})
    'UTC'
    """
    known = (connections.get(one.connection or "") for one in letters)
    zones = {one.zone for one in known if one is not None}
    return zones.pop() if len(zones) == 1 else "UTC"


def reason_of(code: str) -> Reason | None:
    """Return what a code means; None: this version does not know it."""
    try:
        return REASONS.get(Code(code))
    except ValueError:
        return None


def reason_document(code: str) -> dict[str, Any]:
    """Return what a code means, what to do, and whether a replay can help."""
    reason = reason_of(code)
    return {
        "code": code,
        "rule": None if reason is None else reason.rule,
        "says": UNKNOWN if reason is None else reason.says,
        "advice": None if reason is None else reason.advice,
        "replay_helps": None if reason is None else reason.replay.value,
    }
