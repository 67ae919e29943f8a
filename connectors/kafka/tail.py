"""Reads a topic from its beginning for a viewer: no group, no offsets, nothing promised."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from connectors.kafka.faults import fault_in, fault_of

AT_ONCE: Final = 5000
METADATA_SECONDS: Final = 10.0


class Tail:
    """What a topic holds, and what is added to it."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def poll(self, seconds: float) -> list[bytes]:
        """Return the values that came, waiting so long for the first ones."""
        messages = self._consumer.consume(AT_ONCE, seconds)
        return [
            value
            for message in messages
            if message.error() is None and (value := message.value()) is not None
        ]


@contextmanager
def tail(kafka: Mapping[str, Any], topic: str) -> Iterator[Tail]:
    """Open a topic for reading.

    Args:
        kafka: how to reach the cluster, in librdkafka's names.
        topic: which must exist.

    Raises:
        BrokerUnavailable: the cluster is not there.
        StopProcess: the topic is not there, or a setting is wrong.
    """
    own = {"group.id": f"huma-xledger-tail-{time.time_ns()}", "enable.auto.commit": False}
    try:
        consumer = Consumer({**kafka, **own})
    except KafkaException as error:
        raise fault_in(error) from None
    try:
        known = consumer.list_topics(topic, METADATA_SECONDS).topics[topic]
        if known.error is not None:
            raise fault_of(known.error)
        consumer.assign(
            [TopicPartition(topic, number, OFFSET_BEGINNING) for number in known.partitions]
        )
        yield Tail(consumer)
    except KafkaException as error:
        raise fault_in(error) from None
    finally:
        consumer.close()
