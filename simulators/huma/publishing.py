"""Where records go: to Kafka when there is a broker, and always to a list one can read."""

from collections import deque
from typing import Any, Final, Protocol

from confluent_kafka import Producer

from schemas.topics import EVENTS
from simulators.huma.events import Headers, Record

KEPT: Final = 200_000
"""Records that can be read back at the most; older ones are forgotten, not the newest refused."""
FLUSH_SECONDS: Final = 5.0
"""How long a write waits for the broker; afterwards the producer goes on trying by itself."""
FOR_GOOD_SECONDS: Final = 3600
"""How long the producer goes on trying: Huma's own services lose no event in an outage."""


class Publisher(Protocol):
    """Takes records in order, and says when all are out."""

    def publish(self, key: bytes, value: bytes, headers: Headers) -> None:
        """Take one record."""
        ...

    def flush(self) -> None:
        """Wait until everything taken is out, or a limit of time is reached."""
        ...


class Nowhere:
    """A publisher without a broker."""

    def publish(self, key: bytes, value: bytes, headers: Headers) -> None:
        """Take one record, and do nothing with it."""

    def flush(self) -> None:
        """Have nothing to wait for."""


class Kafka:
    """An idempotent producer on the topic of Huma's user events."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "message.timeout.ms": FOR_GOOD_SECONDS * 1000,
                "message.max.bytes": EVENTS.max_message_bytes,
                "queue.buffering.max.messages": KEPT,
                "log_level": 3,
            }
        )

    def publish(self, key: bytes, value: bytes, headers: Headers) -> None:
        """Queue one record; wait while the queue is full."""
        while True:
            try:
                self._producer.produce(EVENTS.name, key=key, value=value, headers=headers)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait until every record is acknowledged, or a few seconds have passed."""
        self._producer.flush(FLUSH_SECONDS)


class Published:
    """The newest records, numbered from 1 in the order in which they were published."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, record: Record) -> None:
        """Keep one more."""
        self._records.append(record)
        self._count += 1

    def after(self, number: int) -> list[dict[str, Any]]:
        """Return the records with a greater number, as JSON."""
        first = self._count - len(self._records) + 1
        return [
            {
                "number": first + at,
                "key": record.key.decode(),
                "headers": {name: _text(value) for name, value in record.headers},
                "value": record.value.decode(),
            }
            for at, record in enumerate(self._records)
            if first + at > number
        ]


def _text(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
