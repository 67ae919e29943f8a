"""What happened to a letter, in order: written, ended, sent again, decided about (R-89, R-90)."""

from collections.abc import Iterator
from typing import Any, Final

from processors.people.times import iso
from processors.ports.letter_seen import LetterSeen, SentAgain
from schemas.outcome import FieldEnd, Result
from schemas.outcome_read import Told

DONE: Final = {
    "letter.parked": "parked",
    "letter.ignored": "ignored",
    "values.shown": "values shown",
    "employee.written": "written to Xledger",
}


def happened(seen: LetterSeen) -> list[dict[str, Any]]:
    """Return what happened, the first first; `what` is for programs, `says` for people."""
    rows = sorted(_rows(seen), key=lambda row: row[0])
    return [{"at": iso(at), "what": what, "says": says} for at, what, says in rows]


def ended(told: Told) -> str:
    """Return how an event ended, with its fields, in one line."""
    reason = f" ({told.reason})" if told.reason else ""
    ends: dict[str, list[str]] = {}
    for name, end in told.fields.items():
        how = f"{end.result.value} ({end.code})" if end.code else end.result.value
        ends.setdefault(how, []).append(name)
    whole = f"{told.result.value}{reason}"
    if not ends or _is_all(told):
        names = ", ".join(told.fields)
        return f"{whole}: {names}" if names else whole
    return f"{whole}: " + "; ".join(f"{', '.join(names)} {how}" for how, names in ends.items())


def _is_all(told: Told) -> bool:
    """Say whether every field ended as the event did, so that once is enough."""
    same = {Result.DEAD_LETTERED: FieldEnd.FAILED}.get(told.result)
    how = told.result.value if same is None else same.value
    return all(end.result == how and end.code == told.reason for end in told.fields.values())


def _rows(seen: LetterSeen) -> Iterator[tuple[int, str, str]]:
    one = seen.letter
    if one.source_timestamp is not None:
        place = f"{one.source_topic}, partition {one.source_partition}, offset {one.source_offset}"
        yield one.source_timestamp, "written", f"the event was written to {place}"
    for told in seen.told:
        which = f"replay {told.round} ended" if told.round else "ended"
        if told.connection != one.connection:
            which += f" in connection {told.connection}"
        yield told.at, "ended", f"{which}: {ended(told)}"
    for sent in seen.replays:
        yield sent.sent_at, "replayed" if sent.round else "planned", _sent(sent)
    for entry in seen.audit:
        done = DONE.get(entry.action, entry.action)
        by = f" by {entry.actor}" if entry.actor else ""
        fields = f": {', '.join(entry.fields)}" if entry.action == "employee.written" else ""
        yield entry.at, entry.action, f"{done}{by}{fields}"
    if one.closed_at is not None and one.closed_as is not None:
        yield one.closed_at, "closed", f"closed: {one.closed_as}"


def _sent(sent: SentAgain) -> str:
    by = f"by {sent.actor}, run {sent.run}"
    if sent.round is not None:
        return f"replay {sent.round} sent {by}"
    code = f" ({sent.code})" if sent.code else ""
    why = f" and not sent: {sent.result}{code}" if sent.result else ", and not sent yet"
    return f"a replay was planned {by}{why}"
