"""Apache Kafka as a child: it survives a kill with what it acknowledged."""

import signal
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from connectors.broker import apache, jars
from schemas.errors import StopProcess
from tests.fixtures.brokers import topic_maker

pytestmark = pytest.mark.java


def test_a_killed_broker_starts_again_with_its_records(own_apache: apache.Apache) -> None:
    """What was acknowledged before a kill -9 is there after the next start, at the same address."""
    topic = topic_maker(own_apache.servers)()
    producer = Producer({"bootstrap.servers": own_apache.servers, "acks": "all", "log_level": 0})
    producer.produce(topic, b"kept")
    assert producer.flush(10) == 0
    own_apache.kill()
    own_apache.start()
    reader = Consumer({"bootstrap.servers": own_apache.servers, "group.id": "kept"})
    reader.assign([TopicPartition(topic, 0, 0)])
    messages = reader.consume(1, 10)
    reader.close()
    assert [message.value() for message in messages] == [b"kept"]


def test_a_stopped_broker_is_silent_until_it_goes_on(own_apache: apache.Apache) -> None:
    """SIGSTOP makes it answer nobody, SIGCONT everybody; ending it works in between."""
    reader = Consumer(
        {"bootstrap.servers": own_apache.servers, "group.id": "still", "log_level": 0}
    )
    own_apache.signal(signal.SIGSTOP)
    with pytest.raises(KafkaException):
        reader.list_topics(timeout=0.3)
    own_apache.signal(signal.SIGCONT)
    assert reader.list_topics(timeout=10).brokers
    own_apache.signal(signal.SIGSTOP)
    own_apache.stop()
    reader.close()


def test_the_jars_are_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the jars in the cache neither Maven nor a network is needed."""
    first = jars.class_path()
    monkeypatch.setattr(jars, "_fetch", lambda _: pytest.fail("fetched again"))
    assert jars.class_path() == first


def test_a_maven_that_cannot_fetch_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without jars and without Maven one sentence says so, and the next try begins afresh."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert jars.missing() == "java and mvn"
    for _ in range(2):
        with pytest.raises(StopProcess, match="Maven could not fetch"):
            jars.class_path()
