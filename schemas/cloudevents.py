"""CloudEvents 1.0 in Kafka records, binary and structured (`interfaces.md`, Events).

`decode` says what a record is; what its attributes and data must be is for `schemas.events`.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import orjson

from schemas.about import BadEvent, about
from schemas.person import Json
from schemas.reasons import Code

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]

STAGE: Final = "decode"
_CE: Final = "ce_"
_ATTRIBUTES: Final = {
    f"{_CE}{name}": name
    for name in (
        "specversion", "id", "source", "type", "subject", "time", "organization", "revision",
        "actor", "partitionkey", "traceparent", "dataschema",
    )
}  # fmt: skip
"""The headers that nearly every record has; others are cut out of their names one by one."""
_STRUCTURED: Final = "application/cloudevents"
_STRUCTURED_JSON: Final = "application/cloudevents+json"
_PLAIN_JSON: Final = "application/json"


@dataclass(slots=True)
class Envelope:
    """One CloudEvent, not yet judged. Its `repr` shows nothing: an extension may hold anything.

    Attributes:
        attributes: by name, without prefix; texts in binary mode, JSON values in structured mode.
        data: the JSON of `data`; None when there is none.
    """

    attributes: Mapping[str, Json] = field(repr=False)
    data: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A record without value, content type and attributes: "skipped: tombstone"."""


def decode(value: bytes | None, headers: Headers | None, max_bytes: int) -> Envelope | Tombstone:
    """Read a record as CloudEvent.

    Args:
        value: the record's.
        headers: the record's; names as text, values as bytes or null.
        max_bytes: a larger value is "too large", whole (R-95).

    Raises:
        BadEvent: stage decode; it is no event of the format, and says what could be read.
    """
    attributes, content_type = _headers(headers or ())
    media = content_type.partition(";")[0].strip().lower()
    if media.startswith(_STRUCTURED):
        return _structured(value, media, max_bytes)
    if not attributes:
        if value is None:
            return Tombstone()
        raise _bad({}, Code.NOT_AN_EVENT)
    return _binary(value, media, attributes, max_bytes)


def _headers(headers: Headers) -> tuple[dict[str, Json], str]:
    """Return the attributes by name, null ones included, and the content type, empty if absent."""
    attributes: dict[str, Json] = {}
    content_type: str | None = None
    wrong: set[str] = set()
    for name, raw in headers:
        attribute = _ATTRIBUTES.get(name) or (name[3:] if name[:3] == _CE else None)
        if attribute is not None:
            if attribute in attributes:
                wrong.add(attribute)
            try:
                attributes[attribute] = None if raw is None else raw.decode()
            except UnicodeDecodeError:
                attributes[attribute] = None
                wrong.add(attribute)
        elif name == "content-type":
            if content_type is not None:
                wrong.add(name)
            try:
                content_type = "" if raw is None else raw.decode()
            except UnicodeDecodeError:
                wrong.add(name)
    if wrong:
        known = {name: value for name, value in attributes.items() if name not in wrong}
        raise _bad(known, Code.BAD_EVENT, *sorted(wrong))
    return attributes, content_type or ""


def _binary(
    value: bytes | None, media: str, attributes: Mapping[str, Json], max_bytes: int
) -> Envelope:
    if attributes.get("specversion") != "1.0":
        raise _bad(attributes, Code.BAD_EVENT, "specversion")
    if not _is_json(media):
        raise _bad(attributes, Code.NOT_JSON, "content-type")
    if not value:
        return Envelope(attributes, None)
    if len(value) > max_bytes:
        raise _bad(attributes, Code.TOO_LARGE)
    return Envelope(attributes, _json(value, attributes))


def _structured(value: bytes | None, media: str, max_bytes: int) -> Envelope:
    if media != _STRUCTURED_JSON:
        raise _bad({}, Code.NOT_AN_EVENT, "content-type")
    if value is not None and len(value) > max_bytes:
        raise _bad({}, Code.TOO_LARGE)
    document = _json(value or b"", {})
    if not isinstance(document, dict):
        raise _bad({}, Code.BAD_EVENT)
    if document.get("specversion") != "1.0":
        raise _bad(document, Code.BAD_EVENT, "specversion")
    kind = document.get("datacontenttype")
    if kind is not None and not (
        isinstance(kind, str) and _is_json(kind.partition(";")[0].strip().lower())
    ):
        raise _bad(document, Code.NOT_JSON, "datacontenttype")
    data, packed = document.get("data"), document.get("data_base64")
    if packed is None:
        return Envelope(document, data)
    if data is not None:
        raise _bad(document, Code.BAD_EVENT, "data", "data_base64")
    return Envelope(document, _unpacked(packed, document))


def _unpacked(packed: Json, document: Mapping[str, Json]) -> Json:
    """Return the JSON inside `data_base64`."""
    raw = None
    if isinstance(packed, str) and packed.isascii():
        try:
            raw = b64decode(packed, validate=True)
        except ValueError:
            raw = None
    if raw is None:
        raise _bad(document, Code.BAD_EVENT, "data_base64")
    return _json(raw, document) if raw else None


def _json(raw: bytes, attributes: Mapping[str, Json]) -> Json:
    """Parse a document. The parser's own error holds it whole, so it must not be chained."""
    try:
        document: Json = orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    else:
        return document
    raise _bad(attributes, Code.NOT_JSON)


def _is_json(media: str) -> bool:
    return media in {"", _PLAIN_JSON} or media.endswith(("/json", "+json"))


def _bad(attributes: Mapping[str, Json], code: Code, *fields: str) -> BadEvent:
    return BadEvent(code, STAGE, fields, about(attributes))
