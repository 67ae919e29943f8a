"""The cluster goes away and comes back: it is said, and everything goes on by itself."""

import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.broker import apache
from connectors.broker.apache import Apache
from connectors.kafka.consumer import KafkaSource, settings_of
from connectors.kafka.producer import KafkaPublisher
from processors.ports.outbox import OutboxRow
from schemas.errors import BrokerUnavailable, StopProcess
from tests.fixtures.brokers import topic_maker
from tests.fixtures.parts import missing
from tests.fixtures.records import assigned, begun, kafka, read, source_of, take, until

pytestmark = [pytest.mark.java, pytest.mark.rule("R-85")]


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apache]:
    """An Apache Kafka of this file's own, to be stopped; it runs before and after each test."""
    lacking = apache.missing()
    if lacking is not None:
        missing("Apache Kafka", f"no {lacking}")
    with apache.running(tmp_path_factory.mktemp("mortal")) as running:
        yield running


def test_all_goes_on_when_the_cluster_is_back(mortal: Apache) -> None:
    """Reading says that it is away as long as it is, then begins where it is told.

    Publishing says so too; what it could not report is published again, in order.
    """
    servers = mortal.servers
    topic = topic_maker(servers)()
    rows = [OutboxRow(number, topic, 0, b"k", str(number).encode(), ()) for number in range(5)]
    with (
        closing(source_of(servers, topic, session=2.0)) as source,
        closing(KafkaPublisher(kafka(servers), 6.0)) as publisher,
    ):
        begun(source)
        assert publisher.publish(rows[:1], 6.0) == {0: None}
        assert take(source, 1) == [b"0"]
        mortal.stop()

        def says() -> bool:
            try:
                source.poll(10, 0.05)
            except BrokerUnavailable:
                return True
            return False

        until(says)
        assert says(), "as long as it is away"
        assert source.fresh() == source.assigned()  # lost meanwhile, or to be begun anew
        with pytest.raises(BrokerUnavailable):
            publisher.publish(rows[1:], 0.5)
        mortal.start()
        until(lambda: not says())
        for fresh in assigned(source).fresh():
            source.begin(fresh, 1)
        assert publisher.publish(rows[1:], 6.0) == dict.fromkeys(range(1, 5))
        assert take(source, 4) == [b"1", b"2", b"3", b"4"]


def test_a_silent_cluster_is_given_up_in_time(mortal: Apache) -> None:
    """Publishing ends with its time; what may have arrived all the same comes again, in order."""
    servers = mortal.servers
    topic = topic_maker(servers)()
    rows = [OutboxRow(number, topic, 0, b"k", str(number).encode(), ()) for number in range(50)]
    with closing(KafkaPublisher(kafka(servers), 6.0)) as publisher:
        assert publisher.publish(rows[:1], 6.0) == {0: None}
        mortal.signal(signal.SIGSTOP)
        with pytest.raises(BrokerUnavailable):
            publisher.publish(rows[1:], 0.5)
        mortal.signal(signal.SIGCONT)
        assert publisher.publish(rows[1:], 6.0) == dict.fromkeys(range(1, 50))
    values = [int(one.value() or b"") for one in read(servers, topic, 50)]
    assert values[:1] + values[-49:] == list(range(50))


def test_a_wrong_password_ends_a_consumer_that_never_read(broker: str) -> None:
    """It would wait for ever: the setting is named instead."""
    wrong = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "canary",
        "sasl.password": "canary",
    }
    source = KafkaSource({**kafka(broker), **settings_of(6, 16, "wrong"), **wrong}, ["none"])

    def poll() -> bool:
        source.poll(1, 0.05)
        return False

    with closing(source), pytest.raises(StopProcess, match="KAFKA__PASSWORD_FILE") as caught:
        until(poll)
    assert "canary" not in str(caught.value)
