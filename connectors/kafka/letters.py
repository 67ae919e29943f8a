"""Letters' bytes, read from the dead-letter topic by place: the port `LetterRecords` (R-90)."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.kafka.faults import fault_in, fault_of
from processors.ports.replay import LetterRecord, Missing
from schemas.cloudevents import Headers
from schemas.errors import BrokerUnavailable
from schemas.letter import parse
from schemas.topics import DEAD_LETTERS

SECONDS: Final = 15.0
"""So long without a record, where one should stand, and the cluster is away."""
APART: Final = 1000
"""Records between two letters that are rather read over than sought past."""
GONE: Final = frozenset(
    {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001 - its public name
)
"""Retention took what was about to be read."""
END: Final = KafkaError._PARTITION_EOF  # noqa: SLF001 - its public name

Found = dict[tuple[int, int], LetterRecord | Missing]


class KafkaLetters:
    """The port `processors.ports.replay.LetterRecords`. It joins no group, and commits nothing.

    Args:
        kafka: how to reach the cluster, in librdkafka's names.
        topic: where letters stand.
    """

    def __init__(self, kafka: Mapping[str, Any], topic: str = DEAD_LETTERS.name) -> None:
        self._kafka = kafka
        self._topic = topic

    def read(
        self, places: Sequence[tuple[int, int]]
    ) -> Mapping[tuple[int, int], LetterRecord | Missing]:
        """See the port.

        Raises:
            BrokerUnavailable: the cluster is away.
            StopProcess: the topic is missing, or a setting is wrong.
        """
        wanted: dict[int, list[int]] = defaultdict(list)
        for partition, offset in sorted(set(places)):
            wanted[partition].append(offset)
        if not wanted:
            return {}
        own = {
            "group.id": f"huma-xledger-letters-{time.time_ns()}",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 10,  # at an end the broker would hold up the next partition
        }
        try:
            with closing(Consumer({**self._kafka, **own})) as consumer:
                known = consumer.list_topics(self._topic, SECONDS).topics[self._topic]
                if known.error is not None:
                    raise fault_of(known.error)
                found: Found = dict.fromkeys(places, Missing.EXPIRED)
                for partition, offsets in wanted.items():
                    if partition not in known.partitions:
                        found |= {(partition, one): Missing.NO_PARTITION for one in offsets}
                        continue
                    for run in _runs(self._held(consumer, partition, offsets, found)):
                        self._read_run(consumer, partition, run, found)
                return found
        except KafkaException as error:
            raise fault_in(error) from None

    def _held(
        self, consumer: Consumer, partition: int, offsets: list[int], found: Found
    ) -> list[int]:
        """Return those offsets that the partition still holds; notes what it has never held."""
        low, high = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), SECONDS)
        found |= {(partition, one): Missing.BEYOND for one in offsets if one >= high}
        return [offset for offset in offsets if low <= offset < high]

    def _read_run(self, consumer: Consumer, partition: int, run: list[int], found: Found) -> None:
        """Read what stands at the offsets of one run; what is passed over is there no longer."""
        consumer.assign([TopicPartition(self._topic, partition, run[0])])
        meant, last = set(run), run[-1]
        for message in _messages(consumer):
            error, offset = message.error(), message.offset()
            if error is not None and error.code() in GONE:
                rest = [one for one in run if found[partition, one] is Missing.EXPIRED]
                if held := self._held(consumer, partition, rest, found):
                    self._read_run(consumer, partition, held, found)
                return
            if error is not None and error.code() == END:
                return
            if error is not None:
                raise fault_of(error)
            if offset in meant:
                found[partition, offset] = _letter(message)
            if offset is not None and offset >= last:
                return


def _messages(consumer: Consumer) -> Iterator[Message]:
    while (message := consumer.poll(SECONDS)) is not None:
        yield message
    raise BrokerUnavailable("Kafka does not answer (no letter came in time)")


def _runs(offsets: Sequence[int]) -> Iterator[list[int]]:
    """Yield offsets, in order, in runs without a great gap.

    >>> list(_runs([1, 2, 900, 5000]))
    [[1, 2, 900], [5000]]
    """
    run: list[int] = []
    for offset in offsets:
        if run and offset - run[-1] > APART:
            yield run
            run = []
        run.append(offset)
    if run:
        yield run


def _letter(message: Message) -> LetterRecord | Missing:
    """Return a record as it stands; one that is no letter took its place (the topic is another)."""
    headers = _headers(message)
    carried = parse(headers)
    if carried.event_source is None or carried.event_id is None:
        return Missing.ANOTHER
    return LetterRecord(message.key(), message.value(), headers)


def _headers(message: Message) -> Headers:
    return cast("Headers", message.headers() or [])  # of what was read it is never a dict
