"""Records that Huma's simulator would not publish: repeats, nonsense, other people's."""

from collections.abc import Sequence
from random import Random
from uuid import UUID

from confluent_kafka import Producer

from schemas.topics import EVENTS
from tests.faults.witness import Headers, Published

FLUSH_SECONDS = 30.0
NO_JSON = b"\xff{no JSON"


class Plain:
    """A plain producer on the topic of Huma's events.

    Args:
        servers: of the cluster.
        random: makes ids.
    """

    def __init__(self, servers: str, random: Random) -> None:
        self._producer = Producer({"bootstrap.servers": servers, "log_level": 0})
        self._random = random

    def repeat(self, events: Sequence[Published]) -> int:
        """Publish records once more, as they were."""
        for event in events:
            self._publish(event.key, event.value, event.headers)
        return self._flushed(len(events))

    def strangers(self, like: Published) -> int:
        """Publish what is no event, and an event of an organisation without a connection."""
        organization, user = self._uuid(), self._uuid()
        other = {"ce_organization": organization.encode(), "ce_subject": user.encode()}
        headers = [(name, other.get(name, raw)) for name, raw in like.headers]
        self._publish(like.key, NO_JSON, [])
        self._publish(like.key, None, [])
        self._publish(f"{organization}:{user}".encode(), like.value, headers)
        return self._flushed(3)

    def _publish(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self._producer.produce(EVENTS.name, key=key, value=value, headers=list(headers))

    def _flushed(self, count: int) -> int:
        left = self._producer.flush(FLUSH_SECONDS)
        assert not left, "Kafka did not take the records"
        return count

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
