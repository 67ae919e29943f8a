"""One HTTP request to Huma, and what its body must be."""

from typing import Any
from urllib.parse import parse_qs

import orjson

from simulators import wire
from simulators.huma.refusals import invalid


class Request(wire.Request):
    """A request that refuses in Huma's words."""

    __slots__ = ()

    def json(self) -> Any:
        """Return the body's JSON, or refuse it."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise invalid(["body"]) from None

    def object(self) -> dict[str, Any]:
        """Return the body as a JSON object, or refuse it."""
        found = self.json()
        if not isinstance(found, dict):
            raise invalid(["body"])
        return found

    def form(self) -> dict[str, str]:
        """Return the body's form; a JSON object serves as well."""
        if self.headers.get("content-type", "").startswith("application/json"):
            return {name: str(value) for name, value in self.object().items()}
        parsed = parse_qs(self.body.decode("utf-8", "replace"))
        return {name: values[0] for name, values in parsed.items()}

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """Return a number of the query, 0 or more, or refuse it."""
        text = self.query.get(name, [str(default)])[0]
        if not (text.isascii() and text.isdigit()) or (most is not None and int(text) > most):
            raise invalid([name])
        return int(text)
