"""Which of the two modes of CloudEvents a record is in, and which is neither."""

import orjson
import pytest

from schemas.cloudevents import Tombstone
from schemas.reasons import Code
from tests.schemas.records import (
    STRUCTURED,
    binary,
    changed,
    event_of,
    example,
    parsed,
    refusal,
    structured,
    with_headers,
)

EVENT = changed({"phone": "+47 22 86 44 00"})
BATCH = "application/cloudevents-batch"


@pytest.mark.parametrize(
    "media",
    [
        "application/cloudevents+json",
        "Application/CloudEvents+JSON",
        "application/cloudevents+json; charset=utf-8",
        " application/cloudevents+json ;charset=UTF-8",
    ],
)
def test_the_media_type_is_compared_without_case_and_parameters(media: str) -> None:
    """Other SDKs write it in their own way."""
    assert event_of(structured(EVENT, media)) == event_of(structured(EVENT))


@pytest.mark.parametrize(
    "media",
    [None, "", "application/json", "text/json", "Application/JSON; charset=utf-8",
     "application/vnd.huma.user+json", "application/VND+JSON;x=y"],
)  # fmt: skip
def test_binary_data_is_json_under_every_name_of_json(media: str | None) -> None:
    """Also when the content type is absent."""
    assert event_of(binary(EVENT, media)) == event_of(binary(EVENT))


@pytest.mark.parametrize("media", ["application/xml", "text/plain", "application/jsonl"])
def test_binary_data_of_another_kind_is_refused(media: str) -> None:
    """We read JSON only."""
    refused = refusal(binary(EVENT, media))
    assert (refused.code, refused.stage) == (Code.NOT_JSON, "decode")
    assert refused.about.id == EVENT["id"]


@pytest.mark.parametrize(
    "media",
    [BATCH, f"{BATCH}+json", f"{BATCH}+json; charset=utf-8", "Application/CloudEvents-BATCH",
     "application/cloudevents", "application/cloudevents+avro", "application/cloudevents+xml"],
)  # fmt: skip
def test_batches_and_other_formats_are_refused(media: str) -> None:
    """One record is one event, in the JSON format; `ce_` headers beside do not help."""
    for record in (structured(EVENT, media), binary(EVENT, media)):
        refused = refusal(record)
        assert (refused.code, refused.stage) == (Code.NOT_AN_EVENT, "decode")


def test_structured_mode_wins_beside_ce_headers() -> None:
    """The document decides, whatever the headers say."""
    other = changed({"phone": None}, id="another", revision=77)
    both = with_headers(structured(EVENT), *binary(other, None)[1])
    assert event_of(both) == event_of(structured(EVENT))


def test_nothing_at_all_is_a_tombstone() -> None:
    """A null value without attributes, as compaction leaves it, with whatever other headers."""
    assert parsed((None, [])) == Tombstone()
    assert parsed((None, [("content-type", b"application/json"), ("x", None)])) == Tombstone()


def test_a_record_without_attributes_is_no_event() -> None:
    """JSON alone says neither what happened nor to whom; neither does an empty value."""
    for value in (orjson.dumps(EVENT), b"", b"null"):
        refused = refusal((value, [("content-type", b"application/json")]))
        assert (refused.code, refused.stage) == (Code.NOT_AN_EVENT, "decode")


def test_a_null_value_with_attributes_is_an_event() -> None:
    """Deleted, for one, has no data; a null attribute is an attribute, too."""
    assert event_of(binary(example("user.deleted.v1"))).active is None
    assert refusal((None, [("ce_id", None)])).fields == ("specversion",)


def test_a_structured_record_without_value_is_refused() -> None:
    """It says that it is an event, and is none."""
    for value in (None, b""):
        assert refusal((value, [("content-type", STRUCTURED.encode())])).code is Code.NOT_JSON


@pytest.mark.parametrize("document", [[], [EVENT], "text", 1, None])
def test_a_structured_record_is_one_object(document: object) -> None:
    """Anything else is a schema error."""
    record = (orjson.dumps(document), structured(EVENT)[1])
    assert refusal(record).code is Code.BAD_EVENT
