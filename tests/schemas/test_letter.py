"""A dead letter's headers: what is kept, what is replaced, what is believed (R-90)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from schemas.about import About
from schemas.cloudevents import Headers
from schemas.letter import NAMES, PREFIX, Carried, Failure, Place, build, parse
from schemas.reasons import Code, LetterClass
from schemas.topics import EVENTS, REQUESTS

FIRST: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST: Final = FIRST + timedelta(minutes=20)
SOURCE: Final = Place(EVENTS.name, 3, 41, 1_763_899_200_000)
REPLAYED: Final = Place(REQUESTS.name, 5, 7, 1_763_999_999_000)
KNOWN: Final = About("/huma/users", "e1", "com.humahr.user.updated.v1", "o", "u", FIRST, 9)
FAILURE: Final = Failure(
    connection="c1",
    stage="map",
    letter_class=LetterClass.DATA,
    code=Code.BAD_BANK_ACCOUNT,
    fields=("bankAccount", "phone"),
    versions={"bankAccount": 9, "phone": 8},
    turns={"bankAccount": 1_763_899_200_001},
    attempts=2,
    first=FIRST,
    last=LAST,
    program="huma-xledger 0.1.0",
)
ORIGINAL: Final[Headers] = [("ce_id", b"e1"), ("x", None), ("bin", b"\xff"), ("ce_id", b"e2")]


def texts(headers: Headers) -> dict[str, str]:
    """Return our headers by name, which must not repeat."""
    ours = [(name.removeprefix(PREFIX), raw) for name, raw in headers if name.startswith(PREFIX)]
    assert len({name for name, _ in ours}) == len(ours)
    return {name: raw.decode() for name, raw in ours if raw is not None}


@pytest.mark.rule("R-90")
def test_a_letter_says_where_it_came_from_and_why() -> None:
    """Each header of `design.md`, Dead letters, as text; none when there is nothing to say."""
    said = texts(build(ORIGINAL, SOURCE, KNOWN, FAILURE))
    assert said == {
        "source-topic": EVENTS.name,
        "source-partition": "3",
        "source-offset": "41",
        "source-timestamp": "1763899200000",
        "event-source": "/huma/users",
        "event-id": "e1",
        "connection": "c1",
        "stage": "map",
        "class": "data",
        "code": "invalid bank account",
        "fields": "bankAccount,phone",
        "versions": "bankAccount=9,phone=8",
        "turns": "bankAccount=1763899200001",
        "attempts": "2",
        "first-failure": "2026-11-23T12:00:00+00:00",
        "last-failure": "2026-11-23T12:20:00+00:00",
        "replay-count": "0",
        "program": "huma-xledger 0.1.0",
    }
    assert set(NAMES) - set(said) == {"replay-run"}


@pytest.mark.rule("R-90")
def test_the_original_headers_stay_as_they_are() -> None:
    """In their order, repeats, nulls and bytes included, before ours."""
    assert build(ORIGINAL, SOURCE, KNOWN, FAILURE)[: len(ORIGINAL)] == list(ORIGINAL)


@pytest.mark.rule("R-90")
def test_what_is_written_is_read_again() -> None:
    """By the desk, and by the replay of it."""
    assert parse(build(ORIGINAL, SOURCE, KNOWN, FAILURE)) == Carried(
        source_topic=EVENTS.name,
        source_partition=3,
        source_offset=41,
        source_timestamp=1_763_899_200_000,
        event_source="/huma/users",
        event_id="e1",
        connection="c1",
        stage="map",
        letter_class="data",
        code="invalid bank account",
        fields=("bankAccount", "phone"),
        versions={"bankAccount": 9, "phone": 8},
        turns={"bankAccount": 1_763_899_200_001},
        attempts=2,
        first_failure=FIRST,
        last_failure=LAST,
        replay_run=None,
        replay_count=0,
        program="huma-xledger 0.1.0",
    )


@pytest.mark.rule("R-90", "R-91")
def test_a_replay_that_fails_again_keeps_its_origin() -> None:
    """Source, event and first failure stay; everything else is replaced, nothing appended."""
    first = build(ORIGINAL, SOURCE, KNOWN, FAILURE)
    replay = [
        *(one for one in first if one[0] != PREFIX + "replay-count"),
        (PREFIX + "replay-count", b"2"),
        (PREFIX + "replay-run", b"run-1"),
    ]
    later = LAST + timedelta(days=1)
    again = replace(
        FAILURE, stage="call", code=Code.REFUSED, fields=("bankAccount",), turns={}, attempts=1,
        first=later, last=later, program="huma-xledger 0.2.0",
    )  # fmt: skip
    headers = build(replay, REPLAYED, KNOWN, again)
    assert headers[: len(ORIGINAL)] == list(ORIGINAL)
    before, after = texts(first), texts(headers)
    kept = {"source-topic", "source-partition", "source-offset", "source-timestamp",
            "event-source", "event-id", "first-failure"}  # fmt: skip
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert (after["stage"], after["code"], after["attempts"]) == ("call", "refused by Xledger", "1")
    assert (after["replay-count"], after["replay-run"]) == ("2", "run-1")
    assert (after["last-failure"], after["turns"]) == (later.isoformat(), "")


@pytest.mark.rule("R-90")
def test_headers_of_ours_are_believed_on_the_requests_topic_alone() -> None:
    """On the source topic anybody may have written them: they go, and the record's place counts."""
    forged = [(PREFIX + "source-offset", b"1"), (PREFIX + "event-id", b"other"),
              (PREFIX + "replay-count", b"4"), (PREFIX + "anything", b"x")]  # fmt: skip
    said = texts(build(forged, SOURCE, KNOWN, FAILURE))
    assert (said["source-offset"], said["event-id"], said["replay-count"]) == ("41", "e1", "0")
    assert "anything" not in said


@pytest.mark.rule("R-90")
def test_the_place_stands_for_an_identity_that_cannot_be_read() -> None:
    """Source and id both, also when one of them is known, and through replays."""
    unknown = replace(KNOWN, id=None)
    said = texts(build([], SOURCE, unknown, replace(FAILURE, connection=None, stage="decode")))
    place = f"{EVENTS.name}/3/41"
    assert (said["event-source"], said["event-id"]) == (place, place)
    assert "connection" not in said
    replay = build([(f"{PREFIX}{name}", text.encode()) for name, text in said.items()],
                   REPLAYED, unknown, FAILURE)  # fmt: skip
    assert (texts(replay)["event-source"], texts(replay)["event-id"]) == (place, place)


@pytest.mark.rule("R-90")
def test_a_request_that_fails_has_its_own_place() -> None:
    """What never was a letter carries nothing."""
    said = texts(build([], REPLAYED, KNOWN, FAILURE))
    assert (said["source-topic"], said["source-partition"]) == (REQUESTS.name, "5")


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٧", "9" * 19, "abc", "1\n"], ids=ascii)
def test_a_number_that_cannot_be_read_is_absent(text: str) -> None:
    """Then the record's own place counts, as if nothing were carried."""
    names = ("source-partition", "attempts", "replay-count", "versions")
    headers: Headers = [(PREFIX + name, text.encode()) for name in names]
    assert parse(headers) == Carried()
    assert parse([(PREFIX + "versions", f"a={text},b=2".encode())]).versions == {"b": 2}


@pytest.mark.rule("R-103")
def test_no_header_of_ours_can_hold_a_value() -> None:
    """They are built of ids, codes, names of fields and times; there is no message text."""
    taken = {name for name in Failure.__slots__ if isinstance(getattr(FAILURE, name), str)}
    assert taken == {"connection", "stage", "letter_class", "code", "program"}
    assert not {"message", "text", "error", "value"} & set(NAMES)
