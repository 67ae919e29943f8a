"""A simulated Xledger with one company: full of employees, and asked what it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from benchmarks.ground import Company, Ground, Records
from schemas.personal import Personal

FIRST: Final = 100_000_000
"""The least dbId that we give; it has nine digits at the most."""
SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running simulator."""

    company: Company
    admin: str

    def hire(self, people: int) -> list[Records]:
        """Let so many employees be there, and return their records."""
        records = [
            (str(FIRST + 3 * n), str(FIRST + 3 * n + 1), str(FIRST + 3 * n + 2))
            for n in range(people)
        ]
        company: dict[str, Any] = {"name": "Benchmark", "parent": None}
        company["contacts"] = {
            contact: {"firstName": "Kari", "lastName": "Vik", "email": f"p{n}@x.example"}
            for n, (contact, _, _) in enumerate(records)
        }
        company["suppliers"] = {
            subledger: {"code": str(n), "description": "Kari Vik"}
            for n, (_, subledger, _) in enumerate(records)
        }
        company["employees"] = {
            employee: {"code": str(n), "contact": int(contact), "subledger": int(subledger)}
            for n, (contact, subledger, employee) in enumerate(records)
        }
        self._ask("PUT", "state", {"companies": {self.company.entity: company}})
        return records

    def set(self, settings: dict[str, Any]) -> None:
        """Set the simulator's switches."""
        self._ask("PUT", "settings", settings)

    def requests(self) -> Sequence[datetime]:
        """Return when each request came."""
        entries = self._ask("GET", "journal?variables=no")
        return [datetime.fromisoformat(entry["time"]) for entry in entries]

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.admin}/{path}", json=body, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()


def simulated(place: Ground) -> Simulated:
    """Start a simulator; it ends with the ground's other programs."""
    ready = place.programs.program("xledger", "simulate", "xledger").start()
    token = ready["tokens"][0]
    company = Company(ready["url"], token["company"], Personal(token["token"]))
    return Simulated(company, f"{ready['url'].removesuffix('/graphql')}/_admin")
