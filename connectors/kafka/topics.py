"""The topics as they are and as they should be: `topics plan|apply`, and the check at start."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from connectors.kafka.faults import fault_in
from schemas.errors import BrokerUnavailable, StopProcess
from schemas.topics import ALL, Topic

if TYPE_CHECKING:
    from concurrent.futures import Future

SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Step:
    """One difference. `config` holds what to set; none and not `create`: only a human can."""

    topic: Topic
    create: bool
    config: Mapping[str, str]
    says: str


class Topics:
    """The cluster's topics.

    Args:
        settings: how to reach the cluster, in librdkafka's names.
        replication: copies of each new topic; -1 leaves it to the brokers' default.
    """

    def __init__(self, settings: Mapping[str, Any], replication: int = -1) -> None:
        self._replication = replication
        try:
            self._admin = AdminClient({**settings, "log_level": 0})
        except KafkaException as error:
            raise fault_in(error) from None

    def plan(self) -> list[Step]:
        """Return what differs.

        Raises:
            BrokerUnavailable: the cluster does not answer.
        """
        try:
            known = self._admin.list_topics(timeout=SECONDS).topics
            steps: list[Step] = []
            for topic in ALL:
                if topic.name not in known:
                    says = f"create {topic.name} with {topic.partitions} partitions"
                    steps.append(Step(topic, create=True, config={}, says=says))
                    continue
                count = len(known[topic.name].partitions)
                if count < topic.partitions:
                    says = (
                        f"{topic.name} has {count} partitions, declared are {topic.partitions}: "
                        "more would move keys to other partitions, so this stays as it is"
                    )
                    steps.append(Step(topic, create=False, config={}, says=says))
                steps.extend(self._config_steps(topic))
        except KafkaException as error:
            raise fault_in(error) from None
        return steps

    def apply(self) -> list[Step]:
        """Bring about what can be, and return those steps."""
        done = [step for step in self.plan() if step.create or step.config]
        try:
            for step in done:
                for future in self._futures(step):
                    future.result(SECONDS)
        except KafkaException as error:
            raise fault_in(error) from None
        ends = time.monotonic() + SECONDS
        while any(step.create for step in self.plan()):  # brokers learn of a topic one by one
            if time.monotonic() > ends:
                raise BrokerUnavailable("Kafka made the topics, and does not show them yet")
        return done

    def check(self) -> None:
        """Refuse to start on topics that cannot carry our records.

        Raises:
            StopProcess: a topic is missing, or takes only smaller records than it must.
        """
        for step in self.plan():
            if step.create or "max.message.bytes" in step.config:
                raise StopProcess(f"{step.says}: run `topics apply`")

    def _futures(self, step: Step) -> list["Future[Any]"]:
        topic = step.topic
        if step.create:
            new = NewTopic(topic.name, topic.partitions, self._replication, config=config_of(topic))
            return list(self._admin.create_topics([new]).values())
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in step.config.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries)
        return list(self._admin.incremental_alter_configs([resource]).values())

    def _config_steps(self, topic: Topic) -> list[Step]:
        resource = ConfigResource(ResourceType.TOPIC, topic.name)
        (future,) = self._admin.describe_configs([resource]).values()
        held = {name: entry.value for name, entry in future.result(SECONDS).items()}
        return [
            Step(
                topic,
                create=False,
                config={name: wanted},
                says=f"set {name} of {topic.name} to {wanted} (is {held.get(name)})",
            )
            for name, wanted in config_of(topic).items()
            if held.get(name) != wanted
        ]


def config_of(topic: Topic) -> dict[str, str]:
    """Return the topic's declared configuration, in Kafka's names."""
    return {
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.max_message_bytes),
    }
