"""The producer: the port `processors.ports.outbox.Publisher`, idempotent and `acks=all`."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.kafka.faults import fault_in, fault_of
from processors.ports.outbox import OutboxRow
from schemas.errors import BrokerUnavailable, RetryLater
from schemas.topics import OURS_MAX_BYTES

ANY_PARTITION: Final = -1
SLACK_BYTES: Final = 1024 * 1024
"""Room for a record's key and headers besides its value."""


class KafkaPublisher:
    """Publishes outbox rows.

    Args:
        settings: how to reach the cluster, in librdkafka's names.
        delivery_timeout: seconds that Kafka has to take a record; below the relay's lease.
    """

    def __init__(self, settings: Mapping[str, Any], delivery_timeout: float) -> None:
        self._settings = {
            **settings,
            "enable.idempotence": True,
            "acks": "all",
            "delivery.timeout.ms": int(delivery_timeout * 1000),
            "request.timeout.ms": int(delivery_timeout * 1000),
            "message.max.bytes": OURS_MAX_BYTES + SLACK_BYTES,
            "linger.ms": 5,
            "batch.num.messages": 10_000,
            "queue.buffering.max.messages": 100_000,
            "compression.type": "lz4",
            "log_level": 0,
        }
        self._producer: Producer | None = None
        self._reports: dict[int, str | None] = {}
        self._fatal: KafkaError | None = None

    def publish(self, rows: Sequence[OutboxRow], seconds: float) -> Mapping[int, str | None]:
        """See the port. A refusal that means "away" is no report: the row stays."""
        producer = self._open()
        reports: dict[int, str | None] = {}
        self._reports = reports
        ends = time.monotonic() + seconds
        for row in rows:
            while not self._produce(producer, row):
                producer.poll(0.05)
                if time.monotonic() > ends:
                    break
            else:
                producer.poll(0)
                continue
            break
        left = producer.flush(max(0.0, ends - time.monotonic()))
        if left:
            self._abandon(producer)
        if self._fatal is not None:
            fault = fault_of(self._fatal)
            self._abandon(producer)
            self._fatal = None
            if not reports:
                raise fault
        if rows and not reports:
            raise BrokerUnavailable("Kafka took nothing of the outbox in time")
        return reports

    def close(self) -> None:
        """Drop what is not yet sent: the outbox still has it."""
        if self._producer is not None:
            self._abandon(self._producer)

    def _open(self) -> Producer:
        if self._producer is None:
            try:
                self._producer = Producer({**self._settings, "error_cb": self._on_error})
            except KafkaException as error:
                raise fault_in(error) from None
        return self._producer

    def _produce(self, producer: Producer, row: OutboxRow) -> bool:
        def report(error: KafkaError | None, _: Message) -> None:
            if error is None:
                self._reports[row.id] = None
            elif not isinstance(fault_of(error), RetryLater) or error.code() in (
                KafkaError.MSG_SIZE_TOO_LARGE,
                KafkaError.RECORD_LIST_TOO_LARGE,
            ):
                self._reports[row.id] = error.name()

        try:
            producer.produce(
                row.topic,
                row.value,
                row.key,
                partition=ANY_PARTITION if row.partition is None else row.partition,
                headers=list(row.headers),
                on_delivery=report,
            )
        except BufferError:
            return False
        except KafkaException as error:
            inner = error.args[0]
            self._reports[row.id] = inner.name()
        return True

    def _abandon(self, producer: Producer) -> None:
        """Purge, so that nothing is published after the lease; a new producer begins afresh."""
        producer.purge(in_queue=True, in_flight=True, blocking=True)
        producer.flush(1.0)
        self._producer = None

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or not isinstance(fault_of(error), RetryLater):
            self._fatal = error
