"""What the store asks of the guard's rule, and what it keeps of it (R-93)."""

from typing import Protocol

from schemas.guard import Crowd, GuardLimits, HoldReason


class GuardRule(Protocol):
    """The rule, as the store applies it in the transaction in which a lane takes work."""

    @property
    def defaults(self) -> GuardLimits:
        """The limits of a connection that has none of its own."""
        ...

    @property
    def window(self) -> float:
        """The seconds in which people are counted."""
        ...

    def allowed(self, limits: GuardLimits, linked: int) -> Crowd:
        """Return how many people may change, of so many linked ones."""
        ...

    def judge(self, changed: Crowd, allowed: Crowd) -> HoldReason | None:
        """Return why the lane is to be held, or None."""
        ...
