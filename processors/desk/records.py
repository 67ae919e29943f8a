"""A letter's own record: its bytes on the dead-letter topic, while it is still there (R-90)."""

import base64
from collections.abc import Collection
from typing import Any

from processors.ports.desk import Letter
from processors.ports.replay import LetterRecord, Missing
from schemas.about import BadEvent
from schemas.events import Event, Request
from schemas.letter import parse
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.reading import Reading, read
from schemas.reasons import Code


def of_letter(letter: Letter, held: LetterRecord | Missing) -> LetterRecord | Missing:
    """Return what stands at a letter's place if it is the letter: the topic may be another one."""
    if isinstance(held, Missing):
        return held
    carried = parse(held.headers)
    mine = (letter.source, letter.event, letter.connection)
    same = (carried.event_source, carried.event_id, carried.connection) == mine
    return held if same else Missing.ANOTHER


def event_in(held: LetterRecord, reading: Reading) -> Event | None:
    """Return the event that a record is; None: it is none of Huma's."""
    try:
        parsed = read(held.key, held.value, held.headers, None, reading)
    except BadEvent:
        return None
    return parsed if isinstance(parsed, Event) else None


def is_request(held: LetterRecord, reading: Reading) -> bool:
    """Say whether a record is a request of ours: the event that it is about is not in it."""
    try:
        return isinstance(read(held.key, held.value, held.headers, None, reading), Request)
    except BadEvent:
        return False


def is_withheld(letter: Letter, deleted: Collection[PersonKey]) -> bool:
    """Say whether nobody sees the values any more: the person was deleted (R-78).

    Watch may not have read it yet, and what ended otherwise before says nothing of it.
    """
    if letter.closed_as == Code.DELETED:
        return True
    whose = person_of(letter)
    return whose is not None and whose in deleted


def person_of(letter: Letter) -> PersonKey | None:
    """Return whose a letter is; None: that is not known."""
    if letter.organization is None or letter.person is None:
        return None
    return PersonKey(letter.organization, letter.person)


def record_document(held: LetterRecord) -> dict[str, Any]:
    """Return a record in base64; each part is a `Personal`."""
    return {
        "key": _text(held.key),
        "value": _text(held.value),
        "headers": [[name, _text(raw)] for name, raw in held.headers],
    }


def _text(raw: bytes | None) -> Personal[str] | None:
    return None if raw is None else Personal(base64.b64encode(raw).decode())
