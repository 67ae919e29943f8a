"""A Kafka record as bytes: what is sealed until its event ends, byte for byte (R-90)."""

import base64
import struct
from functools import lru_cache
from typing import Final

from schemas.cloudevents import Headers

COUNT: Final = struct.Struct(">I")
NULL: Final = COUNT.pack(0xFFFFFFFF)
"""Stands where a length would, so that null stays apart from empty."""

NAMES: Final = 256
"""Names of headers that stay packed: nearly all events have the same ten."""

Whole = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def pack(key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """Return key, value and headers as one run of bytes."""
    length = COUNT.pack
    parts = [NULL] if key is None else [length(len(key)), key]
    parts += [NULL] if value is None else [length(len(value)), value]
    for name, raw in headers:
        parts += (_name(name), NULL) if raw is None else (_name(name), length(len(raw)), raw)
    return b"".join(parts)


@lru_cache(NAMES)
def _name(name: str) -> bytes:
    encoded = name.encode()
    return COUNT.pack(len(encoded)) + encoded


def unpack(packed: bytes) -> Whole:
    """Return key, value and headers as they were packed."""
    parts: list[bytes | None] = []
    at = 0
    while at < len(packed):
        head = packed[at : at + COUNT.size]
        at += COUNT.size
        if head == NULL:
            parts.append(None)
        else:
            end = at + COUNT.unpack(head)[0]
            parts.append(packed[at:end])
            at = end
    names = [(name or b"").decode() for name in parts[2::2]]
    return parts[0], parts[1], list(zip(names, parts[3::2], strict=True))


def text_of(raw: bytes | None) -> str | None:
    """Return bytes as text that JSON can hold."""
    return None if raw is None else base64.b64encode(raw).decode()


def bytes_of(text: str | None) -> bytes | None:
    """Return the bytes again."""
    return None if text is None else base64.b64decode(text)
