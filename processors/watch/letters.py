"""What a record of the dead-letter topic says, and what becomes of a letter's row (R-90)."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from processors.ports.desk import Letter
from processors.ports.watch import Filed
from schemas.cloudevents import Headers
from schemas.desk import LetterState
from schemas.key import person_of_key
from schemas.letter import parse
from schemas.outcome import outcome_id
from schemas.outcome_read import ROUNDS, Unreadable

ATTEMPTS: Final = 2**31 - 1
GREATEST_PARTITION: Final = 2**31 - 1


def filed(
    key: bytes | None, headers: Headers, partition: int, offset: int, written_at: int
) -> Filed:
    """Return the row of a letter.

    Args:
        key: the record's: whose it is, until the outcome says so.
        headers: the record's.
        partition: where it stands on the dead-letter topic.
        offset: see `partition`.
        written_at: the record's timestamp, in milliseconds.

    Raises:
        Unreadable: the headers are not those of a letter.
    """
    carried = parse(headers)
    source, event = carried.event_source, carried.event_id
    stage, kind, code = carried.stage, carried.letter_class, carried.code
    topic, number, at = carried.source_topic, carried.source_partition, carried.source_offset
    if source is None or event is None or stage is None or kind is None or code is None:
        raise Unreadable
    if topic is None or number is None or at is None or number > GREATEST_PARTITION:
        raise Unreadable
    if carried.replay_count > ROUNDS:
        raise Unreadable
    person = person_of_key(key)
    last = _milliseconds(carried.last_failure, written_at)
    letter = Letter(
        id=outcome_id(carried.connection, source, event, 0),
        source=source,
        event=event,
        connection=carried.connection,
        organization=None if person is None else person.organization,
        person=None if person is None else person.user,
        type=None,
        stage=stage,
        letter_class=kind,
        code=code,
        fields=carried.fields,
        attempts=min(carried.attempts or 0, ATTEMPTS),
        first_failed_at=_milliseconds(carried.first_failure, last),
        last_failed_at=last,
        source_topic=topic,
        source_partition=number,
        source_offset=at,
        source_timestamp=carried.source_timestamp,
        partition=partition,
        offset=offset,
        written_at=written_at,
        program=carried.program,
        replay_count=carried.replay_count,
        run=carried.replay_run,
        state=LetterState.OPEN,
        closed_as=None,
        closed_at=None,
    )
    return Filed(letter, carried.replay_count)


def merged(one: Filed, other: Filed) -> Filed:
    """Return what two rows of one letter come to, whichever was there before.

    The newer record says where the bytes are and why it failed; what was decided by hand, and what
    is known of the event, stays.
    """
    old, new = sorted((one, other), key=_age)
    first = min(old.letter.first_failed_at, new.letter.first_failed_at)
    sent = max((old, new), key=lambda row: (row.letter.replay_count, row.letter.run or ""))
    ended = max((old, new), key=lambda row: row.ended_round)
    letter = replace(
        new.letter,
        first_failed_at=first,
        replay_count=sent.letter.replay_count,
        run=sent.letter.run,
        organization=one.letter.organization,
        person=one.letter.person,
        type=one.letter.type,
        state=one.letter.state,
        closed_as=one.letter.closed_as,
        closed_at=one.letter.closed_at,
    )
    return Filed(letter, new.failed_round, ended.ended_round, ended.ended_as)


def _age(row: Filed) -> tuple[int, int, int, int, int]:
    letter = row.letter
    return (
        row.failed_round, letter.last_failed_at, letter.written_at, letter.partition, letter.offset,
    )  # fmt: skip


def _milliseconds(time: datetime | None, otherwise: int) -> int:
    return otherwise if time is None else round(time.timestamp() * 1000)
