"""From a record to an event: types, keys, times, and what a refusal says (R-95, R-96, R-98)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.events import Event, EventType, Foreign, Request
from schemas.reading import OUR_SOURCE
from schemas.reasons import Code
from tests.schemas.records import (
    MODES,
    OURS,
    READING,
    RECORDED,
    RECORDED_MS,
    Mode,
    binary,
    changed,
    event_of,
    example,
    key_of,
    parsed,
    refusal,
    structured,
)

EVENT = changed({"phone": None})
KEY = key_of(EVENT)
ELSEWHERE = "9b2e0c1a-5d3f-4c6e-8a71-0f2d4b6c8e11"


@pytest.mark.rule("R-95")
@pytest.mark.parametrize(
    "type_",
    ["com.humahr.payroll.closed.v1", "com.humahr.users.created.v1", "com.example.user.created.v1",
     "user.created", "com.humahr.user", "com.humahr.xledger.sync.requested.v1"],
)  # fmt: skip
def test_types_outside_ours_are_foreign(type_: str) -> None:
    """Whatever else they carry, or fail to: they are not ours to judge."""
    for mode in MODES:
        read = parsed(mode({**EVENT, "type": type_, "time": "yesterday", "data": [1]}))
        assert isinstance(read, Foreign)
        assert (read.about.type, read.about.id, read.about.time) == (type_, EVENT["id"], None)


@pytest.mark.rule("R-95")
@pytest.mark.parametrize(
    "type_",
    ["com.humahr.user.promoted.v1", "com.humahr.user.created.v2", "com.humahr.user.created",
     "com.humahr.user.created.v01", "com.humahr.position.split.v1", "com.humahr.user.Created.v1"],
)  # fmt: skip
def test_an_unknown_type_or_major_version_is_unsupported(type_: str) -> None:
    """Within ours nothing may be missed, so it is a letter and not a skip."""
    refused = refusal(binary({**EVENT, "type": type_}))
    assert (refused.code, refused.stage) == (Code.UNSUPPORTED_TYPE, "validate")
    assert refused.about.type == type_


@pytest.mark.rule("R-95")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["id", "source", "type"])
@pytest.mark.parametrize("value", ["", "a" * 201, "a\u0000b", "a\nb"], ids=ascii)
def test_an_identity_that_cannot_be_printed_is_refused(mode: Mode, name: str, value: str) -> None:
    """It would stand in headers, outcomes and logs."""
    refused = refusal(mode({**EVENT, name: value}))
    assert (refused.code, refused.stage, refused.fields) == (Code.BAD_EVENT, "validate", (name,))


@pytest.mark.rule("R-95")
@pytest.mark.parametrize(
    ("name", "value"),
    [("source", "/elsewhere/users"), ("source", "/huma/"), ("source", OUR_SOURCE),
     ("subject", "kari"), ("subject", f"{ELSEWHERE}\u0000"), ("organization", "1"),
     ("organization", None), ("actor", "a\nb"), ("actor", "a" * 201),
     ("revision", "-1"), ("revision", None), ("time", "2026-11-23"), ("time", None)],
)  # fmt: skip
def test_an_attribute_that_is_not_what_it_must_be_is_named(name: str, value: str | None) -> None:
    """By its name; its value stays in the letter."""
    for mode in MODES:
        refused = refusal(mode({**EVENT, name: value}))
        assert (refused.code, refused.fields) == (Code.BAD_EVENT, (name,))
        assert str(refused) == f"validate: schema ({name})"


@pytest.mark.rule("R-95")
def test_unknown_fields_are_accepted_and_left_out() -> None:
    """Of the person, of parts of a field, and beside them."""
    changes = {"phone": "1", "salary": 5, "homeAddress": {"city": "Oslo", "planet": "Earth"}}
    data = {"changes": changes, "more": []}
    read = event_of(structured({**EVENT, "data": data}))
    assert dict(read.fields) == {"phone": "1", "homeAddress": {"city": "Oslo"}}


@pytest.mark.rule("R-96")
@pytest.mark.parametrize("mode", MODES)
def test_a_time_in_the_future_is_refused(mode: Mode) -> None:
    """More than ten minutes after the record; exactly ten are allowed, also by another offset."""
    latest = RECORDED + timedelta(minutes=10)
    assert event_of(mode({**EVENT, "time": latest.isoformat()})).time == latest
    late = latest + timedelta(milliseconds=1)
    assert refusal(mode({**EVENT, "time": late.isoformat()})).fields == ("time",)


@pytest.mark.rule("R-96")
def test_a_record_without_a_timestamp_has_no_future() -> None:
    """There is nothing to compare with."""
    far = {**EVENT, "time": "9999-12-31T23:59:59Z"}
    assert isinstance(parsed(binary(far), None, READING, None), Event)
    assert refusal(binary(far), None, READING, RECORDED_MS).fields == ("time",)


@pytest.mark.rule("R-96")
def test_an_event_without_a_revision_is_refused() -> None:
    """Unless the whole topic is set to be ordered by time; then a revision means nothing."""
    by_time = replace(READING, version_from="time")
    bare = {name: value for name, value in EVENT.items() if name != "revision"}
    assert refusal(binary(bare)).fields == ("revision",)
    stamp = int(datetime(2026, 11, 23, 10, 20, tzinfo=UTC).timestamp()) * 1_000_000
    assert event_of(binary(bare), reading=by_time).revision == stamp
    assert event_of(binary({**EVENT, "revision": 3}), reading=by_time).revision == stamp
    old = {**bare, "time": "1969-12-31T23:59:59Z"}
    assert refusal(binary(old), reading=by_time).fields == ("time",)


@pytest.mark.rule("R-98", "R-81")
@pytest.mark.parametrize(
    "key",
    [None, b"", b"anything", f"{ELSEWHERE}:{EVENT['subject']}".encode(),
     f"{EVENT['organization']}".encode(), f"{EVENT['subject']}:{EVENT['organization']}".encode()],
    ids=ascii,
)  # fmt: skip
def test_a_key_that_does_not_match_is_a_warning(key: bytes | None) -> None:
    """The event's attributes decide whose it is."""
    read = event_of(binary(EVENT), key)
    assert (read.organization, read.user) == (EVENT["organization"], EVENT["subject"])
    assert read.warnings == (Code.KEY_MISMATCH,)


@pytest.mark.rule("R-98")
def test_a_key_in_capitals_matches() -> None:
    """A UUID is one id however it is written, in the key and in the attributes."""
    assert KEY is not None
    assert event_of(binary(EVENT), KEY.upper()).warnings == ()
    shouting = {**EVENT, "subject": EVENT["subject"].upper()}
    read = event_of(binary(shouting), KEY)
    assert (read.user, read.warnings) == (EVENT["subject"], ())


@pytest.mark.rule("R-95")
@pytest.mark.parametrize("key", [b"\xff", b"a\x00", b"a" * 201], ids=ascii)
def test_a_key_that_cannot_be_printed_is_refused(key: bytes) -> None:
    """As ids and types are."""
    assert refusal(binary(EVENT), key).fields == ("key",)


def test_our_source_counts_on_the_requests_topic_alone() -> None:
    """Elsewhere anybody could write it (R-95)."""
    asked = example("xledger.resend.requested.v1")
    read = parsed(structured(asked), key_of(asked), OURS)
    assert isinstance(read, Request)
    assert read.type is EventType.RESEND_REQUESTED
    assert read.fields == ("bankAccount",)
    assert read.letter == asked["data"]["letter"]
    assert isinstance(parsed(structured(asked), key_of(asked), READING), Foreign)
    assert isinstance(parsed(structured({**asked, "source": "/other"}), None, OURS), Foreign)


def test_a_replay_is_read_on_the_requests_topic_too() -> None:
    """Huma's own event, unchanged, with headers of ours added."""
    value, headers = binary(EVENT)
    replay = (value, [*headers, ("huma-xledger-replay-count", b"1")])
    assert parsed(replay, KEY, OURS) == event_of(binary(EVENT), KEY)


def test_a_heartbeat_names_nobody() -> None:
    """It has a key of its own, and no warning for it."""
    beat = example("xledger.heartbeat.v1")
    read = parsed(binary(beat), b"heartbeat:3", OURS)
    assert isinstance(read, Request)
    assert (read.organization, read.user, read.warnings) == (None, None, ())
    assert read.id == "3/29923926"


@pytest.mark.parametrize(
    ("name", "value"),
    [("connection", 5), ("connection", "a\nb"), ("fields", "email"), ("fields", [5]),
     ("fields", [""]), ("run", {}), ("letter", "a" * 201)],
)  # fmt: skip
def test_a_request_of_a_wrong_shape_is_refused(name: str, value: Any) -> None:
    """Requests hold ids and names only, and are judged as strictly."""
    asked = example("xledger.sync.requested.v1")
    wrong = {**asked, "data": {**asked["data"], name: value}}
    assert refusal(structured(wrong), key_of(asked), OURS).fields == (name,)


@pytest.mark.parametrize("name", ["organization", "subject", "time"])
def test_a_request_about_nobody_is_refused(name: str) -> None:
    """Only a heartbeat may."""
    asked = {**example("xledger.day.turned.v1"), name: None}
    assert refusal(structured(asked), None, OURS).fields == (name,)
