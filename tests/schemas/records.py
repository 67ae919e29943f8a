"""The contract's examples as records, in both modes of the Kafka binding."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
import pytest

import schemas
from schemas.about import BadEvent
from schemas.cloudevents import Headers, Tombstone
from schemas.events import Event
from schemas.reading import Parsed, Reading, read

FOLDER: Final = Path(schemas.__file__).parent / "examples"
NAMES: Final = sorted(file.name.removesuffix(".json") for file in FOLDER.glob("*.json"))
READING: Final = Reading(ours=False, max_bytes=1 << 20, future=600.0, version_from="revision")
OURS: Final = replace(READING, ours=True)
RECORDED: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""When the broker got each record: after the time of every example."""
RECORDED_MS: Final = int(RECORDED.timestamp() * 1000)
STRUCTURED: Final = "application/cloudevents+json"

Record: TypeAlias = tuple[bytes | None, Headers]
Mode: TypeAlias = Callable[[dict[str, Any]], Record]


def example(name: str) -> dict[str, Any]:
    """Return an example by its type, without the prefix `com.humahr.`."""
    event: dict[str, Any] = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    return event


def changed(changes: Any, **attributes: Any) -> dict[str, Any]:
    """Return `user.updated` with these changes, and with other attributes where given."""
    return {**example("user.updated.v1"), "data": {"changes": changes}, **attributes}


def structured(event: dict[str, Any], media: str = STRUCTURED) -> Record:
    """Return value and headers of structured mode."""
    return orjson.dumps(event), [("content-type", media.encode())]


def binary(event: dict[str, Any], media: str | None = "application/json") -> Record:
    """Return value and headers of binary mode: numbers as text, no data as no value."""
    texts = {name: value for name, value in event.items() if name not in {"data", MEDIA}}
    headers: list[tuple[str, bytes | None]] = [
        (f"ce_{name}", None if value is None else str(value).encode())
        for name, value in texts.items()
    ]
    if media is not None:
        headers.append(("content-type", media.encode()))
    return orjson.dumps(event["data"]) if "data" in event else None, headers


MEDIA: Final = "datacontenttype"
MODES: Final[tuple[Mode, ...]] = (binary, structured)


def key_of(event: dict[str, Any]) -> bytes | None:
    """Return the record key that an example names."""
    key = event.get("partitionkey")
    return key.encode() if isinstance(key, str) else None


def parsed(
    record: Record,
    key: bytes | None = None,
    reading: Reading = READING,
    recorded_ms: int | None = RECORDED_MS,
) -> Parsed | Tombstone:
    """Read a record."""
    value, headers = record
    return read(key, value, headers, recorded_ms, reading)


def event_of(record: Record, key: bytes | None = None, reading: Reading = READING) -> Event:
    """Read a record that must be an event of Huma's."""
    event = parsed(record, key, reading)
    assert isinstance(event, Event)
    return event


def refusal(
    record: Record,
    key: bytes | None = None,
    reading: Reading = READING,
    recorded_ms: int | None = RECORDED_MS,
) -> BadEvent:
    """Read a record that must be refused; the parser's own error, which quotes, is not chained."""
    with pytest.raises(BadEvent) as refused:
        parsed(record, key, reading, recorded_ms)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    return refused.value


def with_headers(record: Record, *more: tuple[str, bytes | None]) -> Record:
    """Return a record with headers added."""
    value, headers = record
    return value, [*headers, *more]


def without(record: Record, names: Iterable[str]) -> Record:
    """Return a record with headers left out."""
    value, headers = record
    return value, [(name, raw) for name, raw in headers if name not in names]
