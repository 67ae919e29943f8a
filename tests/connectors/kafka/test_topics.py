"""Topics as declared: planned, brought about, and checked before a role starts."""

import os
from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connectors.kafka import topics as module
from connectors.kafka.topics import Topics
from schemas.errors import BrokerUnavailable, StopProcess
from schemas.topics import ALL, DEAD_LETTERS, EVENTS, OURS_MAX_BYTES, OUTCOMES, REQUESTS, Topic
from tests.fixtures.brokers import NUMBERS
from tests.fixtures.records import kafka
from tests.fixtures.waiting import until

KIB = 1024
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def declared() -> tuple[Topic, Topic]:
    """A source and a topic of ours, under names that no other test has."""
    number = next(NUMBERS)
    return tuple(  # type: ignore[return-value]  # two they are
        replace(topic, name=f"{topic.name}-{os.getpid()}-{number}", partitions=2)
        for topic in (EVENTS, DEAD_LETTERS)
    )


def made(servers: str, topic: Topic, partitions: int, **config: str) -> None:
    """Make a topic otherwise than declared, and wait until the broker knows it."""
    settings = {name.replace("_", "."): value for name, value in config.items()}
    new = NewTopic(topic.name, partitions, 1, config=settings)
    admin = AdminClient(kafka(servers))
    admin.create_topics([new])[topic.name].result(20)
    until(lambda: topic.name in admin.list_topics(timeout=20).topics)


@pytest.mark.rule("R-108")
def test_what_is_declared() -> None:
    """Ours take 64 KiB more than the source's, so that a letter of any event fits."""
    assert [topic.name for topic in ALL if topic.ours] == [
        "huma.xledger.requests.v1",
        "huma.xledger.outcomes.v1",
        "huma.xledger.dead-letters.v1",
    ]
    assert EVENTS.max_message_bytes == (10 * KIB + 64) * KIB
    assert {topic.max_message_bytes - EVENTS.max_message_bytes for topic in ALL if topic.ours} == {
        64 * KIB
    }
    days = {topic.name: topic.retention_ms // DAY_MS for topic in ALL}
    assert days == {EVENTS.name: 14, REQUESTS.name: 30, OUTCOMES.name: 90, DEAD_LETTERS.name: 30}
    assert {topic.partitions for topic in ALL} == {12}


def test_missing_topics_are_made(any_broker: str, declared: tuple[Topic, Topic]) -> None:
    """The plan names them, no role starts, applying makes them whole, and then nothing is left."""
    topics = Topics(kafka(any_broker), 1, declared)
    assert [step.says for step in topics.plan()] == [
        f"create {topic.name} with 2 partitions" for topic in declared
    ]
    with pytest.raises(StopProcess, match=r"create .* run `topics apply`"):
        topics.check()
    assert [step.topic for step in topics.apply()] == list(declared)
    assert topics.plan() == []
    assert topics.apply() == []
    topics.check()


def test_what_differs_is_corrected(any_broker: str, declared: tuple[Topic, Topic]) -> None:
    """Retention and sizes are set; a wrong retention keeps no role from starting."""
    source, ours = declared
    made(
        any_broker, source, 2, retention_ms="1000", max_message_bytes=str(source.max_message_bytes)
    )
    made(any_broker, ours, 3, max_message_bytes=str(OURS_MAX_BYTES), retention_ms="2592000000")
    topics = Topics(kafka(any_broker), 1, declared)
    says = [f"set retention.ms of {source.name} to {source.retention_ms} (is 1000)"]
    assert [step.says for step in topics.plan()] == says
    topics.check()
    assert [step.says for step in topics.apply()] == says
    assert topics.plan() == []


@pytest.mark.parametrize(
    ("which", "more", "starts"), [(0, 1, False), (0, -1, True), (1, 1, True), (1, -1, False)]
)
def test_a_letter_always_fits(
    any_broker: str, declared: tuple[Topic, Topic], which: int, more: int, *, starts: bool
) -> None:
    """No role starts when the source takes more, or ours less, than is declared."""
    for number, topic in enumerate(declared):
        size = topic.max_message_bytes + (more if number == which else 0)
        made(
            any_broker, topic, 2, max_message_bytes=str(size), retention_ms=str(topic.retention_ms)
        )
    topics = Topics(kafka(any_broker), 1, declared)
    (step,) = topics.plan()
    assert step.says.startswith(f"set max.message.bytes of {declared[which].name} to ")
    if starts:
        topics.check()
    else:
        with pytest.raises(StopProcess, match=r"max\.message\.bytes .* run `topics apply`"):
            topics.check()


def test_too_few_partitions_stay(any_broker: str, declared: tuple[Topic, Topic]) -> None:
    """More would move people to other partitions: it is said, and left to a human."""
    for topic in declared:
        made(
            any_broker, topic, 1,
            max_message_bytes=str(topic.max_message_bytes), retention_ms=str(topic.retention_ms),
        )  # fmt: skip
    topics = Topics(kafka(any_broker), 1, declared)
    steps = topics.plan()
    assert [step.says for step in steps] == [
        f"{topic.name} has 1 partitions, declared are 2: more would move keys to other "
        "partitions, so this stays as it is"
        for topic in declared
    ]
    assert topics.apply() == []
    assert topics.plan() == steps
    topics.check()


def test_two_may_apply_at_once(any_broker: str, declared: tuple[Topic, Topic]) -> None:
    """A topic that somebody made a moment ago is made."""
    late, early = Topics(kafka(any_broker), 1, declared), Topics(kafka(any_broker), 1, declared)
    steps = late.plan()
    early.apply()
    for step in steps:
        for future in late._futures(step):
            module._made(future)
    assert late.plan() == []


def test_what_the_cluster_cannot_do_is_said(any_broker: str, declared: tuple[Topic, Topic]) -> None:
    """More copies than brokers: a sentence for a human, no waiting."""
    with pytest.raises(StopProcess, match="INVALID_REPLICATION_FACTOR"):
        Topics(kafka(any_broker), 3, declared).apply()


@pytest.mark.java
def test_a_wrong_password_is_named(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver only says that nobody answered; we say which setting to look at.

    On Apache Kafka alone: noida-db knows no passwords.
    """
    monkeypatch.setattr(module, "METADATA_SECONDS", 0.5)
    wrong = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "canary",
        "sasl.password": "canary",
    }
    with pytest.raises(StopProcess, match="KAFKA__PASSWORD_FILE") as caught:
        Topics({**kafka(broker), **wrong}).check()
    assert "canary" not in str(caught.value)


def test_a_cluster_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may come: nobody has to mend a setting."""
    monkeypatch.setattr(module, "METADATA_SECONDS", 0.3)
    with pytest.raises(BrokerUnavailable):
        Topics(kafka("127.0.0.1:1")).plan()


def test_an_impossible_setting_is_a_sentence() -> None:
    """What the driver does not take is named as ours."""
    with pytest.raises(StopProcess, match="KAFKA__"):
        Topics({**kafka("127.0.0.1:1"), "security.protocol": "none"})
