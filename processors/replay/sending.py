"""What goes to the requests topic for a letter: the original record, or a resend (R-90, R-91).

The record's key, value and headers are the letter's own; of our headers only the run and the round
are new, so that a replay that fails again keeps the letter's identity (`schemas.letter`).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from processors.intake.queueing import outcome_of
from processors.intake.reading import Item, items_of
from processors.ports.desk import Letter
from processors.ports.replay import LetterRecord, Missing, Sending, Unsent
from schemas.cloudevents import Headers
from schemas.desk import LetterState
from schemas.events import EventType, Request
from schemas.letter import PREFIX, parse
from schemas.outcome import outcome_id
from schemas.person import Json, PersonKey
from schemas.reading import Reading
from schemas.reasons import Code
from schemas.requests import HEADERS, request
from schemas.topics import REQUESTS

KNOWN_TIME: Final = 1
"""The kind of a record's timestamp that its writer gave."""
GONE: Final = "its bytes are gone from the topic, and whose it is is not known"
NO_CONNECTION: Final = (
    "its bytes are gone from the topic, and it failed before any connection: only whoever "
    "published the event can send it again"
)
UNDER_WAY: Final = "a replay of it is under way"
RESOLVED: Final = "resolved already"
FOR_GOOD: Final = frozenset({Code.CONNECTION_REMOVED.value, Code.DELETED.value})
"""What closes a letter, and would stop whatever is sent, too."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter's record, and the item that intake will make of it."""

    sending: Sending
    item: Item


@dataclass(frozen=True, slots=True)
class Rules:
    """How letters are sent again: `reading` of the requests topic, `replays` of one at the most."""

    reading: Reading
    replays: int


@dataclass(frozen=True, slots=True)
class _Written:
    """A record as intake will read it: the port `processors.ports.source.Record`."""

    at: int
    raw_key: bytes | None = field(repr=False)
    raw_value: bytes | None = field(repr=False)
    raw_headers: Headers = field(repr=False)

    def topic(self) -> str:
        return REQUESTS.name

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 0

    def key(self) -> bytes | None:
        return self.raw_key

    def value(self) -> bytes | None:
        return self.raw_value

    def headers(self) -> Headers:
        return self.raw_headers

    def timestamp(self) -> tuple[int, int]:
        return KNOWN_TIME, self.at


def prepare(
    letter: Letter,
    held: LetterRecord | Missing,
    rules: Rules,
    connected: Collection[str],
    run: str,
    at: datetime,
) -> Prepared | Unsent:
    """Return what is to be sent for a letter, or why nothing can be.

    Args:
        letter: as it is stored now.
        held: its bytes, or why there are none.
        rules: see there.
        connected: organisations with a connection.
        run: the replay's id.
        at: now; aware.
    """
    if letter.state is LetterState.RETRYING:
        return Unsent(UNDER_WAY)
    if letter.state is LetterState.RESOLVED:
        return Unsent(letter.closed_as if letter.closed_as in FOR_GOOD else RESOLVED)
    if letter.replay_count >= rules.replays:
        return Unsent(f"replayed {letter.replay_count} times")
    if isinstance(held, LetterRecord) and _is(held, letter):
        written = _replayed(letter, held, run, at)
        item = _read(written, rules.reading, connected)
        parsed = None if item is None else item.parsed
        if not (isinstance(parsed, Request) and parsed.letter is not None):
            return _prepared(letter, written, item)
    return _resend(letter, rules, connected, run, at)


def stands(held: LetterRecord | Missing, letter: Letter) -> bool:
    """Say whether a letter's own bytes are still there."""
    return isinstance(held, LetterRecord) and _is(held, letter)


def _is(held: LetterRecord, letter: Letter) -> bool:
    """Say whether a record is this letter: the topic may have been made anew."""
    carried = parse(held.headers)
    mine = (letter.source, letter.event, letter.connection)
    return (carried.event_source, carried.event_id, carried.connection) == mine


def _replayed(letter: Letter, held: LetterRecord, run: str, at: datetime) -> _Written:
    new = {"replay-run": run, "replay-count": str(letter.replay_count + 1)}
    kept = [(name, raw) for name, raw in held.headers if name.removeprefix(PREFIX) not in new]
    return _Written(_milliseconds(at), held.key, held.value, [*kept, *_ours(new)])


def _resend(
    letter: Letter, rules: Rules, connected: Collection[str], run: str, at: datetime
) -> Prepared | Unsent:
    if letter.connection is None:
        return Unsent(NO_CONNECTION)
    if letter.organization is None or letter.person is None:
        return Unsent(GONE)
    round_ = letter.replay_count + 1
    names: list[Json] = list(letter.fields)
    data: dict[str, Json] = {
        "connection": letter.connection, "fields": names, "letter": letter.id,
    }  # fmt: skip
    key = PersonKey(letter.organization, letter.person)
    id_ = f"letter/{letter.id}/{round_}"
    asked = request(EventType.RESEND_REQUESTED, id_, at, key, data)
    first = datetime.fromtimestamp(letter.first_failed_at / 1000, at.tzinfo)
    stamp = letter.source_timestamp
    texts = {
        "source-topic": letter.source_topic,
        "source-partition": str(letter.source_partition),
        "source-offset": str(letter.source_offset),
        **({} if stamp is None else {"source-timestamp": str(stamp)}),
        "event-source": letter.source,
        "event-id": letter.event,
        "connection": letter.connection,
        "fields": ",".join(letter.fields),
        "first-failure": first.isoformat(),
        "replay-run": run,
        "replay-count": str(round_),
    }
    written = _Written(_milliseconds(at), asked.key, asked.value, [*HEADERS, *_ours(texts)])
    return _prepared(letter, written, _read(written, rules.reading, connected))


def _prepared(letter: Letter, written: _Written, item: Item | None) -> Prepared | Unsent:
    if item is None:  # intake would pass it by, and leave no trace
        return Unsent(Code.CONNECTION_REMOVED.value)
    round_ = letter.replay_count + 1
    if letter.connection is not None:
        outcome = outcome_of(item, letter.connection)
    else:
        outcome = outcome_id(None, letter.source, letter.event, round_)
    known = item.about
    person = None
    if known.organization is not None and known.user is not None:
        person = PersonKey(known.organization, known.user)
    sending = Sending(
        letter.id, round_, written.raw_key, written.raw_value, written.raw_headers, outcome,
        person, known.organization, letter.connection, letter.fields,
    )  # fmt: skip
    return Prepared(sending, item)


def _read(written: _Written, reading: Reading, connected: Collection[str]) -> Item | None:
    items, _ = items_of([written], connected, {REQUESTS.name: reading})
    return items[0] if items else None


def _ours(texts: dict[str, str]) -> list[tuple[str, bytes | None]]:
    return [(PREFIX + name, text.encode()) for name, text in texts.items()]


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
