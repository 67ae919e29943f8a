"""Faults on demand: which request suffers which (`interfaces.md`, `/_admin/faults`)."""

from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

Kind = Literal[
    "http-500",
    "http-503",
    "http-429",
    "unauthorized",
    "forbidden",
    "slow",
    "hang",
    "drip",
    "reset-before",
    "reset-after-commit",
    "reset",
    "timeout-after-commit",
    "invalid-json",
    "oversize",
]

HANG_SECONDS: Final = 300.0
SLOW_SECONDS: Final = 2.0


class Match(BaseModel):
    """Which requests: all that is given must hold. `nth` counts the matching ones from 1."""

    model_config = ConfigDict(extra="forbid")

    operation: str = "*"
    path: str = "*"
    token: str = "*"  # noqa: S105 - a pattern for a name
    nth: int | None = None
    probability: float = 1.0


class Fault(BaseModel):
    """One fault. `times` limits how often it strikes; None is without end."""

    model_config = ConfigDict(extra="forbid")

    match: Match = Match()
    fault: Kind
    times: int | None = None
    seconds: float | None = None

    @property
    def wait(self) -> float:
        """How long `slow`, `drip` and `hang` keep the request."""
        default = SLOW_SECONDS if self.fault == "slow" else HANG_SECONDS
        return default if self.seconds is None else self.seconds


LIST: Final = TypeAdapter(list[Fault])


class Faults:
    """The faults in force, seeded."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.replace([])

    def replace(self, faults: Any) -> None:
        """Put these in force in place of the others; a pydantic error when they are none."""
        self._faults = LIST.validate_python(faults)
        self._seen = [0] * len(self._faults)
        self._struck = [0] * len(self._faults)
        self._random = Random(self._seed)  # noqa: S311 - repeatable, protects nothing

    def strike(self, operation: str, path: str, client: str) -> Fault | None:
        """Return the fault that this request suffers, if any: the first that matches."""
        for at, fault in enumerate(self._faults):
            match = fault.match
            wanted = ((operation, match.operation), (path, match.path), (client, match.token))
            if not all(text == like or fnmatchcase(text, like) for text, like in wanted):
                continue
            self._seen[at] += 1
            if match.nth not in (None, self._seen[at]) or self._struck[at] == fault.times:
                continue
            if self._random.random() < match.probability:
                self._struck[at] += 1
                return fault
        return None
