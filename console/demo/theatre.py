"""The two simulated systems as the demo sees them: played on, and looked at from behind."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpx

from console.demo.expectations import Record
from console.demo.records import records_in, state_of

TIMEOUT: Final = 60.0


class Theatre:
    """The simulators' `/_admin` (`interfaces.md`, HTTP): no limit and no fault applies there."""

    def __init__(self, xledger_url: str, huma_url: str) -> None:
        self._xledger = xledger_url.removesuffix("/graphql")
        self._huma = huma_url
        self._http = httpx.Client(timeout=TIMEOUT)
        self._seen = 0
        self.requests = 0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def set_huma(self, state: Mapping[str, Any]) -> None:
        """Replace Huma's people; publishes nothing."""
        self._put(self._huma, "state", state)

    def change(self, patch: Mapping[str, Any]) -> int:
        """Change people in Huma, and return how many events that published."""
        answer = self._http.patch(f"{self._huma}/_admin/state", json=patch)
        answer.raise_for_status()
        return int(answer.json()["events"])

    def set_employees(self, company: str, employees: Iterable[Record]) -> None:
        """Let a company of Xledger's hold these people besides those it has."""
        patch = {"companies": {company: state_of(employees)}}
        self._http.patch(f"{self._xledger}/_admin/state", json=patch).raise_for_status()

    def employees(self, company: str) -> list[Record]:
        """Return what a company of Xledger's holds."""
        answer = self._http.get(f"{self._xledger}/_admin/state")
        answer.raise_for_status()
        return records_in(answer.json()["companies"][company])

    def break_xledger(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Let Xledger have faults from now on."""
        self._put(self._xledger, "faults", list(faults))

    def count_requests(self) -> int:
        """Return how many requests Xledger has had so far."""
        answer = self._http.get(f"{self._xledger}/_admin/journal", params={"after": self._seen})
        answer.raise_for_status()
        entries = answer.json()
        if entries:
            self._seen = entries[-1]["number"]
            self.requests += len(entries)
        return self.requests

    def _put(self, url: str, what: str, body: Any) -> None:
        self._http.put(f"{url}/_admin/{what}", json=body).raise_for_status()
