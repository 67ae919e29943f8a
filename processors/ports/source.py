"""What intake asks of Kafka: records, and where reading goes on (`design.md`, Intake)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from schemas.cloudevents import Headers


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class Record(Protocol):
    """One record as the driver holds it; each part is read only when it is asked for.

    The key costs next to nothing, headers are dear: an organisation without a connection is
    passed by its key alone (R-98).
    """

    def topic(self) -> str | None: ...  # noqa: D102 - Kafka's own names

    def partition(self) -> int | None: ...  # noqa: D102

    def offset(self) -> int | None: ...  # noqa: D102

    def key(self) -> bytes | None: ...  # noqa: D102

    def value(self) -> bytes | None: ...  # noqa: D102

    def headers(self) -> Headers | None: ...  # noqa: D102

    def timestamp(self) -> tuple[int, int]:
        """Return its kind (0: there is none) and milliseconds since 1970."""
        ...


class Source(Protocol):
    """The consumer. One thread owns it; its callbacks only assign, pause and note.

    Every call may raise BrokerUnavailable, or StopProcess when a human must act.
    """

    def poll(self, limit: int, seconds: float) -> Sequence[Record]:
        """Return records in order of each partition.

        When it raises, every assigned partition is fresh again.
        """
        ...

    def assigned(self) -> frozenset[Place]:
        """Return the partitions that are ours, those that stand still included."""
        ...

    def fresh(self) -> frozenset[Place]:
        """Return the partitions that wait, paused, to be told where to begin."""
        ...

    def out_of_range(self) -> Mapping[Place, int]:
        """Return the partitions that stand still, with the offset that the topic does not hold."""
        ...

    def begin(self, place: Place, offset: int) -> None:
        """Read a partition from this offset on, whatever it did before."""
        ...

    def earliest(self, place: Place) -> int:
        """Return the first offset that the topic holds."""
        ...

    def position(self, place: Place) -> int | None:
        """Return the next offset to be read, or None before anything was read."""
        ...

    def end(self, place: Place) -> int | None:
        """Return the partition's end as the last fetch told it, or None before; asks nobody."""
        ...

    def pause(self) -> None:
        """Stop reading all partitions; go on calling `poll`, which keeps the membership."""
        ...

    def resume(self) -> None:
        """Read all partitions again, apart from those that are fresh or out of range."""
        ...

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell Kafka how far we are, for lag tools only; never raises, never waits."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...
