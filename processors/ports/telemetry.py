"""What processes tell the people on call: numbers, and how they are."""

from typing import Protocol

from schemas.metrics import Metric


class Telemetry(Protocol):
    """Numbers for Prometheus. Labels come in the order of the metric's declaration."""

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Raise a counter."""
        ...

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add an observation to a histogram, in its unit."""
        ...

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge."""
        ...


class Health(Protocol):
    """How the parts of a process are; a part is named as in its role: intake, relay, lanes."""

    def beat(self, part: str) -> None:
        """Say that a part's loop went round; one that stays silent too long is stuck.

        A part that only waits (for the store, Kafka, Xledger) goes on beating.
        """
        ...

    def trouble(self, part: str, sentence: str | None) -> None:
        """Say what a part waits for, or None when it works; not ready while any is in trouble."""
        ...
