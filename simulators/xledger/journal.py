"""Every request in order (`interfaces.md`, `/_admin/journal`)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of request bodies kept at the most; entries older than those have no variables any more."""


@dataclass(slots=True)
class Entry:
    """One request and what became of it.

    Attributes:
        number: from 1 on.
        time: when it began.
        token: the name of its token; None: of none we know.
        operation: `query` or `mutation`; None: no document that could be read.
        name: of the operation.
        roots: alias, name, and number of inputs of each root.
        variables: as they were sent, inside the body.
        status: that was answered; None: nothing was, or is yet.
        error: what the first error is about.
        fault: that it suffered.
        committed: dbIds that it wrote, by alias.
        committed_at: when.
        ended: when it was done with; None: it is in flight.
    """

    number: int
    time: str
    token: str | None
    operation: str | None
    name: str | None
    roots: list[dict[str, Any]]
    body: bytes | None = field(repr=False)
    status: int | None = None
    error: str | None = None
    fault: str | None = None
    committed: dict[str, list[str]] = field(default_factory=dict)
    committed_at: str | None = None
    ended: str | None = None

    def shown(self, *, variables: bool) -> dict[str, Any]:
        """Return the entry as JSON."""
        names = [name for name in self.__slots__ if name != "body"]
        shown = {name: getattr(self, name) for name in names}
        return shown | ({"variables": self._variables()} if variables else {})

    def _variables(self) -> Any:
        try:
            body = orjson.loads(self.body or b"null")
        except orjson.JSONDecodeError:
            return None
        return body.get("variables") if isinstance(body, dict) else None


class Journal:
    """The newest requests, numbered from 1.

    Args:
        now: the wall clock.
        limit: how many are kept.
    """

    def __init__(self, now: Callable[[], datetime], limit: int) -> None:
        self._now = now
        self._limit = limit
        self._entries: deque[Entry] = deque()
        self._with_body: deque[Entry] = deque()
        self._bytes = 0
        self._count = 0

    def limit(self, limit: int) -> None:
        """Keep so many from now on."""
        self._limit = limit
        self._forget()

    def begin(
        self,
        token: str | None,
        operation: str | None,
        name: str | None,
        roots: list[dict[str, Any]],
        body: bytes,
    ) -> Entry:
        """Note a request; its end is written into the entry returned."""
        self._count += 1
        entry = Entry(self._count, self.time(), token, operation, name, roots, body)
        self._entries.append(entry)
        self._with_body.append(entry)
        self._bytes += len(body)
        self._forget()
        return entry

    def time(self) -> str:
        """Return the time as the journal writes it."""
        return self._now().isoformat()

    def after(self, number: int, *, variables: bool = True) -> list[dict[str, Any]]:
        """Return the entries with a greater number."""
        first = self._count - len(self._entries)
        start = max(0, number - first)
        newest = list(self._entries)[start:] if start < len(self._entries) else []
        return [entry.shown(variables=variables) for entry in newest]

    def _forget(self) -> None:
        while len(self._entries) > self._limit:
            self._entries.popleft()
        while self._bytes > MOST_BYTES or (
            self._with_body and self._with_body[0].number <= self._count - len(self._entries)
        ):
            oldest = self._with_body.popleft()
            self._bytes -= len(oldest.body or b"")
            oldest.body = None
