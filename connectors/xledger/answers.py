"""What an answer of Xledger's holds, whatever its status (`xledger-api.md` 1.2, 1.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class GraphError:
    """One member of `errors`. Its text can quote a value, so it never prints itself (R-103).

    `codes` are its `code`, and `code` and `codes` of its extensions, in capitals. `bare` is the
    message, without values of the request that could be taken for what it says (`kinds`).
    """

    codes: frozenset[str] = field(repr=False)
    path: tuple[str | int, ...] = field(repr=False)
    message: str = field(repr=False)
    extensions: Mapping[str, Any] = field(repr=False)
    bare: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One GraphQL answer: `data` may stand beside `errors` (R-86)."""

    status: int
    data: Mapping[str, Any] | None = field(repr=False)
    errors: tuple[GraphError, ...] = ()


def parse(status: int, body: bytes) -> Answer | None:
    """Return the answer in a body, or None when it is not one of GraphQL's."""
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(whole, dict):
        return None
    data, errors = whole.get("data"), whole.get("errors")
    if not isinstance(data, dict | None) or not isinstance(errors, list | None):
        return None
    if data is None and not errors:
        return None
    return Answer(status, data, tuple(_error(error) for error in errors or ()))


def _error(error: Any) -> GraphError:
    known = error if isinstance(error, dict) else {"message": error}
    extensions = known.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    more = extensions.get("codes")
    codes = [known.get("code"), extensions.get("code"), *(more if isinstance(more, list) else ())]
    path, message = known.get("path"), str(known.get("message") or "")
    return GraphError(
        codes=frozenset(code.upper() for code in codes if isinstance(code, str)),
        path=tuple(p for p in path if isinstance(p, str | int)) if isinstance(path, list) else (),
        message=message,
        extensions=extensions,
        bare=message,
    )


def text_of(value: Any) -> str | None:
    """Return a dbId or another scalar as text: numbers and texts both come (`xledger-api.md` 1.4).

    >>> text_of(4711), text_of("4711"), text_of(""), text_of(None)
    ('4711', '4711', None, None)
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def edges_of(connection: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the edges that hold a node; `edges` null, absent or empty alike mean none."""
    edges = connection.get("edges") if isinstance(connection, dict) else None
    for edge in edges if isinstance(edges, list) else ():
        if isinstance(edge, dict) and isinstance(edge.get("node"), dict):
            yield edge


def member(node: Mapping[str, Any], *path: str) -> str | None:
    """Return a scalar inside nested objects as text, or None where the way ends.

    >>> member({"contact": {"dbId": 7}}, "contact", "dbId"), member({}, "contact", "dbId")
    ('7', None)
    """
    value: Any = node
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return text_of(value)
