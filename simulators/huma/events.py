"""A change as CloudEvents record: binary mode of the Kafka binding (`interfaces.md`, Events)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

import orjson

from simulators.huma.changes import Change

PREFIX: Final = "com.humahr."
VERSION: Final = ".v1"

Headers: TypeAlias = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Record:
    """What is written to Kafka."""

    key: bytes
    value: bytes = field(repr=False)
    headers: Headers


@dataclass(frozen=True, slots=True)
class Origin:
    """What an event says besides its change: whose it is, when, by whom, and which one."""

    organization: str
    user: str
    id: str
    revision: int
    time: datetime
    actor: str


def encode(change: Change, origin: Origin) -> Record:
    """Return the record of one change."""
    key = f"{origin.organization}:{origin.user}"
    attributes = (
        ("specversion", "1.0"),
        ("id", origin.id),
        ("source", f"/huma/{change.service}"),
        ("type", f"{PREFIX}{change.type}{VERSION}"),
        ("subject", origin.user),
        ("time", origin.time.isoformat(timespec="microseconds")),
        ("organization", origin.organization),
        ("revision", str(origin.revision)),
        ("actor", origin.actor),
        ("partitionkey", key),
    )
    headers: Headers = [(f"ce_{name}", value.encode()) for name, value in attributes]
    headers.append(("content-type", b"application/json"))
    return Record(key.encode(), orjson.dumps(change.data), headers)
