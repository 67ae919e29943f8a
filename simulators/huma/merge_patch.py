"""JSON merge patch (RFC 7386), without changing what it is given."""

from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """Return `target` as `patch` would have it; null removes, a list is replaced whole.

    >>> merged({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": 4}})
    {'b': {'c': 4, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
