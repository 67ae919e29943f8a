"""What other SDKs write, and what none should (`interfaces.md`, Events; R-51, R-95)."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from schemas.reading import Reading
from schemas.reasons import Code
from tests.schemas.records import (
    MODES,
    READING,
    Mode,
    binary,
    changed,
    event_of,
    example,
    refusal,
    structured,
    with_headers,
    without,
)

EVENT = changed({"phone": "+47 22 86 44 00"})
PACKED = b64encode(orjson.dumps(EVENT["data"])).decode()


def packed(text: Any, **more: Any) -> dict[str, Any]:
    """Return the event with its data as base64."""
    event = {name: value for name, value in EVENT.items() if name != "data"}
    return {**event, "data_base64": text, **more}


def raw(value: bytes) -> tuple[bytes, list[tuple[str, bytes | None]]]:
    """Return a binary record with this value."""
    return value, list(binary(EVENT)[1])


def test_escapes_are_the_characters_they_stand_for() -> None:
    r"""`\u00e5` and `å` are one name; so is a pair of surrogates and its character."""
    escaped = rb'{"changes": {"givenName": "\u00c5se \ud83d\ude00"}}'
    plain = '{"changes": {"givenName": "Åse 😀"}}'.encode()
    assert event_of(raw(escaped)) == event_of(raw(plain))


def test_numbers_are_text_in_binary_and_numbers_in_structured_mode() -> None:
    """And both may be the other."""
    for mode in MODES:
        assert event_of(mode({**EVENT, "revision": 7})).revision == 7
        assert event_of(mode({**EVENT, "revision": "7"})).revision == 7


def test_an_extension_we_do_not_know_is_left_alone() -> None:
    """A boolean as `True`, a number, a text: none of our affair (R-95)."""
    more = {"sampled": True, "weight": 3, "region": "øst"}
    for mode in MODES:
        assert event_of(mode({**EVENT, **more})) == event_of(mode(EVENT))


@pytest.mark.parametrize("mode", MODES)
def test_a_null_attribute_is_absent(mode: Mode) -> None:
    """An optional one does no harm; one that is needed is missing."""
    nothing = {"actor": None, "traceparent": None, "dataschema": None, "partitionkey": None}
    read = event_of(mode({**EVENT, **nothing}))
    assert (read.actor, read.traceparent) == (None, None)
    assert refusal(mode({**EVENT, "subject": None})).fields == ("subject",)


def test_a_null_data_content_type_is_absent() -> None:
    """As every attribute; one of another kind than JSON is refused."""
    assert event_of(structured({**EVENT, "datacontenttype": None})) == event_of(structured(EVENT))
    for kind in ("application/xml", 5):
        assert refusal(structured({**EVENT, "datacontenttype": kind})).code is Code.NOT_JSON


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", ["0.3", "1.1", "2.0", "", None, " 1.0"])
def test_another_specversion_is_refused(mode: Mode, version: str | None) -> None:
    """Also none at all."""
    refused = refusal(mode({**EVENT, "specversion": version}))
    assert (refused.code, refused.fields) == (Code.BAD_EVENT, ("specversion",))


def test_a_header_given_twice_is_refused() -> None:
    """Which of them is meant nobody can say; the other attributes are told all the same."""
    twice = with_headers(binary(EVENT), ("ce_type", b"com.humahr.user.deleted.v1"))
    refused = refusal(twice)
    assert (refused.code, refused.fields) == (Code.BAD_EVENT, ("type",))
    assert (refused.about.type, refused.about.id) == (None, EVENT["id"])
    again = refusal(with_headers(binary(EVENT), ("content-type", b"application/json")))
    assert again.fields == ("content-type",)
    assert refusal(with_headers(structured(EVENT), ("ce_a", None), ("ce_a", None))).fields == ("a",)


def test_a_header_that_is_not_utf8_is_refused() -> None:
    """Attributes and the content type; a header that is none of ours may be anything."""
    refused = refusal(with_headers(binary(EVENT), ("ce_note", b"\xff")))
    assert (refused.code, refused.fields) == (Code.BAD_EVENT, ("note",))
    assert refusal(with_headers(binary(EVENT, None), ("content-type", b"\xff"))).fields == (
        "content-type",
    )
    assert event_of(with_headers(binary(EVENT), ("trace-bin", b"\xff"))) == event_of(binary(EVENT))


def test_header_values_are_not_percent_encoded() -> None:
    """Kafka's binding takes UTF-8 as it is: `%20` is three characters."""
    assert event_of(binary({**EVENT, "id": "a%20b"})).id == "a%20b"
    assert event_of(binary({**EVENT, "id": "blå"})).id == "blå"


def test_data_may_be_packed() -> None:
    """JSON inside `data_base64` is the data; a null beside it is nothing."""
    assert event_of(structured(packed(PACKED))) == event_of(structured(EVENT))
    assert event_of(structured(packed(PACKED, data=None))) == event_of(structured(EVENT))
    assert event_of(structured({**EVENT, "data_base64": None})) == event_of(structured(EVENT))


def test_packed_data_beside_data_is_refused() -> None:
    """Two truths are none."""
    refused = refusal(structured({**EVENT, "data_base64": PACKED}))
    assert (refused.code, refused.fields) == (Code.BAD_EVENT, ("data", "data_base64"))


@pytest.mark.parametrize("text", ["%%%", "a", "YQ", "å", 5, {}, True, [PACKED]])
def test_packed_data_that_is_no_base64_is_refused(text: Any) -> None:
    """Strictly: no other alphabet, no missing padding."""
    refused = refusal(structured(packed(text)))
    assert (refused.code, refused.fields) == (Code.BAD_EVENT, ("data_base64",))


def test_packed_data_that_is_no_json_is_refused() -> None:
    """Whatever it is."""
    assert refusal(structured(packed(b64encode(b"<xml/>").decode()))).code is Code.NOT_JSON


@pytest.mark.parametrize("name", ["user.deactivated.v1", "user.reactivated.v1", "user.deleted.v1"])
@pytest.mark.parametrize("data", [None, "", {}])
def test_no_data_is_an_empty_object_where_nothing_is_needed(name: str, data: Any) -> None:
    """A null value, an empty one, and `{}` say the same, in both modes."""
    event = {key: value for key, value in example(name).items() if key != "data"}
    expected = event_of(structured({**event, "data": {}}))
    assert event_of(structured({**event, "data": data})) == expected
    assert event_of(structured(event)) == expected
    assert event_of(structured({**event, "data_base64": ""})) == expected
    for value in (None, b"", b"null", b"{}", b'""'):
        assert event_of((value, binary(event)[1])) == expected


@pytest.mark.parametrize(
    "name", ["user.created.v1", "user.updated.v1", "user.groups-changed.v1",
             "position.created.v1", "position.updated.v1", "position.deleted.v1"],
)  # fmt: skip
def test_no_data_is_refused_where_it_is_needed(name: str) -> None:
    """There is nothing to apply, so something went wrong on the way."""
    event = {key: value for key, value in example(name).items() if key != "data"}
    for record in (structured(event), (None, binary(event)[1]), (b"", binary(event)[1])):
        refused = refusal(record)
        assert (refused.code, refused.stage) == (Code.BAD_EVENT, "validate")
        assert refused.fields == ("data",)


@pytest.mark.rule("R-51")
@pytest.mark.parametrize(
    "value",
    [
        rb'{"changes": {"givenName": "\ud800"}}',
        rb'{"changes": {"givenName": "\udc00\ud800"}}',
        b'{"changes": {"givenName": "\xed\xa0\x80"}}',
        b'{"changes": {"phone": NaN}}',
        b'{"changes": {"phone": Infinity}}',
        b'\xef\xbb\xbf{"changes": {}}',
        b'{"changes": {"givenName": "\xff"}}',
        b'{"changes": {"givenName": "a\nb"}}',
        b'{"changes": {}} {}',
        b"{'changes': {}}",
        b'{"changes": {"givenName": "a',
        b"[" * 100_000,
    ],
    ids=ascii,
)
def test_what_is_no_json_is_refused_whole(value: bytes) -> None:
    """A lone surrogate, NaN, a byte-order mark, a half document: no field of it is taken."""
    for record in (raw(value), structured(packed(b64encode(value).decode()))):
        refused = refusal(record)
        assert (refused.code, refused.stage) == (Code.NOT_JSON, "decode")
        assert refused.about.id == EVENT["id"]
    document = structured(EVENT)[0] or b""
    broken = document.replace(orjson.dumps(EVENT["data"]), value)
    assert refusal((broken, structured(EVENT)[1])).code is Code.NOT_JSON


@pytest.mark.rule("R-51")
@pytest.mark.parametrize(
    "text", ['"', "\\", "a\nb\tc\r", "\u2028", "😀", "æøå", '"""', "\x00\x7f", "\ufeff", "\u202e"],
    ids=ascii,
)  # fmt: skip
def test_every_character_of_json_arrives(text: str) -> None:
    """Here nothing is removed or changed; what must not be sent is the mapping's to remove."""
    for mode in MODES:
        assert event_of(mode(changed({"givenName": text}))).fields["givenName"] == text


@pytest.mark.rule("R-95")
@pytest.mark.parametrize("mode", MODES)
def test_a_value_over_the_limit_is_refused_unread(mode: Mode) -> None:
    """One byte over; exactly the limit is read."""
    value, headers = mode(EVENT)
    assert value is not None
    fits = Reading(READING.ours, len(value), READING.future, READING.version_from)
    tight = Reading(READING.ours, len(value) - 1, READING.future, READING.version_from)
    assert event_of((value, headers), reading=fits) == event_of((value, headers))
    refused = refusal((value, headers), reading=tight)
    assert (refused.code, refused.stage) == (Code.TOO_LARGE, "decode")


@pytest.mark.rule("R-95")
def test_what_no_header_says_is_missing() -> None:
    """Each attribute that is needed is named when it is absent."""
    for name in ("id", "source", "type", "subject", "time", "organization", "revision"):
        assert refusal(without(binary(EVENT), {f"ce_{name}"})).fields == (name,)
