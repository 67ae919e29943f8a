"""Fills a topic with events of many organisations, as Huma's services publish them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson
from confluent_kafka import Producer

Record: TypeAlias = tuple[bytes | None, bytes, list[tuple[str, str | bytes | None]]]
"""Key, value and headers."""

REVISIONS: Final = 1_700_000_000_000
"""Where revisions begin: as long as real ones are."""
FAMILIES: Final = ("Hansen", "Ødegård", "Nguyen", "Solberg-Dahl", "van der Berg", "Strøm")


@dataclass(frozen=True, slots=True)
class Mix:
    """What is in the topic.

    Attributes:
        events: how many records.
        organizations: those the events belong to, in turn.
        people: how many of each organisation.
        keyed: whether records carry their proper key; without one the event itself is read.
    """

    events: int
    organizations: tuple[str, ...]
    people: int
    keyed: bool = True


def organizations(count: int) -> tuple[str, ...]:
    """Return so many organisations' ids, always the same."""
    return tuple(uuid(1_000_000 + number) for number in range(count))


def uuid(number: int) -> str:
    """Return a UUID that stands for a number."""
    return str(UUID(int=Random(number).getrandbits(128), version=4))  # noqa: S311 - repeatable


def fill(servers: str, topic: str, mix: Mix) -> None:
    """Publish the mix and wait until the broker has it."""
    publish(servers, topic, _records(mix))


def publish(servers: str, topic: str, records: Iterable[Record]) -> None:
    """Publish records and wait until the broker has them."""
    producer = Producer(
        {
            "bootstrap.servers": servers,
            "linger.ms": 50,
            "batch.num.messages": 20_000,
            "queue.buffering.max.messages": 500_000,
            "compression.type": "none",  # aiokafka, and so Faust, knows no other without more
        }
    )
    for key, value, headers in records:
        while True:
            try:
                producer.produce(topic, value, key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(120)
    assert left == 0, f"{left} records were not taken"


def event(organization: str, user: str, kind: str, number: int, data: Any) -> Record:
    """Return an event as a record in binary mode.

    Args:
        organization: whose.
        user: about whom.
        kind: `updated` or `created`.
        number: makes its id and its revision; rises.
        data: its data.
    """
    now = datetime.now(UTC)
    headers: list[tuple[str, str | bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(number).encode()),
        ("ce_source", b"/huma/users"),
        ("ce_type", f"com.humahr.user.{kind}.v1".encode()),
        ("ce_subject", user.encode()),
        ("ce_time", now.isoformat().encode()),
        ("ce_organization", organization.encode()),
        ("ce_revision", str(REVISIONS + number).encode()),
        ("content-type", b"application/json"),
    ]
    return f"{organization}:{user}".encode(), orjson.dumps(data), headers


def _records(mix: Mix) -> Iterator[Record]:
    users = [uuid(number) for number in range(mix.people)]
    random = Random(1)  # noqa: S311 - repeatable
    for number in range(mix.events):
        organization = mix.organizations[number % len(mix.organizations)]
        user = users[(number // len(mix.organizations)) % len(users)]
        changes = {"phone": f"+47{random.randrange(40_000_000, 49_999_999)}"}
        if random.random() < 0.7:  # noqa: PLR2004 - 1.7 fields an event
            changes["familyName"] = random.choice(FAMILIES)
        key, value, headers = event(organization, user, "updated", number, {"changes": changes})
        yield key if mix.keyed else None, value, headers
