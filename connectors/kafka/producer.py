"""The producer: the port `processors.ports.outbox.Publisher`, idempotent and `acks=all`."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.kafka.faults import BAD_RECORDS, fault_in, fault_of
from connectors.kafka.reach import RECONNECT_MS, Reach
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
            "reconnect.backoff.max.ms": RECONNECT_MS,
            "log_level": 0,
        }
        self._producer: Producer | None = None
        self._reports: dict[int, str | None] = {}
        self._reach = Reach()
        self._broken = False

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
        if left or self._broken:
            self._abandon(producer)
        if reports:
            self._reach.answered()
        elif rows:
            raise self._reach.fault(BrokerUnavailable("Kafka took nothing of the outbox in time"))
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
        def report(error: KafkaError | None, _: Message | None = None) -> None:
            if error is None:
                self._reports[row.id] = None
            elif not isinstance(fault_of(error), RetryLater) or error.code() in BAD_RECORDS:
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
            report(error.args[0])
        return True

    def _abandon(self, producer: Producer) -> None:
        """Purge, so that nothing is published after the lease; a new producer begins afresh."""
        producer.purge(in_queue=True, in_flight=True, blocking=True)
        producer.flush(1.0)
        self._producer, self._broken = None, False

    def _on_error(self, error: KafkaError) -> None:
        self._reach.hear(error)
        self._broken = self._broken or error.fatal()
