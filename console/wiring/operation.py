"""Topics, offsets, events, the schema and keys, as the commands use them; the demo's broker."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from connectors import encryption
from connectors.broker import either
from connectors.kafka import tail
from connectors.kafka.group_offsets import CommittedOffsets
from connectors.kafka.producer import KafkaPublisher
from connectors.kafka.watermarks import Watermarks
from connectors.store import migrate, offsets, rotation
from console.wiring.base import Base
from processors.moving import Move, Standing, plan, standings
from processors.ports.outbox import OutboxRow
from processors.ports.source import Place
from schemas.errors import StopProcess
from schemas.topics import EVENTS, REQUESTS, WATCHED

AT_ONCE: Final = 5000
"""Events that are given to Kafka in one go."""
WATCH: Final = "watch"
"""The group whose offsets are Kafka's own."""
STRUCTURED: Final = (("content-type", b"application/cloudevents+json"),)


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key: its id, how many data keys it wraps, and whether MASTER_KEY_FILE holds it."""

    id: str
    data_keys: int
    held: bool


class Operation(Base):
    """What operators do to Kafka and to the store as such."""

    def migrate(self, grant_to: str | None = None) -> str:
        """Bring the store up to date, and let a role of PostgreSQL's use it (R-104)."""
        return migrate.migrate(self.store, grant_to)

    def store_version(self) -> tuple[str, str]:
        """Return the store's version, and this program's."""
        return migrate.version(self.store), migrate.wanted()

    def create_master_key(self, file: Path) -> None:
        """Write a new master key."""
        encryption.new_master_key_file(file)

    def master_keys(self) -> list[MasterKey]:
        """Return the master keys that the store needs, and those that MASTER_KEY_FILE holds."""
        self.require_store()
        used = rotation.master_keys(self.store)
        mine = self.keyring.vault.names
        return [
            MasterKey(name, used.get(name, 0), name in mine)
            for name in {**used, **dict.fromkeys(sorted(mine))}
        ]

    def rotate(self, file: Path, *, execute: bool) -> tuple[str, int]:
        """Wrap the data keys with the first master key of a file; returns its id, and how many."""
        self.require_store()
        new = encryption.open_vault(file)
        old = self.keyring.vault
        return new.current, rotation.rotate(self.store, old, new, self.actor, execute=execute)

    def topic_plan(self) -> list[str]:
        """Say what differs from the declared topics."""
        return [step.says for step in self.topics.plan()]

    def apply_topics(self) -> list[str]:
        """Bring the declared topics about."""
        return [step.says for step in self.topics.apply()]

    def tail(self, topic: str) -> AbstractContextManager[tail.Tail]:
        """Read a topic as a viewer."""
        return tail.tail(self.kafka, topic)

    def offsets(self, group: str) -> list[Standing]:
        """Return where a group's reading goes on, beside what the topics hold."""
        if group == WATCH:
            committed = self._committed
            return standings(committed.committed(), committed.watermarks.ranges())
        self.require_store()
        return standings(self._stored(), self._watermarks.ranges())

    def move_offsets(
        self, group: str, to: str, topic: str | None, partition: int | None, *, execute: bool
    ) -> list[Move]:
        """Plan where reading is to go on, and do it when told so.

        Intake's are the store's: it follows live. Watch's are Kafka's: nobody may read meanwhile.
        """
        if group == WATCH:
            committed = self._committed
            held = committed.watermarks
            moves = plan(to, committed.committed(), held.ranges(), held.at, topic, partition)
            if execute and moves:
                committed.set({one.place: one.to for one in moves})
            return moves
        self.require_store()
        held = self._watermarks
        moves = plan(to, self._stored(), held.ranges(), held.at, topic, partition)
        if execute:
            with self.store.begin() as transaction:
                for one in moves:
                    offsets.move(transaction, one.place, one.to)
        return moves

    def publish(self, events: Sequence[tuple[bytes, bytes]]) -> int:
        """Publish structured events, given as key and value, in order.

        Raises:
            StopProcess: Kafka refuses one, or does not take them in time; says how many it has.
        """
        publisher = KafkaPublisher(self.kafka, self.settings.outbox.delivery_timeout)
        try:
            for start in range(0, len(events), AT_ONCE):
                rows = [
                    OutboxRow(start + number, EVENTS.name, None, key, value, STRUCTURED)
                    for number, (key, value) in enumerate(events[start : start + AT_ONCE])
                ]
                reports = publisher.publish(rows, self.settings.outbox.delivery_timeout)
                for row in rows:
                    why = reports.get(row.id, "no report in time")
                    if why is not None:
                        raise StopProcess(f"line {row.id + 1} was not taken by Kafka: {why}")
        finally:
            publisher.close()
        return len(events)

    def broker(self, folder: Path) -> AbstractContextManager[str]:
        """Run a broker for the demo: Apache Kafka where Java and Maven are, else noida-db."""
        return either.running(folder)

    def _stored(self) -> dict[Place, int]:
        with self.store.read() as connection:
            return dict(offsets.stored(connection))

    @cached_property
    def _committed(self) -> CommittedOffsets:
        return CommittedOffsets(self.kafka, self.settings.watch.group, WATCHED)

    @property
    def _watermarks(self) -> Watermarks:
        return Watermarks(self.kafka, (EVENTS.name, REQUESTS.name))
