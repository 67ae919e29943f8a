"""What topics have now, partitions and ends: the port `processors.ports.sweep.Partitions`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from connectors.kafka.faults import fault_in
from connectors.kafka.reach import RECONNECT_MS, Reach
from processors.ports.source import Place
from schemas.errors import BrokerUnavailable

LATEST: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call]
SECONDS: Final = 5.0
"""A cluster that does not answer within this time is away."""


class TopicPartitions:
    """Asks the cluster, each time anew.

    Args:
        settings: how to reach the cluster, in librdkafka's names.
        topics: a heartbeat goes from the first to the same partition of the others.

    Raises:
        StopProcess: a setting is wrong.
    """

    def __init__(self, settings: Mapping[str, Any], topics: Sequence[str]) -> None:
        self._topics = topics
        self._reach = Reach()
        own: dict[str, Any] = {
            "log_level": 0,
            "error_cb": self._reach.hear,
            "reconnect.backoff.max.ms": RECONNECT_MS,
        }
        try:
            self._admin = AdminClient({**settings, **own})
        except KafkaException as error:
            raise fault_in(error) from None

    def count(self) -> int:
        """See the port: as many as each of the topics has."""
        return min(self._counts().values())

    def ends(self) -> Mapping[Place, int]:
        """See the port: of the first of the topics."""
        topic = self._topics[0]
        asked = [TopicPartition(topic, number) for number in range(self._counts()[topic])]
        try:
            told = self._admin.list_offsets(dict.fromkeys(asked, LATEST), request_timeout=SECONDS)
            found = {one.partition: future.result().offset for one, future in told.items()}
        except KafkaException as error:
            raise self._reach.fault(fault_in(error)) from None
        return {Place(topic, number): int(end) for number, end in found.items()}

    def _counts(self) -> dict[str, int]:
        """Return the number of partitions of each of the topics.

        All topics are asked for: a broker may make one that is asked for by its name.
        """
        try:
            known = self._admin.list_topics(timeout=SECONDS).topics
        except KafkaException as error:
            self._admin.poll(0)  # hears why nobody answered
            raise self._reach.fault(fault_in(error)) from None
        self._reach.answered()
        for name in self._topics:
            if name not in known or not known[name].partitions:
                raise BrokerUnavailable(f"Kafka shows no topic {name}: run `topics apply`")
        return {name: len(known[name].partitions) for name in self._topics}
