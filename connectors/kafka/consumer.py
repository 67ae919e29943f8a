"""The consumer: the port `processors.ports.source.Source`, on confluent-kafka.

Classic group protocol, cooperative-sticky. Reading begins where the store says: a partition that
is assigned is paused in the callback, and sought and resumed by the loop. The callbacks never
raise and never look at the store (`design.md`, Intake).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.kafka.faults import fault_in, fault_of
from connectors.kafka.reach import RECONNECT_MS, Reach
from processors.ports.source import Place, Record
from schemas.errors import RetryLater

WATERMARK_SECONDS: Final = 10.0
KIB: Final = 1024
"""Bytes in a KiB; and KiB in a MiB, librdkafka's other unit."""

log = structlog.get_logger()


def settings_of(session_timeout: float, queue_mib: int, group: str) -> dict[str, Any]:
    """Return librdkafka's settings of a consumer that keeps its offsets elsewhere.

    Args:
        session_timeout: seconds.
        queue_mib: how much is fetched ahead.
        group: the consumer group's name.
    """
    return {
        "group.id": group,
        "session.timeout.ms": int(session_timeout * 1000),
        "heartbeat.interval.ms": int(session_timeout * 1000 / 4),
        "max.poll.interval.ms": max(300_000, int(session_timeout * 1000)),
        "partition.assignment.strategy": "cooperative-sticky",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "queued.min.messages": 5_000,  # of a partition; small ones take more than their bytes
        "queued.max.messages.kbytes": queue_mib * KIB,
        "fetch.message.max.bytes": 512 * KIB,
        "fetch.wait.max.ms": 100,
        "fetch.queue.backoff.ms": 10,  # a full queue is empty sooner than the default of a second
        "reconnect.backoff.max.ms": RECONNECT_MS,
    }


class KafkaSource:
    """Reads topics; one thread owns it.

    Args:
        settings: librdkafka's, whole.
        topics: by name; they must exist.
    """

    def __init__(self, settings: Mapping[str, Any], topics: Sequence[str]) -> None:
        self._assigned: set[Place] = set()
        self._fresh: set[Place] = set()
        self._beyond: dict[Place, int] = {}
        self._begun: dict[Place, int] = {}
        self._halted: set[Place] = set()
        self._paused = False
        self._topic = topics[0]
        self._reach = Reach()
        try:
            self._consumer = Consumer(
                {**settings, "logger": _Quiet(), "error_cb": self._reach.hear}
            )
            self._consumer.subscribe(
                list(topics),
                on_assign=self._on_assign,
                on_revoke=self._on_gone,
                on_lost=self._on_gone,
            )
        except KafkaException as error:
            raise fault_in(error) from None

    def poll(self, limit: int, seconds: float) -> Sequence[Record]:
        """See the port."""
        try:
            messages = self._consumer.consume(limit, seconds)
            if messages:
                self._reach.answered()
            else:
                self._reach.probe(self._consumer, self._topic)
        except KafkaException as error:
            self._upset()
            raise fault_in(error) from None
        except Exception:  # a callback's, or a probe's
            self._upset()
            raise
        if any(message.error() is not None for message in messages):
            return self._sorted_out(messages)
        return cast("Sequence[Record]", messages)  # headers() as a dict is never the reader's

    def assigned(self) -> frozenset[Place]:
        """See the port."""
        return frozenset(self._assigned)

    def fresh(self) -> frozenset[Place]:
        """See the port."""
        return frozenset(self._fresh)

    def out_of_range(self) -> Mapping[Place, int]:
        """See the port."""
        return dict(self._beyond)

    def begin(self, place: Place, offset: int) -> None:
        """See the port."""
        target = TopicPartition(place.topic, place.partition, offset)
        self._begun[place] = offset
        try:
            if place in self._halted or not self._sought(target):
                self._consumer.incremental_unassign([target])
                self._consumer.incremental_assign([target])
                self._halted.discard(place)
                self._beyond.pop(place, None)
            if not self._paused:
                self._consumer.resume([target])
        except KafkaException as error:
            raise fault_in(error) from None
        self._fresh.discard(place)

    def earliest(self, place: Place) -> int:
        """See the port."""
        try:
            low, _ = self._consumer.get_watermark_offsets(
                TopicPartition(place.topic, place.partition), WATERMARK_SECONDS
            )
        except KafkaException as error:
            raise fault_in(error) from None
        return int(low)

    def position(self, place: Place) -> int | None:
        """See the port."""
        try:
            (found,) = self._consumer.position([TopicPartition(place.topic, place.partition)])
        except KafkaException as error:
            raise fault_in(error) from None
        return int(found.offset) if found.offset >= 0 else None

    def end(self, place: Place) -> int | None:
        """See the port."""
        try:
            _, high = self._consumer.get_watermark_offsets(_target(place), cached=True)
        except KafkaException:
            return None
        return int(high) if high >= 0 else None

    def pause(self) -> None:
        """See the port."""
        self._paused = True
        try:
            self._consumer.pause([_target(place) for place in self._assigned])
        except KafkaException as error:
            raise fault_in(error) from None

    def resume(self) -> None:
        """See the port."""
        self._paused = False
        waiting = self._fresh | set(self._beyond)
        try:
            self._consumer.resume([_target(place) for place in self._assigned - waiting])
        except KafkaException as error:
            raise fault_in(error) from None

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """See the port."""
        mine = [
            TopicPartition(place.topic, place.partition, offset)
            for place, offset in offsets.items()
            if place in self._assigned
        ]
        if mine:
            try:
                self._consumer.commit(offsets=mine, asynchronous=True)
            except KafkaException as error:
                log.info("consumer.commit_failed", why=str(fault_in(error)))

    def close(self) -> None:
        """See the port."""
        try:
            self._consumer.close()
        except (KafkaException, RuntimeError):
            log.info("consumer.close_failed")

    def _sorted_out(self, messages: Sequence[Message]) -> list[Record]:
        """Keep the records; note what the others say."""
        records: list[Record] = []
        for message in messages:
            error = message.error()
            if error is None:
                records.append(cast("Record", message))
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001 - its public name
                self._halt(message)
            elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - as above
                fault = fault_of(error)
                if not isinstance(fault, RetryLater):
                    self._upset()
                    raise fault
                log.info("consumer.hears", why=str(fault))
        return records

    def _sought(self, target: TopicPartition) -> bool:
        """Seek; False where that cannot be: reading did not begin, or stands still."""
        try:
            self._consumer.seek(target)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._STATE:  # noqa: SLF001 - as below
                raise
            return False
        return True

    def _upset(self) -> None:
        """Begin everything anew: what was gathered is lost, and a callback may have failed.

        A partition whose callback failed is assigned all the same, and read from Kafka's offset.
        """
        held = self._consumer.assignment()
        self._assigned = {Place(one.topic, one.partition) for one in held}
        self._fresh = set(self._assigned)

    def _halt(self, message: Message) -> None:
        """Note that a partition stands still: seeking does not move it any more.

        Without an offset it is Kafka's own that is missing, which nobody asked for: it was
        assigned behind our back, after a callback that failed, and has only to be begun. So has
        one that stands before where it was begun: an assignment's own offset was fetched before
        the pause, and is gone.
        """
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if topic is None or partition is None:
            return
        place = Place(topic, partition)
        self._halted.add(place)
        begun = self._begun.get(place)
        if offset is None or begun is None or offset < max(begun, 0):
            self._fresh.add(place)
        else:
            self._beyond[place] = offset

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Assign, pause, note; begins nowhere until the loop says where."""
        try:
            if partitions:
                for one in partitions:
                    one.offset = 0  # else Kafka's offset is looked up, and its absence an error
                consumer.incremental_assign(partitions)
                consumer.pause(partitions)
        except KafkaException as error:
            log.warning("consumer.assign_failed", why=str(fault_in(error)))
        self._reach.answered()
        places = {Place(one.topic, one.partition) for one in partitions}
        self._forget(places)
        self._assigned |= places
        self._fresh |= places

    def _on_gone(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Forget: no transaction is open here, since one thread does both."""
        try:
            if partitions:
                consumer.incremental_unassign(partitions)
        except KafkaException as error:
            log.info("consumer.unassign_failed", why=str(fault_in(error)))
        places = {Place(one.topic, one.partition) for one in partitions}
        self._assigned -= places
        self._fresh -= places
        self._forget(places)

    def _forget(self, places: Collection[Place]) -> None:
        """Forget how reading of partitions went before."""
        self._halted -= set(places)
        for place in places:
            self._beyond.pop(place, None)
            self._begun.pop(place, None)


class _Quiet:
    """Takes librdkafka's own log lines, whose text is foreign, and drops it."""

    def log(self, level: int, *_: object) -> None:
        log.debug("librdkafka.says", level=level)


def _target(place: Place) -> TopicPartition:
    return TopicPartition(place.topic, place.partition)
