"""The topics as they are and as they should be: `topics plan|apply`, and the check at start."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from connectors.kafka.faults import fault_in
from connectors.kafka.reach import Reach
from schemas.errors import BrokerUnavailable, StopProcess
from schemas.topics import ALL, Topic

if TYPE_CHECKING:
    from concurrent.futures import Future

SECONDS: Final = 15.0
METADATA_SECONDS: Final = 5.0
"""A cluster that does not answer within this time is away; who waits for it asks again."""
MAX_BYTES: Final = "max.message.bytes"


@dataclass(frozen=True, slots=True)
class Step:
    """One difference. `config` holds what to set; none and not `create`: only a human can.

    `blocks`: no role may start before it is taken.
    """

    topic: Topic
    create: bool
    config: Mapping[str, str]
    says: str
    blocks: bool = False


class Topics:
    """The cluster's topics.

    Args:
        settings: how to reach the cluster, in librdkafka's names.
        replication: copies of each new topic; -1 leaves it to the brokers' default.
        declared: the topics as they should be.
    """

    def __init__(
        self, settings: Mapping[str, Any], replication: int = -1, declared: Sequence[Topic] = ALL
    ) -> None:
        self._replication = replication
        self._declared = declared
        self._reach = Reach()
        try:
            own: dict[str, Any] = {"log_level": 0, "error_cb": self._reach.hear}
            self._admin = AdminClient({**settings, **own})
        except KafkaException as error:
            raise fault_in(error) from None

    def plan(self) -> list[Step]:
        """Return what differs.

        Raises:
            BrokerUnavailable: the cluster does not answer.
            StopProcess: it refuses us.
        """
        steps: list[Step] = []
        with self._translated():
            known = self._admin.list_topics(timeout=METADATA_SECONDS).topics
            self._reach.answered()
            for topic in self._declared:
                if topic.name not in known:
                    says = f"create {topic.name} with {topic.partitions} partitions"
                    steps.append(Step(topic, create=True, config={}, says=says, blocks=True))
                    continue
                count = len(known[topic.name].partitions)
                if count < topic.partitions:
                    says = (
                        f"{topic.name} has {count} partitions, declared are {topic.partitions}: "
                        "more would move keys to other partitions, so this stays as it is"
                    )
                    steps.append(Step(topic, create=False, config={}, says=says))
                steps.extend(self._config_steps(topic))
        return steps

    def apply(self) -> list[Step]:
        """Bring about what can be, and return those steps.

        Raises:
            BrokerUnavailable: the cluster does not answer.
            StopProcess: it refuses us, or what is declared.
        """
        done = [step for step in self.plan() if step.create or step.config]
        with self._translated():
            for step in done:
                for future in self._futures(step):
                    _made(future)
        ends = time.monotonic() + SECONDS
        while any(step.create for step in self.plan()):  # brokers learn of a topic one by one
            if time.monotonic() > ends:
                raise BrokerUnavailable("Kafka made the topics, and does not show them yet")
        return done

    def check(self) -> None:
        """Refuse to start on topics that cannot carry our records.

        Raises:
            BrokerUnavailable: the cluster does not answer.
            StopProcess: a topic is missing, or a letter could be larger than its topic takes.
        """
        for step in self.plan():
            if step.blocks:
                raise StopProcess(f"{step.says}: run `topics apply`")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise BrokerUnavailable("Kafka does not answer in time") from None
        except KafkaException as error:
            self._admin.poll(0)  # hears why nobody answered
            raise self._reach.fault(fault_in(error)) from None

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
                blocks=name == MAX_BYTES and _too_small(topic, int(held[name])),
            )
            for name, wanted in config_of(topic).items()
            if held.get(name) != wanted
        ]


def _made(future: "Future[Any]") -> None:
    try:
        future.result(SECONDS)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # by somebody just now
            raise


def _too_small(topic: Topic, held: int) -> bool:
    """Say whether a letter may not fit: ours takes less, or the source more, than is declared."""
    return held < topic.max_message_bytes if topic.ours else held > topic.max_message_bytes


def config_of(topic: Topic) -> dict[str, str]:
    """Return the topic's declared configuration, in Kafka's names."""
    return {
        "retention.ms": str(topic.retention_ms),
        MAX_BYTES: str(topic.max_message_bytes),
    }
