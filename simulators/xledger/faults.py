"""Faults on demand: which request suffers which (`interfaces.md`, `/_admin/faults`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from simulators.strikes import Strikes

Kind = Literal[
    "burst",
    "concurrency",
    "credits",
    "http-503",
    "http-529",
    "reset-before",
    "reset-after-commit",
    "timeout-after-commit",
    "slow",
    "partial",
    "invalid-json",
    "unauthorized",
    "scope-missing",
    "refuse",
    "hang",
    "late-commit",
    "query-timeout",
]

WAITS: Final = {"slow": 2.0, "late-commit": 2.0, "credits": 1200.0}
"""Seconds when the fault does not say."""
HANG_SECONDS: Final = 300.0


class Match(BaseModel):
    """Which requests: all that is given must hold. `nth` counts the matching ones from 1.

    Attributes:
        operation: a pattern for `query` or `mutation`, the operation's name, or one of its roots.
        token: a pattern for the token's name.
        nth: only the n-th that matches.
        probability: only so many of them, by chance.
        root: a mutation of this name, such as `updateContacts`.
        field: an input of it that has this field, such as `phone` or `address.country`.
        value: of that field; absent: any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str = "*"
    token: str = "*"  # noqa: S105 - a pattern for a name
    nth: int | None = None
    probability: float = 1.0
    root: str | None = None
    field: str | None = None
    value: Any = None


class Fault(BaseModel):
    """One fault. `times` limits how often it strikes; None is without end.

    Attributes:
        match: which requests.
        fault: what they suffer.
        times: how often at most.
        seconds: how long `slow`, `hang` and `timeout-after-commit` keep the request; until
            `credits` return; after the client gave up, until `late-commit` writes.
        message: of `refuse`.
        naming: how `refuse` names the input.
        report: whether `refuse` reports all inputs of a root, or the first only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: Match = Match()
    fault: Kind
    times: int | None = None
    seconds: float | None = None
    message: str = "The value is not accepted."
    naming: Literal["clientId", "index", "value", "none"] = "none"
    report: Literal["all", "first"] = "all"

    @property
    def wait(self) -> float:
        """The seconds, or the usual ones of the fault."""
        return WAITS.get(self.fault, HANG_SECONDS) if self.seconds is None else self.seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fault looks at in a request: `inputs` by the name of the mutation."""

    token: str
    names: Sequence[str]
    inputs: Sequence[tuple[str, Sequence[Any]]] = field(repr=False)


LIST: Final = TypeAdapter(list[Fault])


class Faults:
    """The faults in force, seeded."""

    def __init__(self, seed: int) -> None:
        self._strikes: Strikes[Fault] = Strikes(seed)

    def replace(self, faults: Any) -> None:
        """Put these in force in place of the others; a pydantic error when they are none."""
        self._strikes.replace(LIST.validate_python(faults))

    def all(self) -> list[dict[str, Any]]:
        """Return those in force."""
        return [fault.model_dump() for fault in self._strikes.faults]

    def strike(self, asked: Asked) -> Fault | None:
        """Return the fault that this request suffers, if any: the first that matches."""
        return self._strikes.first(lambda fault: _applies(fault.match, asked))


def _applies(match: Match, asked: Asked) -> bool:
    if not fnmatchcase(asked.token, match.token):
        return False
    if not any(fnmatchcase(name, match.operation) for name in asked.names):
        return False
    if match.root is None and match.field is None:
        return True
    return any(
        match.field is None or any(True for _ in matching(match, inputs))
        for name, inputs in asked.inputs
        if match.root in (None, name)
    )


def matching(match: Match, inputs: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Yield index and value of the inputs that a fault is about."""
    steps = (match.field or "").split(".")
    for at, given in enumerate(inputs):
        value = given.get("node") if isinstance(given, Mapping) else None
        for step in steps:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None and match.value in (None, value):
            yield at, value
