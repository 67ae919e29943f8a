"""What leaves when an event ends: its outcome, and its letter when it failed (`design.md`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from connectors.store.keyring import NOBODY
from connectors.store.outbox import NewRow
from connectors.store.records import Whole
from processors.ports.intake import Ending
from schemas.about import About
from schemas.failures import OF_FIELDS
from schemas.key import key_of
from schemas.letter import Failure, Place, build
from schemas.outcome import FieldEnd, FieldOutcome, Outcome, Result
from schemas.person import PersonKey
from schemas.reasons import Code
from schemas.topics import DEAD_LETTERS, OUTCOMES

PROGRAM: Final = f"huma-xledger {version('huma-xledger')}"


@dataclass(frozen=True, slots=True)
class Waited:
    """An event that waited, as its row says; `record` only where a letter needs it.

    Times are the store's, in milliseconds; `failed_at` is when a field of it failed first.
    """

    about: About
    connection: str
    person: str
    organization: str
    round: int
    topic: str
    partition: int
    offset: int
    recorded_at: int | None
    warnings: tuple[Code, ...]
    attempts: int
    failed_at: int
    record: Whole | None = field(default=None, repr=False)


def rows_of(
    waited: Waited,
    fields: Mapping[str, FieldOutcome],
    result: Result,
    reason: Code | None,
    now: int,
) -> list[NewRow]:
    """Return the rows of the outbox: the letter first, so that none is missed once it is told."""
    outcome = Outcome(
        waited.about, waited.connection, waited.round, result, reason, waited.warnings, fields,
        time_of(now),
    )  # fmt: skip
    told = NewRow(OUTCOMES.name, key_of(waited.organization, waited.person), outcome.to_json())
    if waited.record is None:
        return [told]
    key, value, headers = waited.record
    failed = {name: end for name, end in fields.items() if end.result is FieldEnd.FAILED}
    code = next(end.code for end in failed.values() if end.code is not None)
    stage, letter_class = OF_FIELDS[code]
    failure = Failure(
        waited.connection,
        stage,
        letter_class,
        code,
        tuple(failed),
        {name: end.version for name, end in failed.items() if end.version is not None},
        {name: end.turn for name, end in failed.items() if end.turn is not None},
        waited.attempts,
        time_of(waited.failed_at),
        time_of(now),
        PROGRAM,
    )
    place = Place(waited.topic, waited.partition, waited.offset, waited.recorded_at)
    whole = build(headers, place, waited.about, failure)
    whose = PersonKey(waited.organization, waited.person)
    letter = NewRow(
        DEAD_LETTERS.name, key, value, whole, organization=waited.organization, whose=whose
    )
    return [letter, told]


def rows_of_ending(event: Ending, now: int) -> list[NewRow]:
    """Return the outcome of an event that ends at once, and before it the letter."""
    about = event.about
    outcome = Outcome(
        about,
        event.connection,
        event.round,
        event.result,
        event.reason,
        event.warnings,
        event.fields,
        time_of(now),
    )
    known = about.organization is not None and about.user is not None
    key = key_of(about.organization or "", about.user or "") if known else event.key
    rows = [NewRow(OUTCOMES.name, key, outcome.to_json(), partition=event.partition)]
    letter = event.letter
    if letter is not None:
        assert event.reason is not None
        raw = letter.raw
        failure = Failure(
            event.connection, letter.stage, letter.letter_class, event.reason, letter.fields,
            {}, {}, 0, time_of(now), time_of(now), PROGRAM,
        )  # fmt: skip
        place = Place(raw.place.topic, raw.place.partition, raw.offset, raw.timestamp)
        headers = build(raw.headers, place, about, failure)
        rows.insert(
            0,
            NewRow(
                DEAD_LETTERS.name, raw.key, raw.value, headers,
                organization=NOBODY,  # whose it is may be wrong in an event that cannot be read
                whose=PersonKey(about.organization or "", about.user or "") if known else None,
            ),
        )  # fmt: skip
    return rows


def time_of(milliseconds: int) -> datetime:
    """Return the store's time as a time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
