"""The consumer begins where it is told, whatever Kafka thinks; and says what stops it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.kafka.consumer import KafkaSource, settings_of
from processors.ports.source import Place
from tests.fixtures.brokers import MakeTopic, topic_maker
from tests.fixtures.records import (
    SESSION,
    assigned,
    begun,
    kafka,
    new_group,
    source_of,
    take,
    until,
    write,
)

FIVE = tuple(str(number).encode() for number in range(5))


@contextmanager
def polled(source: KafkaSource) -> Iterator[None]:
    """Poll in a thread of its own, as another process would; begins what is fresh."""
    stop = threading.Event()

    def go() -> None:
        while not stop.is_set():
            source.poll(10, 0.05)
            for place in source.fresh():
                source.begin(place, 0)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_the_end_is_known_once_something_was_fetched(any_broker: str, new_topic: MakeTopic) -> None:
    """Of a partition that is not there either nothing is asked, and nothing raised."""
    place = Place(new_topic(), 0)
    write(any_broker, place, *FIVE)
    with closing(source_of(any_broker, place.topic)) as source:
        assert source.end(place) is None
        begun(source)
        assert take(source, 1) == [FIVE[0]]
        assert source.end(place) == 5
        assert source.end(Place(place.topic, 99)) is None


@pytest.mark.parametrize("committed", [None, 1, 5])
def test_reading_begins_where_it_is_told(
    any_broker: str, new_topic: MakeTopic, committed: int | None
) -> None:
    """Kafka's own offset decides nothing, be it elsewhere or absent; before, nothing is read."""
    place, group = Place(new_topic(), 0), new_group()
    write(any_broker, place, *FIVE)
    if committed is not None:
        tool = Consumer({**kafka(any_broker), "group.id": group})
        tool.commit(offsets=[TopicPartition(*place, committed)], asynchronous=False)
        tool.close()
    with closing(source_of(any_broker, place.topic, group=group)) as source:
        assigned(source)
        assert source.assigned() == source.fresh() == {place}
        source.begin(place, 3)
        assert take(source, 2) == [b"3", b"4"]
        assert source.fresh() == set()
        assert source.out_of_range() == {}


def test_a_partition_is_begun_anew_at_any_time(any_broker: str, new_topic: MakeTopic) -> None:
    """What was fetched ahead is dropped, and the position is unknown until something is read."""
    place = Place(new_topic(), 0)
    write(any_broker, place, *FIVE)
    with closing(source_of(any_broker, place.topic)) as source:
        begun(source)
        assert take(source, 1) == [b"0"]
        source.begin(place, 3)
        assert source.position(place) is None
        assert take(source, 2) == [b"3", b"4"]
        assert source.position(place) == 5
        source.begin(place, 1)
        assert source.position(place) is None
        assert take(source, 4) == list(FIVE[1:])


@pytest.mark.java
def test_the_position_passes_what_is_no_record(broker: str) -> None:
    """A transaction's marker ends an idle partition: the row follows, before retention does."""
    place = Place(topic_maker(broker)(), 0)
    producer = Producer({**kafka(broker), "transactional.id": place.topic})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(place.topic, b"0", partition=0)
    producer.commit_transaction(20)
    with closing(source_of(broker, place.topic)) as source:
        begun(source)
        assert take(source, 1) == [b"0"]

        def followed() -> bool:
            assert list(source.poll(1, 0.05)) == []
            return source.position(place) == 2

        until(followed)


@pytest.mark.java
def test_the_earliest_offset_is_what_the_topic_still_holds(broker: str) -> None:
    """After retention it is not 0; an offset before it is out of range, and mended by a new one."""
    place = Place(topic_maker(broker)(), 0)
    write(broker, place, *FIVE)
    admin = AdminClient(kafka(broker))
    (deleted,) = admin.delete_records([TopicPartition(*place, 3)]).values()
    deleted.result(20)
    with closing(source_of(broker, place.topic)) as source:
        begun(source, 1)
        until(lambda: not source.poll(1, 0.05) and source.out_of_range() == {place: 1})
        assert source.earliest(place) == 3
        source.begin(place, source.earliest(place))
        assert take(source, 2) == [b"3", b"4"]


def test_an_offset_out_of_range_stands_still_until_begun(
    any_broker: str, new_topic: MakeTopic
) -> None:
    """Nothing is reset silently; other partitions go on; the next beginning mends it."""
    topic = new_topic(2)
    wrong, right = Place(topic, 0), Place(topic, 1)
    write(any_broker, wrong, *FIVE)
    with closing(source_of(any_broker, topic)) as source:
        assigned(source, 2)
        source.begin(wrong, 99)
        source.begin(right, 0)
        until(lambda: not source.poll(10, 0.05) and source.out_of_range() == {wrong: 99})
        write(any_broker, right, b"other")
        assert take(source, 1) == [b"other"]
        source.pause()
        source.resume()
        assert list(source.poll(10, 0.1)) == []
        assert source.out_of_range() == {wrong: 99}
        source.begin(wrong, 2)
        assert take(source, 3) == list(FIVE[2:])
        assert source.out_of_range() == {}


class Hasty(KafkaSource):
    """A consumer that fetches from where it was assigned, before it is told where to begin."""

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        super()._on_assign(consumer, partitions)
        consumer.resume(partitions)


@pytest.mark.java
@pytest.mark.parametrize("heard", [True, False])
def test_the_assignments_own_offset_is_never_out_of_range(broker: str, *, heard: bool) -> None:
    """Its records may be gone: reading begins where it is told, before or after that is heard."""
    place = Place(topic_maker(broker)(), 0)
    write(broker, place, *FIVE)
    admin = AdminClient(kafka(broker))
    (deleted,) = admin.delete_records([TopicPartition(*place, 2)]).values()
    deleted.result(20)
    found: list[bytes | None] = []
    with closing(
        Hasty({**kafka(broker), **settings_of(SESSION, 16, new_group())}, [place.topic])
    ) as source:
        assigned(source, 1)
        for _ in range(20):  # meanwhile the broker says so
            admin.list_topics(place.topic, 10)
            if heard:
                source.poll(1, 0.05)

        def look() -> bool:
            for one in source.fresh():
                source.begin(one, 3)
            found.extend(record.value() for record in source.poll(9, 0.05))
            return found[-2:] == list(FIVE[3:])

        until(look)
        assert source.out_of_range() == {}


def test_while_paused_nothing_is_read(any_broker: str, new_topic: MakeTopic) -> None:
    """A pause outlasts a beginning; resuming goes on where reading was."""
    place = Place(new_topic(), 0)
    write(any_broker, place, *FIVE)
    with closing(source_of(any_broker, place.topic)) as source:
        begun(source)
        assert take(source, 1) == [b"0"]
        source.pause()
        source.begin(place, 2)
        assert [list(source.poll(10, 0.1)) for _ in range(3)] == [[], [], []]
        source.resume()
        assert take(source, 3) == list(FIVE[2:])


@pytest.mark.java
def test_two_consumers_share_the_partitions(broker: str) -> None:
    """Who keeps a partition goes on; who gets one is told so, and begins it; pauses survive.

    On Apache Kafka alone: noida-db never gives a second cooperative member its share.
    """
    topic, group = topic_maker(broker)(2), new_group()
    both = {Place(topic, 0), Place(topic, 1)}
    with ExitStack() as stack:
        first = stack.enter_context(closing(source_of(broker, topic, group=group)))
        begun(first, number=2)
        second = source_of(broker, topic, group=group)
        with closing(second), polled(second):
            until(lambda: not first.poll(1, 0.05) and len(second.assigned()) == 1)
            until(lambda: not first.poll(1, 0.05) and first.assigned() | second.assigned() == both)
            assert first.fresh() == set()
            first.pause()
            lost = next(iter(both - first.assigned()))
        until(lambda: not first.poll(1, 0.05) and first.assigned() == both)
        assert first.fresh() == {lost}
        write(broker, lost, b"later")
        first.begin(lost, 0)
        assert [list(first.poll(10, 0.1)) for _ in range(3)] == [[], [], []]
        first.resume()
        assert take(first, 1) == [b"later"]


def test_what_was_read_is_told_to_lag_tools(any_broker: str, new_topic: MakeTopic) -> None:
    """Only of partitions that are ours; it decides nothing, and never raises."""
    place, group = Place(new_topic(2), 0), new_group()
    write(any_broker, place, *FIVE)
    tool = Consumer({**kafka(any_broker), "group.id": group})
    with closing(source_of(any_broker, place.topic, group=group)) as source:
        begun(source, number=2)
        source.commit({place: 4, Place("elsewhere", 0): 1})

        def told() -> bool:
            source.poll(1, 0.05)
            (found,) = tool.committed([TopicPartition(*place)], 10)
            return bool(found.offset == 4)

        until(told)
    tool.close()


class Failing(KafkaSource):
    """A consumer whose callback fails once."""

    failed = False

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if partitions and not self.failed:
            self.failed = True
            raise RuntimeError("a bug of ours")
        super()._on_assign(consumer, partitions)


def test_a_callback_that_fails_costs_nothing(any_broker: str, new_topic: MakeTopic) -> None:
    """The driver assigns all the same, at Kafka's offset: so everything is to be begun anew."""
    place, group = Place(new_topic(), 0), new_group()
    write(any_broker, place, *FIVE)
    settings = {**kafka(any_broker), **settings_of(SESSION, 16, group)}
    with closing(Failing(settings, [place.topic])) as source:

        def raised() -> bool:
            try:
                source.poll(1, 0.05)
            except RuntimeError:
                return True
            return False

        until(raised)
        assert source.assigned() == source.fresh() == {place}
        source.begin(place, 2)
        assert take(source, 3) == list(FIVE[2:])
        assert source.out_of_range() == {}


class Halted:
    """What the driver says when it stands still; without an offset it was Kafka's own it missed."""

    def __init__(self, place: Place, offset: int | None) -> None:
        self.place, self.at = place, offset

    def error(self) -> KafkaError:
        """Say why."""
        return KafkaError(KafkaError._AUTO_OFFSET_RESET)

    def topic(self) -> str:
        """Say where; so the others."""
        return self.place.topic

    def partition(self) -> int:
        """See `topic`."""
        return self.place.partition

    def offset(self) -> int | None:
        """See `topic`."""
        return self.at


@pytest.mark.parametrize("offset", [None, -1001])
def test_kafkas_own_offset_is_never_out_of_range(
    any_broker: str, new_topic: MakeTopic, offset: int | None
) -> None:
    """Nobody asked for it: the partition is begun anew, even when it was begun already."""
    place = Place(new_topic(), 0)
    write(any_broker, place, *FIVE)
    with closing(source_of(any_broker, place.topic)) as source:
        begun(source)
        assert take(source, 1) == [b"0"]
        message: Any = Halted(place, offset)
        assert source._sorted_out([message]) == []
        assert source.out_of_range() == {}
        assert source.fresh() == {place}
        source.begin(place, 3)
        assert take(source, 2) == [b"3", b"4"]


class Refusing:
    """A driver that refuses everything."""

    def __getattr__(self, name: str) -> Any:
        raise KafkaException(KafkaError(KafkaError._STATE))


def test_callbacks_never_raise(any_broker: str, new_topic: MakeTopic) -> None:
    """What the driver refuses in a callback is noted: the loop begins the partition anyhow."""
    place = Place(new_topic(), 0)
    with closing(source_of(any_broker, place.topic)) as source:
        driver: Any = Refusing()
        source._on_assign(driver, [TopicPartition(*place)])
        assert source.assigned() == source.fresh() == {place}
        source._on_gone(driver, [TopicPartition(*place)])
        assert source.assigned() == source.fresh() == set()
        source._on_assign(driver, [])
        assert source.fresh() == set()
