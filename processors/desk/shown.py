"""`dead-letters show`: one letter as one document; values only where they are asked for (R-103)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from processors.desk.documents import letter_document, reason_document
from processors.desk.happened import ended, happened
from processors.desk.next_steps import next_steps
from processors.desk.personal_texts import personal_texts
from processors.desk.redaction import redacted
from processors.fields import field_of
from processors.people.explained import explained
from processors.people.judged import judge
from processors.people.times import iso
from processors.ports.letter_seen import LetterSeen
from processors.ports.people import PersonSeen
from processors.ports.replay import LetterRecord, Missing
from schemas.desk import Foretold, LetterState
from schemas.employee import Mapped, Target, TargetValue
from schemas.events import Event
from schemas.personal import Personal

SAYS: Final = {
    LetterState.OPEN: "Waits: nothing has ended it, and no replay of it is under way.",
    LetterState.RETRYING: "A replay of it is under way.",
    LetterState.RESOLVED: "Resolved: there is nothing to do.",
    LetterState.IGNORED: "Somebody decided that nothing is to be done.",
    LetterState.PARKED: "Set aside: by somebody, or after as many failed replays as are allowed.",
}
REMOVED: Final = "Its connection was removed: nothing can be sent."
DELETED: Final = "The person was deleted: every value is gone."
RESENT: Final = (
    "A replay sends a request for the current values of its fields instead of the event: its bytes "
    "are gone."
)
NO_EVENT: Final = "The record is no event: only whoever published it can mend it."


@dataclass(frozen=True, slots=True)
class Found:
    """What was found beside the store's row.

    Attributes:
        record: the letter's own record, or why there is none; None: Kafka could not be asked.
        event: what it says, where it is an event.
        person: as they are now; None: nobody known, or the connection is gone.
        foretold: what a replay would come to, and whether it would be sent; None as `record`.
        request: the record is a request of ours, and no event.
    """

    record: LetterRecord | Missing | None
    event: Event | None
    person: PersonSeen | None
    foretold: tuple[Foretold, bool] | None
    request: bool = False


def shown(seen: LetterSeen, found: Found, tries: int, *, values: bool) -> dict[str, Any]:
    """Return what is known of a letter.

    Args:
        seen: the snapshot.
        found: the rest.
        tries: of a refusal that nobody knows, at the most (R-85).
        values: whether values are in it, each a `Personal`.
    """
    one = seen.letter
    document = letter_document(one, seen.connections)
    return {
        **document,
        "says": [SAYS[one.state], *_notes(found, document)],
        "reason": reason_document(one.code),
        "record": _record(found),
        "changes": [_field(seen, found, name, tries, values=values) for name in one.fields],
        "happened": happened(seen),
        "newer": [
            {
                "at": iso(told.at), "type": told.type, "revision": told.revision,
                "result": told.result.value, "reason": told.reason, "outcome": told.id,
                "fields": list(told.fields), "says": ended(told),
            }
            for told in seen.newer
        ],
        "forecast": _forecast(found),
        "alike": seen.alike,
        "next": next_steps(seen, document),
    }  # fmt: skip


def values_in(document: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields whose values a document shows."""
    return [one["field"] for one in document["changes"] if _has_value(one)]


def _has_value(part: Any) -> bool:
    if isinstance(part, Mapping):
        return any(_has_value(one) for one in part.values())
    if isinstance(part, Sequence) and not isinstance(part, str):
        return any(map(_has_value, part))
    return isinstance(part, Personal)


def _notes(found: Found, document: Mapping[str, Any]) -> list[str]:
    notes = [REMOVED] if document["connection_removed"] else []
    if found.person is not None and found.person.deleted_at is not None:
        notes.append(DELETED)
    if isinstance(found.record, LetterRecord) and found.event is None and not found.request:
        notes.append(NO_EVENT)
    if isinstance(found.record, Missing) and found.foretold is not None and found.foretold[1]:
        notes.append(RESENT)
    return notes


def _record(found: Found) -> dict[str, Any]:
    held = isinstance(found.record, LetterRecord)
    why = found.record.value if isinstance(found.record, Missing) else None
    return {
        "held": None if found.record is None else held,
        "why": why,
        "event": found.event is not None,
    }


def _field(
    seen: LetterSeen, found: Found, name: str, tries: int, *, values: bool
) -> dict[str, Any]:
    entry, said = seen.entries.get(name), seen.words.get(name)
    known, person = field_of(name), found.person
    document: dict[str, Any] = {
        "field": name,
        "open": None if entry is None else entry.open,
        "closed_as": None if entry is None else entry.closed_as,
        "failed_later": entry is not None and entry.letter != seen.letter.id,
        "code": None if entry is None else entry.code,
        "revision": None if entry is None else entry.version,
        "attempts": None if entry is None else entry.attempts,
        "outcome": None if entry is None else entry.outcome,
        "xledger_said": None if said is None else redacted(said.reveal(), _texts(found)),
        **_carried(found, name, values=values),
        "now": None,
    }
    if known is not None and person is not None and person.deleted_at is None and person.links:
        told = explained(person, known, tries, values=values)
        (document["now"],) = told["connections"][0]["fields"]
    return document


def _carried(found: Found, name: str, *, values: bool) -> dict[str, Any]:
    """Return whether the event says what the field is, and whether that has changed since."""
    event, person = found.event, found.person
    if event is None or name not in event.fields:
        return {"in_event": False, "changed_since": None}
    changed = None
    if person is not None and name in person.projection:
        changed = person.projection[name] != event.fields[name]
    value = {"event_value": Personal(event.fields[name])} if values else {}
    return {"in_event": True, "changed_since": changed, **value}


def _texts(found: Found) -> dict[str, list[str]]:
    """Return every value of the person that is known from anywhere, as texts by field."""
    event, person = found.event, found.person
    fields = [] if event is None else [event.fields]
    positions = [] if event is None else [*event.positions.values()]
    sent: list[Mapping[Target, TargetValue]] = []
    if person is not None:
        fields.append(person.projection)
        positions += person.positions.values()
        for link in person.links:
            sent.append(link.subject.confirmed)
            results = judge(link, person.now).found.results.values()
            sent += [result.targets for result in results if isinstance(result, Mapped)]
    return personal_texts(fields, positions, sent)


def _forecast(found: Found) -> dict[str, Any] | None:
    if found.foretold is None:
        return None
    foretold, sent = found.foretold
    return {
        "forecast": foretold.forecast.value,
        "code": None if foretold.code is None else foretold.code.value,
        "why": foretold.why,
        "sent": sent,
    }
