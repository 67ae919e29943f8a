"""What the clock asks: of the store, whom a day turns; of Kafka, how its requests fare."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from processors.ports.source import Place


class HeartStore(Protocol):
    """Where heartbeats go; may raise StoreUnavailable."""

    def heartbeats(self, partitions: int, now: datetime) -> None:
        """Write the heartbeat of this minute for each partition, in one transaction (R-109)."""
        ...


class Partitions(Protocol):
    """The requests topic, as Kafka has it now; may raise BrokerUnavailable."""

    def count(self) -> int:
        """Return how many partitions can get heartbeats."""
        ...

    def ends(self) -> Mapping[Place, int]:
        """Return the end of each partition of the requests topic: the next offset to be written."""
        ...


class SweepStore(HeartStore, Protocol):
    """The links with a next flip, and the lease under which one process at a time sweeps (R-60).

    Every call is one short transaction, and may raise StoreUnavailable. Links of connections that
    are not active do not count.
    """

    def claim(self, owner: str, seconds: float) -> bool:
        """Take or renew the lease; False when somebody else has it."""
        ...

    def release(self, owner: str) -> None:
        """Give the lease back."""
        ...

    def now(self) -> datetime:
        """Return the store's time, aware."""
        ...

    def zones(self) -> list[str]:
        """Return the zones that connections are in."""
        ...

    def due(self, zone: str, today: date) -> int:
        """Return how many links of a zone have a next flip that has come."""
        ...

    def full(self) -> bool:
        """Say whether the outbox holds so much that requests wait (`design.md`, Outbox)."""
        ...

    def unread(self, ends: Mapping[Place, int]) -> int:
        """Return how many requests intake has not read yet, given where their topic ends.

        Those that still wait in the outbox count too.
        """
        ...

    def request(self, zone: str, today: date, limit: int, sweep: str) -> int:
        """Write a request for each of the first due links, and empty their next flip.

        Links that another transaction holds at the moment are left for the next time.

        Args:
            zone: of their connections.
            today: the date in it.
            limit: people in this transaction at the most.
            sweep: makes the requests' ids unlike those of every other transaction.

        Returns:
            How many requests were written.
        """
        ...
