"""A consumer group's committed offsets, looked at and set from outside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.faults import fault_in
from connectors.kafka.watermarks import Watermarks
from processors.ports.source import Place
from processors.ports.watch import Reached
from schemas.errors import BrokerUnavailable, Fault, StopProcess

SECONDS: Final = 15.0
MEMBERS: Final = frozenset(
    {
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.REBALANCE_IN_PROGRESS,
    }
)
"""How the brokers refuse an offset of whoever is no member while there are members."""


class CommittedOffsets:
    """The port `GroupOffsets`, and how to set them. It never joins the group.

    Args:
        settings: how to reach the cluster, in librdkafka's names.
        group: whose offsets.
        topics: by name.
    """

    def __init__(self, settings: Mapping[str, Any], group: str, topics: Sequence[str]) -> None:
        self._settings = settings
        self._group = group
        self._topics = topics
        self._opened: tuple[Consumer, Watermarks] | None = None
        self._met = False

    def reached(self) -> Mapping[Place, Reached]:
        """See the port. Once the cluster has answered, whatever it says later is waited for."""
        try:
            consumer, watermarks = self._open()
            ranges = watermarks.ranges()
            committed = _committed(consumer, ranges)
        except (KafkaException, Fault) as error:
            self._opened = None
            fault = error if isinstance(error, Fault) else fault_in(error)
            raise (BrokerUnavailable(str(fault)) if self._met else fault) from None
        self._met = True
        return {
            place: Reached(committed.get(place), first, end)
            for place, (first, end) in ranges.items()
        }

    def committed(self) -> dict[Place, int]:
        """Return the committed offsets of those partitions that have one."""
        return {
            place: one.committed
            for place, one in self.reached().items()
            if one.committed is not None
        }

    @property
    def watermarks(self) -> Watermarks:
        """What the topics hold."""
        try:
            return self._open()[1]
        except KafkaException as error:
            raise fault_in(error) from None

    def set(self, offsets: Mapping[Place, int]) -> None:
        """Commit offsets for the group.

        Raises:
            StopProcess: somebody of the group is running; nothing was set.
        """
        asked = [TopicPartition(place.topic, place.partition, at) for place, at in offsets.items()]
        try:
            _refuse_errors(self._open()[0].commit(offsets=asked, asynchronous=False))
        except KafkaException as error:
            if error.args[0].code() in MEMBERS:
                raise StopProcess(
                    f"the group {self._group} is being read: stop every `run watch`, wait "
                    "KAFKA__SESSION_TIMEOUT if one was killed, and set its offsets then"
                ) from None
            raise fault_in(error) from None

    def _open(self) -> tuple[Consumer, Watermarks]:
        if self._opened is None:
            own = {"group.id": self._group, "enable.auto.commit": False, "log_level": 0}
            consumer = Consumer({**self._settings, **own})
            self._opened = (consumer, Watermarks(self._settings, self._topics))
        return self._opened


def _committed(consumer: Consumer, places: Iterable[Place]) -> dict[Place, int]:
    asked = [TopicPartition(place.topic, place.partition) for place in places]
    told = consumer.committed(asked, SECONDS) if asked else []
    _refuse_errors(told)
    return {Place(one.topic, one.partition): one.offset for one in told if one.offset >= 0}


def _refuse_errors(told: Iterable[TopicPartition] | None) -> None:
    for one in told or ():
        if one.error is not None:
            raise KafkaException(one.error)
