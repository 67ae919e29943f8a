"""Faults on demand: which request suffers which (`interfaces.md`, `/_admin/faults`)."""

from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from simulators.strikes import Strikes

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
        self._strikes: Strikes[Fault] = Strikes(seed)

    def replace(self, faults: Any) -> None:
        """Put these in force in place of the others; a pydantic error when they are none."""
        self._strikes.replace(LIST.validate_python(faults))

    def strike(self, operation: str, path: str, client: str) -> Fault | None:
        """Return the fault that this request suffers, if any: the first that matches."""

        def applies(fault: Fault) -> bool:
            match = fault.match
            wanted = ((operation, match.operation), (path, match.path), (client, match.token))
            return all(text == like or fnmatchcase(text, like) for text, like in wanted)

        return self._strikes.first(applies)
