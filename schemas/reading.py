"""From a record to an event: decoded, judged, or refused (`interfaces.md`, Events; R-95, R-96).

`read` turns a record into one of `Event` (Huma's), `Request` (ours), `Foreign`, `Tombstone`, or
raises `BadEvent`, and nothing else, whatever the bytes are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar

from schemas import data as shapes
from schemas.about import BadEvent, about
from schemas.attributes import (
    printable,
    read_revision,
    read_time,
    read_trace,
    read_uuid,
    revision_of_time,
)
from schemas.cloudevents import Envelope, Headers, Tombstone, decode
from schemas.events import Event, EventType, Foreign, Request
from schemas.key import is_key, key_of
from schemas.person import Json
from schemas.reasons import Code

STAGE: Final = "validate"
OUR_SOURCE: Final = "/huma-xledger"
_HUMA_SOURCE: Final = "/huma/"
_WITHIN: Final = ("com.humahr.user.", "com.humahr.position.")
"""Where an unknown type is unsupported; elsewhere it is not ours (R-95)."""

_HUMA: Final[Mapping[str, tuple[EventType, Callable[[Json], shapes.Data]]]] = {
    type_.value: (type_, shape)
    for type_, shape in (
        (EventType.USER_CREATED, shapes.created),
        (EventType.USER_UPDATED, shapes.updated),
        (EventType.USER_DEACTIVATED, shapes.deactivated),
        (EventType.USER_REACTIVATED, shapes.reactivated),
        (EventType.USER_DELETED, shapes.deleted),
        (EventType.GROUPS_CHANGED, shapes.groups_changed),
        (EventType.POSITION_CREATED, shapes.position_changed),
        (EventType.POSITION_UPDATED, shapes.position_changed),
        (EventType.POSITION_DELETED, shapes.position_deleted),
    )
}
_OURS: Final[Mapping[str, EventType]] = {
    type_.value: type_ for type_ in EventType if type_.value not in _HUMA
}

T = TypeVar("T")
Parsed: TypeAlias = Event | Request | Foreign


@dataclass(frozen=True, slots=True)
class Reading:
    """How records of one topic are read.

    Attributes:
        ours: the requests topic, the only one where `/huma-xledger` is a source (R-95).
        max_bytes: a larger value is "too large" (R-95).
        future: seconds that an event's time may be after its record's timestamp (R-96).
        version_from: what orders a person's changes (R-96).
    """

    ours: bool
    max_bytes: int
    future: float
    version_from: Literal["revision", "time"]


def read(
    key: bytes | None,
    value: bytes | None,
    headers: Headers | None,
    recorded_ms: int | None,
    reading: Reading,
) -> Parsed | Tombstone:
    """Read a whole record: `decode`, then `parse`.

    Raises:
        BadEvent: it is no event of the contract.
    """
    envelope = decode(value, headers, reading.max_bytes)
    if isinstance(envelope, Tombstone):
        return envelope
    return parse(envelope, key, recorded_ms, reading)


def parse(
    envelope: Envelope, key: bytes | None, recorded_ms: int | None, reading: Reading
) -> Parsed:
    """Judge an event's attributes and data.

    Args:
        envelope: the event.
        key: the record's.
        recorded_ms: the record's timestamp; None when it has none, and then no time is too late.
        reading: how this topic is read.

    Raises:
        BadEvent: stage validate; it is no event of the contract, or of an unknown type (R-95).
    """
    get = envelope.attributes.get
    source, id_, type_ = get("source"), get("id"), get("type")
    if not (printable(source) and printable(id_) and printable(type_)):
        given = {"source": source, "id": id_, "type": type_}
        raise _bad(envelope, *(name for name, one in given.items() if not printable(one)))
    known = _HUMA.get(type_)
    if known is not None:
        if not (source.startswith(_HUMA_SOURCE) and source != _HUMA_SOURCE):
            raise _bad(envelope, "source")
        return _event(source, id_, known, envelope, key, recorded_ms, reading)
    if type_.startswith(_WITHIN):
        raise _bad(envelope, "type", code=Code.UNSUPPORTED_TYPE)
    if reading.ours and source == OUR_SOURCE and type_ in _OURS:
        return _request(source, id_, _OURS[type_], envelope, key, recorded_ms, reading)
    return Foreign(about(envelope.attributes))


def _event(
    source: str,
    id_: str,
    known: tuple[EventType, Callable[[Json], shapes.Data]],
    envelope: Envelope,
    key: bytes | None,
    recorded_ms: int | None,
    reading: Reading,
) -> Event:
    get = envelope.attributes.get
    organization, user = read_uuid(get("organization")), read_uuid(get("subject"))
    time = _time(envelope, recorded_ms, reading)
    if reading.version_from == "time":
        revision = revision_of_time(time)
    else:
        revision = read_revision(get("revision"))
    actor = get("actor")
    if organization is None:
        raise _bad(envelope, "organization")
    if user is None:
        raise _bad(envelope, "subject")
    if revision is None:
        raise _bad(envelope, reading.version_from)
    if not (actor is None or printable(actor)):
        raise _bad(envelope, "actor")
    type_, shape = known
    data = _shaped(shape, envelope)
    return Event(
        source,
        id_,
        type_,
        organization,
        user,
        time,
        revision,
        data.fields,
        data.user_type,
        data.active,
        data.groups,
        data.positions,
        actor,
        read_trace(get("traceparent")),
        _warnings(envelope, key, organization, user),
    )


def _request(
    source: str,
    id_: str,
    type_: EventType,
    envelope: Envelope,
    key: bytes | None,
    recorded_ms: int | None,
    reading: Reading,
) -> Request:
    get = envelope.attributes.get
    time = _time(envelope, recorded_ms, reading)
    organization, user = read_uuid(get("organization")), read_uuid(get("subject"))
    warnings: tuple[Code, ...] = ()
    if type_ is not EventType.HEARTBEAT:
        if organization is None:
            raise _bad(envelope, "organization")
        if user is None:
            raise _bad(envelope, "subject")
        warnings = _warnings(envelope, key, organization, user)
    asked = _shaped(shapes.asked, envelope)
    return Request(
        source,
        id_,
        type_,
        organization,
        user,
        time,
        asked.connection,
        asked.fields,
        asked.run,
        asked.letter,
        warnings,
    )


def _time(envelope: Envelope, recorded_ms: int | None, reading: Reading) -> datetime:
    """Return the event's time, which must not be long after the record's timestamp (R-96)."""
    time = read_time(envelope.attributes.get("time"))
    if time is None or (
        recorded_ms is not None and time.timestamp() > recorded_ms / 1000 + reading.future
    ):
        raise _bad(envelope, "time")
    return time


def _shaped(shape: Callable[[Json], T], envelope: Envelope) -> T:
    try:
        return shape(envelope.data)
    except shapes.WrongShape as wrong:
        member = wrong.member
    raise _bad(envelope, member)


def _warnings(
    envelope: Envelope, key: bytes | None, organization: str, user: str
) -> tuple[Code, ...]:
    """Compare the record's key with the person that the event names, who decides (R-98)."""
    if key is not None:
        expected = key_of(organization, user)
        if key == expected or key.lower() == expected:
            return ()
        if not is_key(key):
            raise _bad(envelope, "key")
    return (Code.KEY_MISMATCH,)


def _bad(envelope: Envelope, *fields: str, code: Code = Code.BAD_EVENT) -> BadEvent:
    return BadEvent(code, STAGE, fields, about(envelope.attributes))
