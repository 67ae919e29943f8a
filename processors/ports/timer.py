"""The kernel timer that ends a process which slept past its lease (`design.md`, A lease)."""

from typing import Protocol


class Timer(Protocol):
    """Ends the process at the given time, whatever it does then, unless armed anew.

    The thread that arms it is the one that sends: when the process wakes too late, that thread must
    be the one to take the signal, before it runs another instruction. All others keep out.
    """

    def arm(self, seconds: float) -> None:
        """Set the end so far from now; called by the thread that sends."""
        ...

    def keep_out(self) -> None:
        """Leave the signal to the thread that sends; called first in every other thread."""
        ...

    def disarm(self) -> None:
        """Set no end."""
        ...
