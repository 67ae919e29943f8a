"""Fields end, then events: outcomes, letters, and what stays (`design.md`, Outcomes)."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, insert, select

from connectors.store.ending import EndedField, end_events, end_fields, supersede
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.outbox import StoredOutbox
from connectors.store.records import pack
from connectors.store.tables import dirty, link, pending, pending_field
from connectors.store.waiting import RECORD, meta_of
from processors.ports.intake import Ended
from schemas.about import About
from schemas.letter import parse
from schemas.outcome import FieldEnd, Result, outcome_id
from schemas.reasons import Code
from schemas.topics import DEAD_LETTERS, EVENTS, OUTCOMES, REQUESTS

ORGANIZATION = "9b2e0c1a-0000-4000-8000-000000000001"
USER = "9b2e0c1a-0000-4000-8000-0000000000aa"
CONNECTION = "c1"
NOW = 1_700_000_100_000
RECORDED = NOW - 2_500
VALUE = b'{"changes": {"email": "kari@x.no"}}'
HEADERS = [("ce_id", b"1"), ("odd", None)]


@pytest.fixture
def outbox(store: Store, keyring: Keyring) -> StoredOutbox:
    """Reads what was left for the relay."""
    return StoredOutbox(store, keyring)


def waits(
    connection: Connection,
    keyring: Keyring,
    event: str,
    turns: Mapping[str, int],
    *,
    version: int,
    round_: int = 0,
    topic: str = EVENTS.name,
    recorded: int | None = RECORDED,
    user: str = USER,
) -> str:
    """Store an event that waits; returns its outcome id."""
    about = About("/huma/users", event, "com.humahr.user.updated.v1", revision=version)
    outcome = outcome_id(CONNECTION, "/huma/users", event, round_)
    sealed = keyring.cipher_of(connection, ORGANIZATION).seal(
        user, RECORD, pack(b"the key", VALUE, HEADERS)
    )
    connection.execute(
        insert(pending).values(
            outcome=outcome, connection=CONNECTION, person=user, organization=ORGANIZATION,
            event=b"digest", meta=meta_of(about, "actor", []), round=round_, record=sealed,
            topic=topic, partition=3, offset=77, recorded_at=recorded, received_at=RECORDED,
        )
    )  # fmt: skip
    for name, turn in turns.items():
        connection.execute(
            insert(pending_field).values(
                connection=CONNECTION, person=user, field=name, outcome=outcome,
                version=version, turn=turn,
            )
        )  # fmt: skip
    return outcome


def ends(
    name: str, turn: int, result: FieldEnd = FieldEnd.APPLIED, code: Code | None = None, **more: Any
) -> EndedField:
    """Return the end of one field of the person."""
    return EndedField(CONNECTION, USER, name, turn, result, code, **more)


def told(outbox: StoredOutbox, topic: str = OUTCOMES.name) -> list[dict[str, Any]]:
    """Return the outcomes that were left."""
    return [orjson.loads(row.value or b"") for row in outbox.rows(0, 1000) if row.topic == topic]


def results(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return each event's result, by its id."""
    return {outcome["event"]["id"]: outcome["result"] for outcome in outcomes}


def open_rows(store: Store) -> int:
    """Count what waits, in both tables."""
    with store.read() as connection:
        return len(connection.execute(select(pending.c.outcome)).all()) + len(
            connection.execute(select(pending_field.c.outcome)).all()
        )


@pytest.mark.rule("R-80")
def test_an_event_ends_with_its_last_field(
    store: Store, keyring: Keyring, outbox: StoredOutbox
) -> None:
    """Applied fields make an applied event, timed from its record; nothing of it stays."""
    with store.begin() as connection:
        waits(connection, keyring, "1", {"email": 10, "phone": 11}, version=5)
        assert end_fields(connection, keyring, [ends("email", 10)], NOW) == []
        done = end_fields(connection, keyring, [ends("phone", 11)], NOW)
    assert done == [Ended(Result.APPLIED, None, 2.5)]
    (outcome,) = told(outbox)
    assert outcome["fields"] == {
        "email": {"result": "applied", "version": 5, "turn": 10},
        "phone": {"result": "applied", "version": 5, "turn": 11},
    }
    assert (outcome["organization"], outcome["user"]) == (ORGANIZATION, USER)
    assert open_rows(store) == 0


@pytest.mark.rule("R-80")
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"round_": 1}, None),
        ({"topic": REQUESTS.name}, None),
        ({"recorded": None}, None),
        ({"recorded": NOW + 1000}, -1.0),
    ],
)
def test_only_first_deliveries_are_timed(
    store: Store, keyring: Keyring, given: dict[str, Any], seconds: float | None
) -> None:
    """Replays, requests and records without a time are not timed; a skewed clock shows itself."""
    with store.begin() as connection:
        waits(connection, keyring, "1", {"email": 10}, version=5, **given)
        (done,) = end_fields(connection, keyring, [ends("email", 10)], NOW)
    assert done.seconds == seconds


def test_a_later_turn_stays_open(store: Store, keyring: Keyring, outbox: StoredOutbox) -> None:
    """The answer to one turn says nothing of a change that became dirty after it."""
    with store.begin() as connection:
        waits(connection, keyring, "1", {"email": 10}, version=5)
        waits(connection, keyring, "2", {"email": 11}, version=6)
        end_fields(connection, keyring, [ends("email", 10)], NOW)
    assert results(told(outbox)) == {"1": "applied"}
    assert open_rows(store) == 2


@pytest.mark.rule("R-90")
def test_the_newest_gets_the_letter(store: Store, keyring: Keyring, outbox: StoredOutbox) -> None:
    """Of several events that dirtied a failing field one fails, the others are superseded."""
    failed = ends("email", 12, FieldEnd.FAILED, Code.REFUSED, attempts=2)
    with store.begin() as connection:
        connection.execute(
            insert(dirty).values(
                connection=CONNECTION, person=USER, field="email", organization=ORGANIZATION,
                open=True, turn=12, version=6, origin=0, first_failed_at=NOW - 9000,
            )
        )  # fmt: skip
        waits(connection, keyring, "1", {"email": 10}, version=5)
        waits(connection, keyring, "2", {"email": 12}, version=6)
        end_fields(connection, keyring, [failed], NOW)
    assert results(told(outbox)) == {"1": "superseded", "2": "dead-lettered"}
    (letter,) = [row for row in outbox.rows(0, 9) if row.topic == DEAD_LETTERS.name]
    assert (letter.key, letter.value) == (b"the key", VALUE)
    assert list(letter.headers)[:2] == HEADERS
    said = parse(letter.headers)
    assert (said.source_topic, said.source_partition, said.source_offset) == (EVENTS.name, 3, 77)
    assert (said.event_id, said.connection, said.stage) == ("2", CONNECTION, "call")
    assert (said.code, said.letter_class, said.attempts) == ("refused by Xledger", "data", 2)
    assert (said.fields, said.versions, said.turns) == (("email",), {"email": 6}, {"email": 12})
    assert said.first_failure is not None
    assert said.last_failure is not None
    assert (said.last_failure - said.first_failure).total_seconds() == 9


def test_the_same_version_shares_the_end(
    store: Store, keyring: Keyring, outbox: StoredOutbox
) -> None:
    """A request that made the same value dirty again takes nothing from the event before it."""
    with store.begin() as connection:
        waits(connection, keyring, "1", {"email": 10}, version=5)
        waits(connection, keyring, "2", {"email": 12}, version=5)
        end_fields(connection, keyring, [ends("email", 12)], NOW)
    assert results(told(outbox)) == {"1": "applied", "2": "applied"}


def test_what_a_field_warns_of_is_told_with_the_event(
    store: Store, keyring: Keyring, outbox: StoredOutbox
) -> None:
    """Warnings of a field that ended first stand in the outcome that comes with the last."""
    warned = ends("homeAddress", 10, warnings=(Code.OLD_ZIP_CODE_KEPT,))
    with store.begin() as connection:
        waits(connection, keyring, "1", {"homeAddress": 10, "phone": 10}, version=5)
        end_fields(connection, keyring, [warned], NOW)
        end_fields(connection, keyring, [ends("phone", 10, FieldEnd.UNCHANGED)], NOW)
    (outcome,) = told(outbox)
    assert (outcome["result"], outcome["warnings"]) == ("applied", ["old zip code kept"])


def test_a_newer_value_supersedes(store: Store, keyring: Keyring, outbox: StoredOutbox) -> None:
    """An event all of whose fields are superseded ends at once; one with another field waits."""
    with store.begin() as connection:
        waits(connection, keyring, "1", {"email": 10}, version=5)
        waits(connection, keyring, "2", {"email": 10, "phone": 10}, version=5)
        newer = [(CONNECTION, USER, "email", 6)]
        assert supersede(connection, keyring, newer, NOW) == [Ended(Result.SUPERSEDED, None)]
    assert results(told(outbox)) == {"1": "superseded"}
    with store.begin() as connection:
        end_fields(connection, keyring, [ends("phone", 10)], NOW)
    assert results(told(outbox)) == {"1": "superseded", "2": "applied"}


def test_who_is_in_flight_is_not_superseded(store: Store, keyring: Keyring) -> None:
    """What was sent is told by its answer, not by what came after."""
    with store.begin() as connection:
        connection.execute(
            insert(link).values(
                connection=CONNECTION, person=USER, organization=ORGANIZATION, state="linked",
                flight_epoch=1,
            )
        )  # fmt: skip
        waits(connection, keyring, "1", {"email": 10}, version=5)
        newer = [(CONNECTION, USER, "email", 6)]
        assert supersede(connection, keyring, newer, NOW) == []
    assert open_rows(store) == 2


def test_whole_events_end_a_limited_number_at_a_time(
    store: Store, keyring: Keyring, outbox: StoredOutbox
) -> None:
    """A removal ends everything, in parts; what a field had become before stays so."""
    with store.begin() as connection:
        for number in range(3):
            waits(connection, keyring, str(number), {"email": 10 + number}, version=number)
        waits(connection, keyring, "half", {"phone": 5, "gender": 5}, version=9)
        end_fields(connection, keyring, [ends("phone", 5)], NOW)
        which = pending.c.connection == CONNECTION
        counts = []
        for _ in range(3):
            done = end_events(
                connection, keyring, which, FieldEnd.SKIPPED, Code.CONNECTION_REMOVED, NOW, 3
            )
            counts.append(len(done))
    assert counts == [3, 1, 0]
    skipped = {str(number): "skipped" for number in range(3)}
    assert results(told(outbox)) == {**skipped, "half": "applied"}
    assert open_rows(store) == 0


def test_two_who_end_one_event_end_it_once(
    store: Store, keyring: Keyring, outbox: StoredOutbox
) -> None:
    """Two transactions that end two fields of an event at the same time make one outcome."""
    rounds = 20
    with store.begin() as connection:
        for number in range(rounds):
            waits(connection, keyring, str(number), {f"a{number}": 1, f"b{number}": 1}, version=1)
    barrier = threading.Barrier(2)
    done: list[Ended] = []

    def end(letter: str) -> None:
        for number in range(rounds):
            barrier.wait(10)
            with store.begin() as connection:
                done.extend(end_fields(connection, keyring, [ends(f"{letter}{number}", 1)], NOW))

    threads = [threading.Thread(target=end, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == rounds
    assert len(told(outbox)) == rounds
