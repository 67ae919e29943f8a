"""A figure: what was measured in each round, beside its peers, and what it aims at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Final

OURS: Final = "huma-xledger"
WHERE: Final = {"at least": 1, "at most": -1}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach.

    Attributes:
        bound: "at least" or "at most".
        value: in the figure's unit; or, beside a peer, how many times its median.
        peer: by whom it is measured; None: by the value itself.
    """

    bound: str
    value: float
    peer: str | None = None

    @property
    def says(self) -> str:
        """The aim in words."""
        times = f" × {self.peer}" if self.peer else ""
        return f"{self.bound} {self.value:g}{times}"

    def reached(self, figure: "Figure") -> tuple[float, bool]:
        """Return what is compared with the aim, and whether it is reached."""
        found = median(figure.rounds[OURS])
        if self.peer is not None:
            found /= median(figure.rounds[self.peer])
        sign = WHERE[self.bound]
        return found, sign * found >= sign * self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        letter: as the issue names it.
        title: what is measured.
        unit: of the values.
        rounds: a value for each round, by who was measured; ours is `OURS`.
        aim: None where none was set.
    """

    letter: str
    title: str
    unit: str
    rounds: Mapping[str, list[float]] = field(repr=False)
    aim: Aim | None = None
