"""The kernel timer that ends a process which slept past its lease (`design.md`, A lease)."""

from typing import Protocol


class Timer(Protocol):
    """Ends the process at the given time, whatever it does then, unless armed anew."""

    def arm(self, seconds: float) -> None:
        """Set the end so far from now."""
        ...

    def disarm(self) -> None:
        """Set no end."""
        ...
