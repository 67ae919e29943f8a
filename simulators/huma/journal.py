"""Every request in order (`interfaces.md`, `/_admin/journal`)."""

from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

KEPT: Final = 100_000
"""Entries kept at the most; the oldest are forgotten."""


@dataclass(slots=True)
class Entry:
    """One request and what became of it."""

    number: int
    time: str
    token: str
    operation: str
    people: list[str]
    variables: dict[str, Any] = field(repr=False)
    status: int | None = None
    error: str | None = None
    fault: str | None = None


class Journal:
    """The newest requests, numbered from 1."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def begin(
        self, token: str, operation: str, people: list[str], variables: dict[str, Any]
    ) -> Entry:
        """Note a request; its end is written into the entry returned."""
        self._count += 1
        now = datetime.now(UTC).isoformat()
        entry = Entry(self._count, now, token, operation, people, variables)
        self._entries.append(entry)
        return entry

    def after(self, number: int) -> list[dict[str, Any]]:
        """Return the entries with a greater number."""
        return [asdict(entry) for entry in self._entries if entry.number > number]
