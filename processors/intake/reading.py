"""From records to items: the key first, then decoding (R-98). Nothing here asks the store."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from processors.ports.intake import Raw
from processors.ports.source import Place, Record
from schemas.about import About, BadEvent
from schemas.cloudevents import STAGE, Headers, Tombstone
from schemas.events import Event, Foreign, Request
from schemas.key import organization_of_key
from schemas.letter import Carried, parse
from schemas.reading import Reading, read
from schemas.reasons import Code

NOTHING_CARRIED: Final = Carried()
BEFORE_KAFKA_KNEW_TIME: Final = 0
"""The kind of a record's timestamp when it has none."""


@dataclass(frozen=True, slots=True)
class Item:
    """One record that concerns somebody: what it is, or why it is no event.

    `organization` is whose it is, None when nobody knows; `carried` is what a replay brings.
    """

    raw: Raw
    parsed: Event | Request | Foreign | Tombstone | BadEvent
    about: About
    organization: str | None
    carried: Carried


def items_of(
    records: Sequence[Record], connected: Collection[str], readings: Mapping[str, Reading]
) -> tuple[list[Item], int]:
    """Return what concerns organisations with a connection, or nobody known, and count the rest.

    Args:
        records: as polled.
        connected: organisations that have a connection, in whatever state.
        readings: how each topic is read.
    """
    items: list[Item] = []
    passed = 0
    for record in records:
        key = record.key()
        organization = organization_of_key(key)
        if organization is not None and organization not in connected:
            passed += 1
            continue
        item = _item(record, key, connected, readings)
        if item is None:
            passed += 1
        else:
            items.append(item)
    return items, passed


def _item(
    record: Record,
    key: bytes | None,
    connected: Collection[str],
    readings: Mapping[str, Reading],
) -> Item | None:
    """Return the item, or None when the event itself names an organisation without a connection."""
    topic = record.topic()
    assert topic is not None
    reading = readings[topic]
    kind, milliseconds = record.timestamp()
    timestamp = None if kind == BEFORE_KAFKA_KNEW_TIME else milliseconds
    value, (headers, readable) = record.value(), _headers(record)
    parsed: Event | Request | Foreign | Tombstone | BadEvent
    try:
        if not readable:
            raise BadEvent(Code.BAD_EVENT, STAGE, ("headers",), About())  # noqa: TRY301 - as read's
        parsed = read(key, value, headers, timestamp, reading)
    except BadEvent as bad:
        parsed = bad
    if isinstance(parsed, Event) and parsed.organization not in connected:
        return None  # before anything else is made of it: most events end here, or at the key
    about = _about(parsed).or_key(key)
    organization = about.organization
    if organization is not None and organization not in connected:
        return None
    partition, offset = record.partition(), record.offset()
    assert partition is not None
    assert offset is not None
    raw = Raw(Place(topic, partition), offset, timestamp, key, value, headers)
    carried = parse(headers) if reading.ours else NOTHING_CARRIED
    if carried.replay_count and not isinstance(parsed, Request):
        about = _replayed(about, carried)
    return Item(raw, parsed, about.at(topic, partition, offset), organization, carried)


def _replayed(about: About, carried: Carried) -> About:
    """Return what is known of a replay under its letter's identity: a round of that (R-90).

    It differs from the event's own where that could not be read when the letter was written.
    """
    source, id_ = carried.event_source, carried.event_id
    return about if source is None or id_ is None else replace(about, source=source, id=id_)


def _about(parsed: Event | Request | Foreign | Tombstone | BadEvent) -> About:
    if isinstance(parsed, Event | Request):
        return parsed.about()
    return About() if isinstance(parsed, Tombstone) else parsed.about


def _headers(record: Record) -> tuple[Headers, bool]:
    """Return the headers; none, and False, where a name is not UTF-8 and the driver gives up."""
    try:
        return record.headers() or [], True
    except UnicodeDecodeError:
        return [], False
