"""A Kafka record as bytes: what is sealed until its event ends, byte for byte (R-90)."""

import base64
import struct
from typing import Final

import orjson

from schemas.cloudevents import Headers

HEAD: Final = struct.Struct(">I")

Whole = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def pack(key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """Return key, value and headers as one run of bytes."""
    head = orjson.dumps(
        [text_of(key), value is not None, [[name, text_of(raw)] for name, raw in headers]]
    )
    return HEAD.pack(len(head)) + head + (value or b"")


def unpack(packed: bytes) -> Whole:
    """Return key, value and headers as they were packed."""
    (length,) = HEAD.unpack_from(packed)
    key, has_value, headers = orjson.loads(packed[HEAD.size : HEAD.size + length])
    value = packed[HEAD.size + length :] if has_value else None
    return bytes_of(key), value, [(name, bytes_of(raw)) for name, raw in headers]


def text_of(raw: bytes | None) -> str | None:
    """Return bytes as text that JSON can hold."""
    return None if raw is None else base64.b64encode(raw).decode()


def bytes_of(text: str | None) -> bytes | None:
    """Return the bytes again."""
    return None if text is None else base64.b64decode(text)
