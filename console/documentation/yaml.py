"""YAML for documents that are JSON: blocks for objects and lists, JSON for everything else."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What some readers of YAML take for something else than a text."""


def text(document: Mapping[str, Any]) -> str:
    """Return the document.

    >>> print(text({"a": {"b": [1, {"c": "d", "e": None}], "no": {}}}), end="")
    a:
      b:
        - 1
        - c: "d"
          e: null
      "no": {}
    """
    return "\n".join(_lines(document)) + "\n"


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _member(f"{_key(name)}:", inner)
    else:
        for inner in value:
            head, *rest = _lines(inner) if _block(inner) else [_scalar(inner)]
            yield f"- {head}"
            yield from (f"  {line}" for line in rest)


def _member(name: str, value: Any) -> Iterator[str]:
    if _block(value):
        yield name
        yield from (f"  {line}" for line in _lines(value))
    else:
        yield f"{name} {_scalar(value)}"


def _block(value: Any) -> bool:
    return bool(value) and isinstance(value, Mapping | Sequence) and not isinstance(value, str)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    plain = _PLAIN.fullmatch(name) is not None and name.lower() not in _WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)
