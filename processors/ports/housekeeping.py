"""What housekeeping asks of the store: to let go, a little at a time, of what is kept no longer."""

from collections.abc import Sequence
from typing import Protocol

from processors.ports.intake import Ended


class HousekeepingStore(Protocol):
    """What grows old, and the lease under which one process at a time looks for it.

    Every call is one or more short transactions, and may raise StoreUnavailable.
    """

    def claim(self, owner: str, seconds: float) -> bool:
        """Take or renew the lease; False when somebody else has it."""
        ...

    def release(self, owner: str) -> None:
        """Give the lease back."""
        ...

    def expire_previews(self) -> Sequence[Ended]:
        """Close previews that are open for too long; returns the events that end with them."""
        ...

    def forget_counts(self) -> int:
        """Delete some of the counts of hours that are over; returns how many, 0 for none left."""
        ...

    def forget_desk(self) -> int:
        """Delete some of what the desk keeps no longer; returns how much, 0 for none left."""
        ...

    def forget_tombstones(self) -> int:
        """Delete some of the tombstones that are too old; returns how many, 0 for none left."""
        ...
