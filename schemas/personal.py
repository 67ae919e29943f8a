"""A personal value or a secret that cannot print itself (R-103)."""

from typing import Any, Final, Generic, NoReturn, TypeVar, final

T = TypeVar("T")

HIDDEN: Final = "Personal(…)"


@final
class Personal(Generic[T]):
    """Holds a value and shows it to nobody who does not ask for it by name.

    `repr`, `str`, formatting and pickling never contain the value, so that no log, exception or
    assertion can carry it by accident. Equality and hash are those of the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value itself: for mapping, encryption and the wire only."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a personal value is never pickled")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"Personal has no {name}: call reveal() where the value is meant")
