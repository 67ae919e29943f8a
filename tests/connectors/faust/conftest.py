"""Two topics of the test's own on Apache Kafka, a group, and what Kafka says of it."""

from dataclasses import dataclass

import pytest

from connectors.kafka.group_offsets import CommittedOffsets
from processors.ports.source import Place
from tests.fixtures.brokers import topic_maker
from tests.fixtures.records import kafka, new_group


@dataclass(frozen=True)
class Ground:
    """Where a test works."""

    servers: str
    topic: str
    other: str
    group: str

    @property
    def offsets(self) -> CommittedOffsets:
        """The group's offsets, as the brokers have them."""
        return CommittedOffsets(kafka(self.servers), self.group, (self.topic, self.other))

    def committed(self, partition: int = 0) -> int | None:
        """Return the committed offset of the first topic."""
        return self.offsets.committed().get(Place(self.topic, partition))


@pytest.fixture
def ground(broker: str) -> Ground:
    """Topics of two partitions each."""
    make = topic_maker(broker)
    return Ground(broker, make(2), make(2), new_group())
