"""Xledger's journal and state, read from behind."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

SECONDS = 30.0
PATIENCE = 1.8
"""So long no client gives up: a little less than the request time-out."""


class Sent(NamedTuple):
    """One value of one input of one request, wherever in the input it stood."""

    request: int
    token: str
    root: str
    place: str
    text: str


class Journal:
    """Reads what the simulated Xledger noted.

    Args:
        url: of the simulator.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url.removesuffix("/graphql"), timeout=SECONDS)
        self._done = 0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def entries(self, after: int = 0, *, variables: bool = True) -> list[dict[str, Any]]:
        """Return the requests with a greater number."""
        given = {"after": str(after), "variables": "yes" if variables else "no"}
        answer = self._http.get("/_admin/journal", params=given)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def companies(self) -> dict[str, Any]:
        """Return what every company holds now, by its dbId."""
        answer = self._http.get("/_admin/state")
        answer.raise_for_status()
        companies: dict[str, Any] = answer.json()["companies"]
        return companies

    def newest(self) -> int:
        """Return the number of the newest request."""
        entries = self.entries(self._done, variables=False)
        return int(entries[-1]["number"]) if entries else self._done

    def suffered(self, fault: str, after: int) -> bool:
        """Say whether a request with a greater number suffered this fault."""
        return any(entry["fault"] == fault for entry in self.entries(after, variables=False))

    def in_flight(self, write: str, token: str | None = None) -> list[int]:
        """Return the writes under way with a root whose name begins so, of one token or all.

        One whose client may have given up, and which is only to be written late, is none.
        """
        entries = self.entries(self._done, variables=False)
        for entry in entries:
            if entry["ended"] is None:
                break
            self._done = entry["number"]
        now = datetime.now(UTC)
        return [
            entry["number"]
            for entry in entries
            if entry["ended"] is None
            and token in {None, entry["token"]}
            and (now - datetime.fromisoformat(entry["time"])).total_seconds() < PATIENCE
            and any(root["name"].startswith(write) for root in entry["roots"])
        ]


def values_of(entry: dict[str, Any]) -> Iterator[Sent]:
    """Yield every text that a write carried."""
    names = {root["alias"]: root["name"] for root in entry["roots"]}
    for alias, inputs in (entry["variables"] or {}).items():
        for given in inputs if isinstance(inputs, list) else ():
            for place, text in _texts("", given["node"]):
                yield Sent(entry["number"], entry["token"], names.get(alias, alias), place, text)


def _texts(place: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _texts(f"{place}.{name}", value)
    elif isinstance(node, str):
        yield place, node
