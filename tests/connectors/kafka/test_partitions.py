"""How many partitions topics have, on each broker, and when there is none."""

from contextlib import suppress

import pytest
from confluent_kafka import Producer

from connectors.kafka import partitions
from connectors.kafka.partitions import TopicPartitions
from processors.ports.source import Place
from schemas.errors import BrokerUnavailable, StopProcess
from tests.fixtures.brokers import MakeTopic
from tests.fixtures.records import kafka, until


@pytest.mark.rule("R-109")
def test_as_many_as_every_topic_has(any_broker: str, new_topic: MakeTopic) -> None:
    """A heartbeat comes back by the same partition of another topic, so it must be there."""
    many, few = new_topic(5), new_topic(3)
    settings = kafka(any_broker)

    asking = TopicPartitions(settings, [many, few])

    def shown() -> bool:  # brokers learn of a topic one by one
        with suppress(BrokerUnavailable):
            return asking.count() > 0
        return False

    until(shown)
    assert asking.count() == 3
    assert TopicPartitions(settings, [few, many]).count() == 3
    assert TopicPartitions(settings, [many]).count() == 5


@pytest.mark.rule("R-60")
def test_the_ends_of_the_first_topic(any_broker: str, new_topic: MakeTopic) -> None:
    """What was written last is counted; other topics are not asked for."""
    settings, topic = kafka(any_broker), new_topic(3)
    asking = TopicPartitions(settings, [topic])
    producer = Producer(settings)
    for partition in (0, 2, 2):
        producer.produce(topic, b"x", partition=partition)
    producer.flush()
    assert asking.ends() == {Place(topic, 0): 1, Place(topic, 1): 0, Place(topic, 2): 2}


def test_a_topic_that_is_missing_is_said(any_broker: str) -> None:
    """The sentence says how to mend it; asking makes no topic, and whoever asks goes on without."""
    asking = TopicPartitions(kafka(any_broker), ["nobody.s"])
    for _ in range(2):
        with pytest.raises(BrokerUnavailable, match=r"no topic nobody.s: run `topics apply`"):
            asking.count()


def test_a_cluster_that_is_away_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends no process; a wrong setting does, before anything is asked."""
    monkeypatch.setattr(partitions, "SECONDS", 0.5)
    away = TopicPartitions(kafka("127.0.0.1:1"), ["any"])
    for _ in range(2):
        with pytest.raises(BrokerUnavailable):
            away.count()
    with pytest.raises(StopProcess, match="KAFKA__ settings"):
        TopicPartitions({**kafka("127.0.0.1:1"), "security.protocol": "none"}, ["any"])
