"""What the relay asks: of the store, the oldest rows; of Kafka, that they arrive (`design.md`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.cloudevents import Headers


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One record on its way to Kafka; `partition` None leaves it to the key."""

    id: int
    topic: str
    partition: int | None
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)


class OutboxStore(Protocol):
    """The rows, and the lease under which one relay at a time publishes them.

    Every call may raise StoreUnavailable.
    """

    def claim(self, owner: str, seconds: float) -> bool:
        """Take or renew the lease; False when somebody else has it."""
        ...

    def release(self, owner: str) -> None:
        """Give the lease back."""
        ...

    def rows(self, after: int, limit: int) -> Sequence[OutboxRow]:
        """Return the oldest rows with a greater id, in order of insertion."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Delete rows that Kafka has."""
        ...


class Publisher(Protocol):
    """An idempotent producer, `acks=all`."""

    def publish(self, rows: Sequence[OutboxRow], seconds: float) -> Mapping[int, str | None]:
        """Publish rows in order; return, by id, None or why Kafka refused, for those reported.

        What is not reported within `seconds` is purged, and absent from the answer.

        Raises:
            BrokerUnavailable: nothing can be published.
        """
        ...
