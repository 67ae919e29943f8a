"""Which fault strikes which request: the n-th, some by chance, so many times; repeatable."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, Protocol, TypeVar


class _Match(Protocol):
    @property
    def nth(self) -> int | None: ...
    @property
    def probability(self) -> float: ...


class _Fault(Protocol):
    @property
    def match(self) -> _Match: ...
    @property
    def times(self) -> int | None: ...


F = TypeVar("F", bound=_Fault)


class Strikes(Generic[F]):
    """The faults in force, in order, and how often each has matched and struck."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.replace(())

    def replace(self, faults: Sequence[F]) -> None:
        """Put these in force in place of the others; counts and chances begin anew."""
        self.faults = tuple(faults)
        self._seen = [0] * len(self.faults)
        self._struck = [0] * len(self.faults)
        self._random = Random(self._seed)  # noqa: S311 - repeatable, protects nothing

    def first(self, applies: Callable[[F], bool]) -> F | None:
        """Return the fault that strikes, if any: the first that applies and is due."""
        for at, fault in enumerate(self.faults):
            if not applies(fault):
                continue
            self._seen[at] += 1
            if fault.match.nth not in (None, self._seen[at]) or self._struck[at] == fault.times:
                continue
            if self._random.random() < fault.match.probability:
                self._struck[at] += 1
                return fault
        return None
