"""A viewer sees a topic from its beginning, and what is added."""

import pytest

from connectors.kafka import tail as module
from connectors.kafka.tail import Tail, tail
from processors.ports.source import Place
from schemas.errors import BrokerUnavailable, StopProcess
from tests.fixtures.brokers import MakeTopic
from tests.fixtures.records import kafka, until, write


def seen(viewer: Tail, number: int) -> list[bytes]:
    """Poll until so many values came."""
    values: list[bytes] = []

    def came() -> bool:
        values.extend(viewer.poll(0.05))
        return len(values) >= number

    until(came)
    return sorted(values)


def test_it_sees_what_is_there_and_what_comes(any_broker: str, new_topic: MakeTopic) -> None:
    """Of all partitions; a record without a value is passed over."""
    topic = new_topic(2)
    write(any_broker, Place(topic, 0), b"a", None)
    write(any_broker, Place(topic, 1), b"b")
    with tail(kafka(any_broker), topic) as viewer:
        assert seen(viewer, 2) == [b"a", b"b"]
        write(any_broker, Place(topic, 1), b"c")
        assert seen(viewer, 1) == [b"c"]


@pytest.mark.java
def test_a_missing_topic_is_said(broker: str) -> None:
    """Nothing would ever come of it."""
    with pytest.raises(StopProcess, match="topics apply"), tail(kafka(broker), "none"):
        pass


def test_a_cluster_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said as everywhere."""
    monkeypatch.setattr(module, "METADATA_SECONDS", 0.3)
    with pytest.raises(BrokerUnavailable), tail(kafka("127.0.0.1:1"), "none"):
        pass


def test_an_impossible_setting_is_a_sentence() -> None:
    """No traceback of the driver's."""
    with (
        pytest.raises(StopProcess, match="KAFKA__"),
        tail({**kafka("127.0.0.1:1"), "security.protocol": "none"}, "none"),
    ):
        pass
