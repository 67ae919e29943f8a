"""Letters' bytes are read by place, and what cannot be read is said."""

import time
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from connectors.kafka import letters as module
from connectors.kafka.letters import KafkaLetters
from processors.ports.replay import LetterRecord, Missing
from processors.ports.source import Place
from schemas.errors import BrokerUnavailable, StopProcess
from schemas.letter import PREFIX
from tests.fixtures.brokers import MakeTopic, topic_maker
from tests.fixtures.records import kafka, until, write

HEADERS = [
    ("ce_id", b"1"), ("ce_id", None), (f"{PREFIX}event-source", b"/huma/users"),
    (f"{PREFIX}event-id", b"e1"),
]  # fmt: skip


def held(value: bytes | None, key: bytes | None = b"k") -> LetterRecord:
    """Return a letter as it was written."""
    return LetterRecord(key, value, HEADERS)


@pytest.mark.rule("R-90")
def test_what_stands_at_each_place_is_read(any_broker: str, new_topic: MakeTopic) -> None:
    """Bytes, key and headers as they are, of whatever partition; nothing is committed for it."""
    topic = new_topic(3)
    write(any_broker, Place(topic, 0), *(b"a%d" % n for n in range(20)), key=b"k", headers=HEADERS)
    write(any_broker, Place(topic, 2), b"\xff\x00 no event", None, key=None, headers=HEADERS)
    read = KafkaLetters(kafka(any_broker), topic).read
    assert read([(2, 1), (0, 19), (0, 3), (2, 0), (0, 3)]) == {
        (0, 3): held(b"a3"),
        (0, 19): held(b"a19"),
        (2, 0): held(b"\xff\x00 no event", None),
        (2, 1): held(None, None),
    }
    assert read([]) == {}


@pytest.mark.rule("R-90")
def test_letters_far_apart_are_sought(
    any_broker: str, new_topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run of near ones is read in one go."""
    monkeypatch.setattr(module, "APART", 2)
    topic = new_topic()
    write(any_broker, Place(topic, 0), *(b"%d" % n for n in range(50)), key=b"k", headers=HEADERS)
    places = [(0, 1), (0, 2), (0, 30), (0, 49)]
    found = KafkaLetters(kafka(any_broker), topic).read(places)
    assert found == {place: held(b"%d" % place[1]) for place in places}


@pytest.mark.rule("R-90")
def test_what_is_not_there_is_said(any_broker: str, new_topic: MakeTopic) -> None:
    """Beyond the end (the topic was made anew), in a partition that it has not, or no letter."""
    topic = new_topic(1)
    write(any_broker, Place(topic, 0), b"a", key=b"k", headers=HEADERS)
    write(any_broker, Place(topic, 0), b"b", key=b"k")
    assert KafkaLetters(kafka(any_broker), topic).read([(0, 0), (0, 1), (0, 2), (7, 0)]) == {
        (0, 0): held(b"a"),
        (0, 1): Missing.ANOTHER,
        (0, 2): Missing.BEYOND,
        (7, 0): Missing.NO_PARTITION,
    }


@pytest.mark.java
@pytest.mark.rule("R-90")
def test_retention_takes_letters_away(broker: str, new_topic_of: MakeTopic) -> None:
    """What it left is read all the same; of an emptied topic nothing is."""
    topic = new_topic_of(1)
    write(broker, Place(topic, 0), *(b"%d" % n for n in range(10)), key=b"k", headers=HEADERS)
    read = KafkaLetters(kafka(broker), topic).read
    _delete_before(broker, topic, 6)
    assert read([(0, 5), (0, 6)]) == {(0, 5): Missing.EXPIRED, (0, 6): held(b"6")}
    _delete_before(broker, topic, 10)
    assert read([(0, 5), (0, 6)]) == {(0, 5): Missing.EXPIRED, (0, 6): Missing.EXPIRED}


@pytest.mark.java
@pytest.mark.rule("R-90")
def test_retention_may_take_them_while_they_are_read(
    broker: str, new_topic_of: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what the partition holds, and the reading."""
    topic = new_topic_of(1)
    write(broker, Place(topic, 0), *(b"%d" % n for n in range(10)), key=b"k", headers=HEADERS)
    held_now = KafkaLetters._held
    looks: list[list[int]] = []

    def overtaken(*given: Any) -> list[int]:
        found = held_now(*given)
        if not looks:
            _delete_before(broker, topic, 6)
        looks.append(found)
        return found

    monkeypatch.setattr(KafkaLetters, "_held", overtaken)
    found = KafkaLetters(kafka(broker), topic).read([(0, 5), (0, 6)])
    assert found == {(0, 5): Missing.EXPIRED, (0, 6): held(b"6")}
    assert looks == [[5, 6], [6]]


@pytest.mark.java
@pytest.mark.rule("R-90")
def test_a_partition_that_was_added_is_read(broker: str, new_topic_of: MakeTopic) -> None:
    """Letters that were written before stay where they are."""
    topic = new_topic_of(1)
    letters = KafkaLetters(kafka(broker), topic)
    write(broker, Place(topic, 0), b"a", key=b"k", headers=HEADERS)
    assert letters.read([(1, 0)]) == {(1, 0): Missing.NO_PARTITION}
    admin = AdminClient(kafka(broker))
    admin.create_partitions([NewPartitions(topic, 2)])[topic].result(30)
    until(lambda: len(admin.list_topics(topic, 10).topics[topic].partitions) == 2)
    write(broker, Place(topic, 1), b"b", key=b"k", headers=HEADERS)
    assert letters.read([(0, 0), (1, 0)]) == {(0, 0): held(b"a"), (1, 0): held(b"b")}


@pytest.mark.java
def test_a_missing_topic_is_said(broker: str) -> None:
    """No letter is taken for expired by it."""
    with pytest.raises(StopProcess, match="topics apply"):
        KafkaLetters(kafka(broker), "none").read([(0, 0)])


def test_a_cluster_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that it is given."""
    monkeypatch.setattr(module, "SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        KafkaLetters(kafka("127.0.0.1:1"), "none").read([(0, 0)])
    assert time.monotonic() - began < 10


def _delete_before(servers: str, topic: str, offset: int) -> None:
    """Let a topic's first partition begin at this offset, as retention does."""
    place = TopicPartition(topic, 0, offset)
    admin = AdminClient(kafka(servers))
    admin.delete_records([place])[place].result(30)


@pytest.fixture
def new_topic_of(broker: str) -> MakeTopic:
    """Makes topics on Apache Kafka."""
    return topic_maker(broker)
