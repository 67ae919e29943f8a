"""How a run is cut down: for a quick look, never for the figures that are quoted."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """One run.

    Attributes:
        folder: an empty one, to work in.
        rounds: how often each figure is taken.
        scale: of the number of events and people; 1 is the whole.
    """

    folder: Path
    rounds: int
    scale: float

    def scaled(self, count: int, least: int) -> int:
        """Return a count at this run's scale."""
        return max(least, int(count * self.scale))
