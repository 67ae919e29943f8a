"""Filters: `code`, `code_in`, `modifiedAt_gte`, `AND`, `OR` (`xledger-api.md` 1.4)."""

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt
from typing import Any, Final, TypeAlias

Test: TypeAlias = Callable[[Any], bool]
Value: TypeAlias = Callable[[Any, str], Any]
"""Returns a record's value by the name of a field."""

ORDERS: Final = {"_gte": ge, "_gt": gt, "_lte": le, "_lt": lt}
IN: Final = "_in"


def test_of(filter_: Mapping[str, Any] | None, value: Value, *, ignores_case: bool) -> Test:
    """Return what tells whether a record passes a filter.

    Args:
        filter_: coerced; all that it says must hold.
        value: reads a record.
        ignores_case: whether letters of an email are alike in both cases.
    """
    tests = []
    for key, given in (filter_ or {}).items():
        if key == "AND":
            each = [test_of(one, value, ignores_case=ignores_case) for one in given or ()]
            tests += each
        elif key == "OR":
            tests.append(_any(given or (), value, ignores_case=ignores_case))
        else:
            tests.append(_test(key, given, value, ignores_case=ignores_case))
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _any(filters: Iterable[Mapping[str, Any]], value: Value, *, ignores_case: bool) -> Test:
    """Join alternatives that ask for one value of the same field: 500 cost as little as one."""
    wanted: dict[str, list[Any]] = {}
    others = []
    for one in filters:
        key, given = next(iter(one.items()), ("AND", ()))
        if len(one) == 1 and key not in ("AND", "OR") and not key.endswith(tuple(ORDERS)):
            wanted.setdefault(key.removesuffix(IN), []).extend(
                (given or ()) if key.endswith(IN) else (given,)
            )
        else:
            others.append(test_of(one, value, ignores_case=ignores_case))
    tests = [
        _test(name + IN, values, value, ignores_case=ignores_case)
        for name, values in wanted.items()
    ]
    tests += others
    return lambda record: any(test(record) for test in tests)


def _test(key: str, given: Any, value: Value, *, ignores_case: bool) -> Test:
    for suffix, order in ORDERS.items():
        if key.endswith(suffix):
            name = key.removesuffix(suffix)
            return lambda record: _ordered(value(record, name), given, order)
    name = key.removesuffix(IN)
    values = (given or ()) if key.endswith(IN) else (given,)
    if name == "email" and ignores_case:
        folded = {_folded(one) for one in values}
        return lambda record: _folded(value(record, name)) in folded
    whole = frozenset(values)
    return lambda record: value(record, name) in whole


def _ordered(held: Any, given: Any, order: Callable[[Any, Any], bool]) -> bool:
    return held is not None and given is not None and order(held, given)


def _folded(text: str | None) -> str | None:
    return text.casefold() if text is not None else None
