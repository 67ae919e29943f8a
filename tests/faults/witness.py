"""What any plain consumer sees: every event and request, every outcome, every dead letter."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from schemas.reading import OUR_SOURCE
from schemas.topics import DEAD_LETTERS, EVENTS, OUTCOMES, REQUESTS, Topic

Headers: TypeAlias = list[tuple[str, bytes | None]]

AT_ONCE = 5000
SECONDS = 30.0
HEARTBEAT = "heartbeat"


class Identity(NamedTuple):
    """What makes an event one: source and id; of what has none, its place stands for both."""

    source: str
    id: str


@dataclass(slots=True)
class Published:
    """One event. `times`: in how many records it came."""

    identity: Identity
    key: bytes | None
    value: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)
    times: int = 1

    @property
    def decodable(self) -> bool:
        """Whether it carries CloudEvents attributes; a tombstone does not, and is told apart."""
        return any(name == "ce_id" for name, _ in self.headers)


class Place(NamedTuple):
    """Where an event's record lies."""

    partition: int
    offset: int


class Told(NamedTuple):
    """That there is an outcome: of which event, for which connection."""

    event: Identity
    connection: str | None


class Witness:
    """Reads the topics from their beginning.

    Args:
        servers: of the cluster; its topics must exist.
    """

    def __init__(self, servers: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": "witness",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        self._consumer.assign(
            [
                TopicPartition(topic.name, number, OFFSET_BEGINNING)
                for topic in (EVENTS, REQUESTS, OUTCOMES, DEAD_LETTERS)
                for number in range(topic.partitions)
            ]
        )
        self.records = 0
        self.events: dict[Identity, Published] = {}
        self.places: dict[Place, Identity] = {}
        self.outcomes: dict[Told, list[bytes]] = {}
        self.asked: dict[Identity, Published] = {}
        """Requests of ours but heartbeats, and `answered` their outcomes."""
        self.answered: dict[Told, list[bytes]] = {}
        self.letters: list[tuple[Identity, bytes | None]] = []
        self.outside: list[str] = []
        """Everything of our own topics that must hold no value: keys, headers, outcomes."""

    def close(self) -> None:
        """Stop reading."""
        self._consumer.close()

    def read(self, seconds: float = 0.0) -> int:
        """Read what is there, waiting so long for the first; returns how many records."""
        messages = [one for one in self._consumer.consume(AT_ONCE, seconds) if one.error() is None]
        for message in messages:
            self._take(message)
        return len(messages)

    def read_to(self, ends: dict[TopicPartition, int]) -> bool:
        """Read on; True once every partition has been read to its end."""
        self.read(0.02)
        positions = self._consumer.position(list(ends))
        return all(
            found.offset >= end or end == 0
            for found, end in zip(positions, ends.values(), strict=True)
        )

    def ends(self, topic: Topic) -> dict[TopicPartition, int]:
        """Return where a topic ends now."""
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        return {one: self._consumer.get_watermark_offsets(one, SECONDS)[1] for one in partitions}

    def _take(self, message: Message) -> None:
        key, value = message.key(), message.value()
        headers = cast("Headers", message.headers() or [])
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        if message.topic() == EVENTS.name:
            identity = _identity(headers, f"{EVENTS.name}/{partition}/{offset}")
            self.records += 1
            self.places[Place(partition, offset)] = identity
            _count(self.events, Published(identity, key, value, headers))
            return
        self.outside += [text(key), *_texts(headers)]
        if message.topic() == REQUESTS.name:
            self.outside.append(text(value))
            asked: dict[str, Any] = json.loads(value or b"{}")
            if HEARTBEAT not in asked["type"]:
                identity = Identity(asked["source"], asked["id"])
                _count(self.asked, Published(identity, key, value, headers))
        elif message.topic() == OUTCOMES.name:
            assert value is not None
            self.outside.append(text(value))
            told, type_ = told_by(value)
            ours = told.event.source == OUR_SOURCE
            if not (ours and HEARTBEAT in type_):
                (self.answered if ours else self.outcomes).setdefault(told, []).append(value)
        else:
            found = dict(_pairs(headers))
            names = (f"huma-xledger-event-{part}" for part in ("source", "id"))
            self.letters.append((Identity(*(found[name] for name in names)), value))


def _count(events: dict[Identity, Published], one: Published) -> None:
    if one.identity in events:
        events[one.identity].times += 1
    else:
        events[one.identity] = one


def told_by(value: bytes) -> tuple[Told, str]:
    """Return whose outcome it is, for which connection, and the type of its event."""
    outcome: dict[str, Any] = json.loads(value)
    event = outcome["event"]
    told = Told(Identity(event["source"], event["id"]), outcome.get("connection"))
    return told, event.get("type") or ""


def _identity(headers: Headers, place: str) -> Identity:
    found = dict(_pairs(headers))
    if "ce_id" not in found:
        return Identity(place, place)
    return Identity(found["ce_source"], found["ce_id"])


def _pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    return ((name, text(raw)) for name, raw in headers)


def _texts(headers: Headers) -> Iterator[str]:
    for name, raw in headers:
        yield name
        yield text(raw)


def text(raw: bytes | None) -> str:
    """Return bytes as text, whatever they are."""
    return (raw or b"").decode("utf-8", "replace")
