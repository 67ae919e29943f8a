"""How many partitions topics have now: the port `processors.ports.sweep.Partitions`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connectors.kafka.faults import fault_in
from connectors.kafka.reach import RECONNECT_MS, Reach
from schemas.errors import BrokerUnavailable

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
        """See the port: as many as each of the topics has.

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
        return min(len(known[name].partitions) for name in self._topics)
