"""The client against the simulated Xledger, with every setting of what nobody knows for sure.

Only the simulator's interfaces are used (`interfaces.md`, HTTP): what Xledger then holds is read by
queries of our own.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest

from connectors.xledger import Limits, XledgerClient
from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target, TargetValue
from schemas.metrics import Metric
from schemas.personal import Personal

T = TypeVar("T")
Ask = Callable[[Callable[[XledgerClient], Awaitable[T]]], T]
Made = dict[int, tuple[str, str, str]]

START = "from simulators.xledger import serve; serve.run(0, 1)"
LIMITS = Limits(timeout=1.5, max_bytes=8 << 20, records=10_000, credits_wait=1200.0)
OPEN = {"burst": {"requests": 1_000_000, "seconds": 5}, "concurrency": 100}
FILTERS = ("code", "code_in", "email", "email_in", "contactDbId", "modifiedAt_gte")

SETTINGS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "empty edges are a list": {"empty_edges": "list"},
    "composite cursors": {"cursor": "composite"},
    "partial mutations": {"atomic": False},
    "roots stand together": {"aliases_apart": False},
    "errors with a status": {"lookup_status": 400, "validation_status": 400, "syntax_status": 400},
    "every filter": {"hidden": []},
    "no filter": {
        "hidden": [
            f"{kind}_Filter.{name}"
            for kind in ("Employee", "Contact", "Supplier")
            for name in FILTERS
        ]
    },
}


@dataclass
class Simulator:
    """A running simulated Xledger."""

    url: str
    tokens: list[dict[str, Any]]

    @property
    def token(self) -> str:
        """Return the first token."""
        return str(self.tokens[0]["token"])

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Use the simulator's own paths."""
        base = self.url.removesuffix("/graphql")
        answer = httpx.request(method, f"{base}/_admin/{path}", json=body, trust_env=False)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def set(self, **settings: Any) -> None:
        """Set switches, over limits that no test meets by accident."""
        self.admin("PUT", "settings", {**OPEN, **settings})

    def strike(self, fault: str, **more: Any) -> None:
        """Let this fault strike once."""
        self.admin("PUT", "faults", [{"match": {}, "fault": fault, "times": 1, **more}])

    def read(self, root: str, fields: str) -> dict[str, dict[str, Any]]:
        """Return all records of a root by dbId, by a query of our own."""
        query = (
            f"{{ {root}(first: 10000, ownerSet: CURRENT, objectStatus: ALL) "
            f"{{ edges {{ node {{ dbId {fields} }} }} }} }}"
        )
        answer = httpx.post(
            self.url if self.url.endswith("/graphql") else f"{self.url}/graphql",
            json={"query": query},
            headers={"authorization": f"token {self.token}"},
            trust_env=False,
        ).json()
        nodes = [edge["node"] for edge in answer["data"][root]["edges"] or ()]
        return {str(node["dbId"]): node for node in nodes}


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    """Run the simulator as a process of its own."""
    command = [sys.executable, "-c", START]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield Simulator(ready["url"], ready["tokens"])
        finally:
            process.terminate()


@pytest.fixture
def xledger(served: Simulator) -> Iterator[Simulator]:
    """Serve as at first, with limits that no test meets by accident."""
    served.set()
    yield served
    served.admin("PUT", "faults", [])
    served.admin("DELETE", "state")


@pytest.fixture(params=list(SETTINGS))
def any_xledger(xledger: Simulator, request: pytest.FixtureRequest) -> Simulator:
    """Serve with one switch after the other."""
    xledger.set(**SETTINGS[request.param])
    return xledger


class Open:
    """A permit for everybody, and telemetry for nobody."""

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Let everybody through."""
        yield

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Ignore."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Ignore."""

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Ignore."""


def asking(xledger: Simulator, token: str | None = None, limits: Limits = LIMITS) -> Ask[Any]:
    """Return a function that does something with a fresh client."""

    def ask(question: Callable[[XledgerClient], Awaitable[T]]) -> T:
        async def go() -> T:
            async with httpx.AsyncClient(trust_env=False) as http:
                client = XledgerClient(
                    http,
                    lambda: httpx.AsyncClient(trust_env=False),
                    xledger.url,
                    Personal(token or xledger.token),
                    Open(),
                    limits=limits,
                    gender_by="code",
                    telemetry=Open(),
                    jitter=lambda: 0.0,
                )
                return await question(client)

        return asyncio.run(go())

    return ask


@pytest.fixture
def asking_of() -> Callable[..., Ask[Any]]:
    """Return a maker of fresh clients."""
    return asking


@pytest.fixture
def ask(xledger: Simulator) -> Ask[Any]:
    """Do something with a fresh client of the first token."""
    return asking(xledger)


@pytest.fixture
def create(ask: Ask[Any]) -> Callable[..., Made]:
    """Create people as the lane does; contact, subledger and employee by number."""
    return lambda numbers: _create(ask, range(numbers))


CONTACT: dict[Target, TargetValue] = {
    Target.CONTACT_FIRST_NAME: "Kari",
    Target.CONTACT_LAST_NAME: "Ås",
    Target.CONTACT_PHONE: "41234567",
    Target.CONTACT_BIRTHDAY: "1990-02-01",
    Target.CONTACT_GENDER: "F",
    Target.CONTACT_SOCIAL_SEC: "17912099997",
    Target.CONTACT_JOB_TITLE: "Sjef",
    Target.CONTACT_STREET_ADDRESS: "Gata 1",
    Target.CONTACT_ZIP_CODE: "0150",
    Target.CONTACT_PLACE: "Oslo",
    Target.CONTACT_COUNTRY: "NO",
}
SUPPLIER: dict[Target, TargetValue] = {
    Target.SUBLEDGER_DESCRIPTION: "Kari Ås",
    Target.SUBLEDGER_PHONE: "41234567",
    Target.SUBLEDGER_BANK_ACCOUNT: "12345678903",
    Target.SUBLEDGER_STREET_ADDRESS: "Gata 1",
    Target.SUBLEDGER_ZIP_CODE: "0150",
    Target.SUBLEDGER_PLACE: "Oslo",
    Target.SUBLEDGER_COUNTRY: "NO",
}


def _create(ask: Ask[Any], numbers: range) -> Made:
    """Create people as the lane does; contact, subledger and employee by number."""

    async def go(client: XledgerClient) -> Made:
        contacts, suppliers, employees = [], [], []
        for n in numbers:
            email = f"new{n}@x.no"
            values = {**CONTACT, Target.CONTACT_EMAIL: email}
            contacts.append(Input(str(n), values, code=f"HCONTACT{n}"))
            values = {**SUPPLIER, Target.SUBLEDGER_EMAIL: email}
            suppliers.append(Input(str(n), values, code=f"E{n}"))
        first = await client.write(
            [
                WriteRoot("r0", Verb.ADD, Root.CONTACT, tuple(contacts)),
                WriteRoot("r1", Verb.ADD, Root.SUBLEDGER, tuple(suppliers)),
            ]
        )
        assert first["r0"].refusals == first["r1"].refusals == ()
        for n in numbers:
            contact, subledger = first["r0"].done[str(n)], first["r1"].done[str(n)]
            values = {Target.EMPLOYEE_CODE: f"E{n}", Target.EMPLOYMENT_FROM: "2026-01-01"}
            employees.append(Input(str(n), values, contact=contact, subledger=subledger))
        second = await client.write([WriteRoot("r0", Verb.ADD, Root.EMPLOYEE, tuple(employees))])
        assert second["r0"].refusals == ()
        return {
            n: (
                first["r0"].done[str(n)],
                first["r1"].done[str(n)],
                second["r0"].done[str(n)],
            )
            for n in numbers
        }

    made: Made = ask(go)
    return made
