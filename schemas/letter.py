"""A dead letter's headers: where it came from and why it failed (`design.md`, Dead letters; R-90).

Key, value and original headers stay as they were. Ours are text, hold ids and names only, and are
replaced when the record, a replay, already carries them; `source-*`, `event-*` and `first-failure`
stay as it carries them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from schemas.about import About
from schemas.attributes import printable, read_time
from schemas.cloudevents import Headers
from schemas.reasons import Code, LetterClass
from schemas.topics import REQUESTS

PREFIX: Final = "huma-xledger-"
NAMES: Final = (
    "source-topic", "source-partition", "source-offset", "source-timestamp", "event-source",
    "event-id", "connection", "stage", "class", "code", "fields", "versions", "turns", "attempts",
    "first-failure", "last-failure", "replay-run", "replay-count", "program",
)  # fmt: skip

_NUMBER: Final = re.compile(r"[0-9]{1,18}")

LetterHeaders: TypeAlias = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was read. `timestamp` is Kafka's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a letter is written.

    Attributes:
        connection: where it failed; None when it belongs to none.
        stage: decode, validate, gate, map or call.
        letter_class: what kind of trouble.
        code: what trouble.
        fields: the fields that failed, by name.
        versions: the version of each of them, where known.
        turns: the turn of each of them, where known.
        attempts: how often it was tried.
        first: when it failed first; aware.
        last: when it failed last; aware.
        program: name and version of the program.
    """

    connection: str | None
    stage: str
    letter_class: LetterClass
    code: Code
    fields: tuple[str, ...]
    versions: Mapping[str, int]
    turns: Mapping[str, int]
    attempts: int
    first: datetime
    last: datetime
    program: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What a letter, or the replay of one, carries; what is absent or unreadable is None or empty.

    `replay_count` is the round: how many replays there were (`design.md`, Outbox).
    """

    source_topic: str | None = None
    source_partition: int | None = None
    source_offset: int | None = None
    source_timestamp: int | None = None
    event_source: str | None = None
    event_id: str | None = None
    connection: str | None = None
    stage: str | None = None
    letter_class: str | None = None
    code: str | None = None
    fields: tuple[str, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    turns: Mapping[str, int] = field(default_factory=dict)
    attempts: int | None = None
    first_failure: datetime | None = None
    last_failure: datetime | None = None
    replay_run: str | None = None
    replay_count: int = 0
    program: str | None = None


def build(headers: Headers, place: Place, known: About, failure: Failure) -> LetterHeaders:
    """Return the headers of a letter.

    Args:
        headers: the failed record's.
        place: where it was read. Only on the requests topic are headers of ours in it believed.
        known: what is known of the event.
        failure: why it failed.
    """
    carried = parse(headers) if place.topic == REQUESTS.name else Carried()
    origin = place
    if (
        carried.source_topic is not None
        and carried.source_partition is not None
        and carried.source_offset is not None
    ):
        origin = Place(
            carried.source_topic,
            carried.source_partition,
            carried.source_offset,
            carried.source_timestamp,
        )
    known = known.at(origin.topic, origin.partition, origin.offset)
    named = carried.event_source is not None and carried.event_id is not None
    texts: dict[str, str | None] = {
        "source-topic": origin.topic,
        "source-partition": str(origin.partition),
        "source-offset": str(origin.offset),
        "source-timestamp": None if origin.timestamp is None else str(origin.timestamp),
        "event-source": carried.event_source if named else known.source,
        "event-id": carried.event_id if named else known.id,
        "connection": failure.connection,
        "stage": failure.stage,
        "class": failure.letter_class.value,
        "code": failure.code.value,
        "fields": ",".join(failure.fields),
        "versions": _pairs(failure.versions),
        "turns": _pairs(failure.turns),
        "attempts": str(failure.attempts),
        "first-failure": (carried.first_failure or failure.first).isoformat(),
        "last-failure": failure.last.isoformat(),
        "replay-run": carried.replay_run,
        "replay-count": str(carried.replay_count),
        "program": failure.program,
    }
    original = [(name, raw) for name, raw in headers if not name.startswith(PREFIX)]
    ours = [(PREFIX + name, text.encode()) for name, text in texts.items() if text is not None]
    return [*original, *ours]


def parse(headers: Headers) -> Carried:
    """Read the headers of a letter, or of a replay; never raises. Of repeats the last counts."""
    texts = dict(_texts(headers))
    get = texts.get
    return Carried(
        source_topic=_id(get("source-topic")),
        source_partition=_number(get("source-partition")),
        source_offset=_number(get("source-offset")),
        source_timestamp=_number(get("source-timestamp")),
        event_source=_id(get("event-source")),
        event_id=_id(get("event-id")),
        connection=_id(get("connection")),
        stage=_id(get("stage")),
        letter_class=_id(get("class")),
        code=_id(get("code")),
        fields=tuple(name for name in get("fields", "").split(",") if printable(name)),
        versions=_numbers(get("versions")),
        turns=_numbers(get("turns")),
        attempts=_number(get("attempts")),
        first_failure=read_time(get("first-failure")),
        last_failure=read_time(get("last-failure")),
        replay_run=_id(get("replay-run")),
        replay_count=_number(get("replay-count")) or 0,
        program=_id(get("program")),
    )


def _texts(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, raw in headers:
        if raw is not None and name.startswith(PREFIX):
            try:
                yield name.removeprefix(PREFIX), raw.decode()
            except UnicodeDecodeError:
                continue


def _pairs(numbers: Mapping[str, int]) -> str:
    return ",".join(f"{name}={number}" for name, number in numbers.items())


def _id(text: str | None) -> str | None:
    return text if printable(text) else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _numbers(text: str | None) -> dict[str, int]:
    pairs = (pair.partition("=") for pair in (text or "").split(","))
    read = ((name, _number(number)) for name, _, number in pairs if printable(name))
    return {name: number for name, number in read if number is not None}
