"""What topics hold: first offset, end, and the offset of a time."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.kafka.faults import fault_in, fault_of
from processors.ports.source import Place

SECONDS: Final = 15.0


class Watermarks:
    """Asks the cluster, as a consumer that joins no group.

    Args:
        settings: how to reach the cluster, in librdkafka's names.
        topics: by name; those that do not exist hold nothing.

    Raises:
        BrokerUnavailable, StopProcess: see `connectors.kafka.faults`; so do the methods.
    """

    def __init__(self, settings: Mapping[str, Any], topics: Sequence[str]) -> None:
        group = f"huma-xledger-watermarks-{time.time_ns()}"
        try:
            self._consumer = Consumer({**settings, "group.id": group})
            known = self._consumer.list_topics(timeout=SECONDS).topics
        except KafkaException as error:
            raise fault_in(error) from None
        self._places = [
            Place(name, number)
            for name in topics
            if name in known
            for number in sorted(known[name].partitions)
        ]

    def ranges(self) -> dict[Place, tuple[int, int]]:
        """Return each partition's first offset and its end, the next one to be written."""
        found: dict[Place, tuple[int, int]] = {}
        try:
            for place in self._places:
                asked = TopicPartition(place.topic, place.partition)
                low, high = self._consumer.get_watermark_offsets(asked, SECONDS)
                found[place] = (int(low), int(high))
        except KafkaException as error:
            raise fault_in(error) from None
        return found

    def at(self, milliseconds: int) -> dict[Place, int]:
        """Return each partition's first offset written at this time or later; its end for none."""
        asked = [TopicPartition(p.topic, p.partition, milliseconds) for p in self._places]
        try:
            told = self._consumer.offsets_for_times(asked, SECONDS) if asked else []
        except KafkaException as error:
            raise fault_in(error) from None
        for one in told:
            if one.error is not None:  # its offset is the time that was asked for
                raise fault_of(one.error)
        offsets = {Place(one.topic, one.partition): int(one.offset) for one in told}
        return {
            place: end if offsets[place] < 0 else offsets[place]
            for place, (_, end) in self.ranges().items()
        }
