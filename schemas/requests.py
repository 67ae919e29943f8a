"""Requests of ours, as they are written to the requests topic (`interfaces.md`, Events).

They carry ids and names of fields only: no revision, and no value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from schemas.cloudevents import Headers
from schemas.events import EventType
from schemas.key import key_of
from schemas.person import Json, PersonKey
from schemas.reading import OUR_SOURCE

HEADERS: Final[Headers] = (("content-type", b"application/cloudevents+json"),)
"""Of every request: the whole event is the value."""
MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A record of the requests topic, its headers apart."""

    key: bytes
    value: bytes


def request(
    type_: EventType, id_: str, time: datetime, person: PersonKey, data: Mapping[str, Json]
) -> NewRequest:
    """Return a request about one person.

    Args:
        type_: what is asked for.
        id_: with our source its identity: two requests are never to share one.
        time: when it is asked; aware.
        person: about whom.
        data: as `schemas.data.asked` reads it.
    """
    key = key_of(person.organization, person.user)
    about: dict[str, Json] = {"subject": person.user, "organization": person.organization}
    return NewRequest(key, _event(type_, id_, time, key, {**about, "data": dict(data)}))


def heartbeat(partition: int, time: datetime) -> NewRequest:
    """Return the heartbeat of a partition and minute (R-109).

    >>> from datetime import UTC
    >>> beat = heartbeat(3, datetime(2026, 11, 23, 12, 6, 59, tzinfo=UTC))
    >>> beat.key, orjson.loads(beat.value)["id"]
    (b'heartbeat:3', '3/29923926')
    """
    key = f"heartbeat:{partition}".encode()
    id_ = f"{partition}/{minute_of(time)}"
    return NewRequest(key, _event(EventType.HEARTBEAT, id_, time, key, {}))


def minute_of(time: datetime) -> int:
    """Return the minutes since 1970."""
    return int(time.timestamp()) // MINUTE


def _event(
    type_: EventType, id_: str, time: datetime, key: bytes, more: Mapping[str, Json]
) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": OUR_SOURCE,
            "type": type_.value,
            "time": time.isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": key.decode(),
            **more,
        }
    )
