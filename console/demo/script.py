"""What a play is written in: steps of changes in Huma, in chapters of a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Patch: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Changes made in Huma at once: a merge patch of its state."""

    users: Patch = field(default_factory=dict, repr=False)
    positions: Patch = field(default_factory=dict, repr=False)

    def __or__(self, other: "Step") -> "Step":
        """Return both at once; of one person's the other's users, or positions, stand."""
        return Step({**self.users, **other.users}, {**self.positions, **other.positions})

    def patch(self) -> dict[str, Any]:
        """Return the body for `PATCH /_admin/state`."""
        return {"users": self.users, "positions": self.positions}


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some hours of the day.

    Attributes:
        title: says what happens.
        steps: in order.
        pause: seconds between steps.
        faults: that Xledger suffers from here on.
        rested: it begins when everything before it has ended.
    """

    title: str
    steps: tuple[Step, ...]
    pause: float
    faults: tuple[Mapping[str, Any], ...] = ()
    rested: bool = False
