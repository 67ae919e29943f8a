"""What the operator's desk asks of the store: letters as rows, without their bytes (R-90).

Times are milliseconds of the store's clock, `source_timestamp` and `written_at` of Kafka's.
"""

from dataclasses import dataclass

from schemas.desk import LetterState


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter's row.

    Attributes:
        id: outcome id of round 0: the same for each replay of the event in this connection.
        source: with `event` and `connection` the letter's identity.
        event: see `source`.
        connection: None: it failed before any connection was known.
        organization: Huma's id, where known.
        person: Huma's user id, where known.
        type: of the event, where known.
        stage: decode, validate, gate, map or call.
        letter_class: a `LetterClass`.
        code: a `Code`; one of an older version stays as it was.
        fields: names of those that failed.
        attempts: tries at the last failure.
        first_failed_at: when it failed first.
        last_failed_at: when it failed last.
        source_topic: where the original record was read first.
        source_partition: see `source_topic`.
        source_offset: see `source_topic`.
        source_timestamp: of the original record.
        partition: of the newest letter itself, on the dead-letter topic.
        offset: see `partition`.
        written_at: when the newest letter was written.
        program: name and version of the program that wrote it.
        replay_count: how many replays were sent.
        run: the replay that sent it last.
        state: see `LetterState`.
        closed_as: why it is resolved: applied, unchanged, superseded, or a code.
        closed_at: when.
    """

    id: str
    source: str
    event: str
    connection: str | None
    organization: str | None
    person: str | None
    type: str | None
    stage: str
    letter_class: str
    code: str
    fields: tuple[str, ...]
    attempts: int
    first_failed_at: int
    last_failed_at: int
    source_topic: str
    source_partition: int
    source_offset: int
    source_timestamp: int | None
    partition: int
    offset: int
    written_at: int
    program: str | None
    replay_count: int
    run: str | None
    state: LetterState
    closed_as: str | None
    closed_at: int | None
