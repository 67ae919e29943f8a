"""The publisher: in order, with all acknowledgements, and what is not reported is not done."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from connectors.kafka.producer import SLACK_BYTES, KafkaPublisher
from processors.ports.outbox import OutboxRow
from schemas.errors import BrokerUnavailable
from schemas.topics import OURS_MAX_BYTES
from tests.fixtures.brokers import MakeTopic, topic_maker
from tests.fixtures.records import kafka, read

DELIVERY = 6.0


@contextmanager
def publisher_on(servers: str) -> Iterator[KafkaPublisher]:
    """Return a publisher as the relay has it."""
    with closing(KafkaPublisher(kafka(servers), DELIVERY)) as publisher:
        yield publisher


def row(number: int, topic: str, value: bytes | None, partition: int | None = None) -> OutboxRow:
    """Return a row of one person."""
    return OutboxRow(number, topic, partition, b"o:u", value, ())


@pytest.mark.rule("R-81")
def test_rows_arrive_in_their_order(any_broker: str, new_topic: MakeTopic) -> None:
    """All are reported, and one key's records stand in one partition as they were published."""
    topic = new_topic(4)
    rows = [row(number, topic, str(number).encode()) for number in range(3000)]
    with publisher_on(any_broker) as publisher:
        reports = {**publisher.publish(rows[:2000], DELIVERY)}
        reports |= publisher.publish(rows[2000:], DELIVERY)
    assert reports == dict.fromkeys(range(3000))
    found = read(any_broker, topic, 3000)
    assert [one.value() for one in found] == [one.value for one in rows]
    assert len({one.partition() for one in found}) == 1


def test_a_record_arrives_as_it_was_written(any_broker: str, new_topic: MakeTopic) -> None:
    """Key, value and headers are unchanged, null ones too; a told partition is kept."""
    topic = new_topic(3)
    headers = [("ce_id", b"\xff\x00"), ("ce_id", b"twice"), ("null", None), ("empty", b"")]
    rows = [
        OutboxRow(1, topic, 2, None, None, headers),
        OutboxRow(2, topic, 2, b"", b"", ()),
        OutboxRow(3, topic, 0, b"k", b"\x00\xff", ()),
    ]
    with publisher_on(any_broker) as publisher:
        assert publisher.publish(rows, DELIVERY) == dict.fromkeys([1, 2, 3])
    found = {one.partition(): one for one in read(any_broker, topic, 3)}
    assert set(found) == {0, 2}
    first, second = read(any_broker, topic, 2, partition=2)
    assert (first.key(), first.value(), first.headers()) == (None, None, headers)
    assert (second.key(), second.value(), second.headers() or []) == (b"", b"", [])


@pytest.mark.java
def test_a_record_that_is_too_large_is_refused_alone(broker: str) -> None:
    """It says why, by the cluster or before; those beside it arrive, in order."""
    topic = topic_maker(broker)(max_message_bytes="1100000")
    noise = os.urandom(1_200_000)
    rows = [
        row(1, topic, b"1"),
        row(2, topic, noise),
        row(3, topic, b"3"),
        row(4, topic, bytes(OURS_MAX_BYTES + SLACK_BYTES)),
        row(5, topic, b"5"),
    ]
    with publisher_on(broker) as publisher:
        reports = publisher.publish(rows, DELIVERY)
        assert publisher.publish([row(6, topic, b"6")], DELIVERY) == {6: None}
    too_large = "MSG_SIZE_TOO_LARGE"
    assert reports == {1: None, 2: too_large, 3: None, 4: too_large, 5: None}
    assert [one.value() for one in read(broker, topic, 4)] == [b"1", b"3", b"5", b"6"]


def test_what_is_not_reported_in_time_is_purged_and_absent(
    any_broker: str, new_topic: MakeTopic
) -> None:
    """A row that nobody takes is no refusal: it is absent, and is not published later."""
    topic = new_topic()
    rows = [row(1, topic, b"1"), row(2, topic, b"2", partition=7), row(3, topic, b"3")]
    with publisher_on(any_broker) as publisher:
        reports = publisher.publish(rows, 2.0)
        assert reports.get(2, "absent") is not None
        assert {one: reports[one] for one in (1, 3)} == {1: None, 3: None}
        assert publisher.publish([row(4, topic, b"4")], DELIVERY) == {4: None}
    assert [one.value() for one in read(any_broker, topic, 3)] == [b"1", b"3", b"4"]


def test_no_time_at_all_publishes_nothing(any_broker: str, new_topic: MakeTopic) -> None:
    """When nothing was taken in time, the cluster counts as away, and the rows as unpublished."""
    topic = new_topic()
    with publisher_on(any_broker) as publisher:
        with pytest.raises(BrokerUnavailable, match="outbox"):
            publisher.publish([row(1, topic, b"1")], 0.0)
        assert publisher.publish([], 0.0) == {}
        assert publisher.publish([row(2, topic, b"2")], DELIVERY) == {2: None}
    assert [one.value() for one in read(any_broker, topic, 1)] == [b"2"]


def test_closing_twice_or_unused_is_nothing(any_broker: str, new_topic: MakeTopic) -> None:
    """A relay that never published closes too; and one that is closed opens anew."""
    topic = new_topic()
    publisher = KafkaPublisher(kafka(any_broker), DELIVERY)
    publisher.close()
    assert publisher.publish([row(1, topic, b"1")], DELIVERY) == {1: None}
    publisher.close()
    publisher.close()
