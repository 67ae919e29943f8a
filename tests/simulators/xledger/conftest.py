"""A running simulated Xledger, its own paths, and people in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from simulators.xledger.serve import Ready, running

OPEN = {"burst": {"requests": 1_000_000, "seconds": 5}, "concurrency": 100}


@dataclass
class Xledger:
    """Talks to a running simulator over one kept-alive connection."""

    http: httpx.Client
    ready: Ready
    seen: int = 0

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Use one of the simulator's own paths."""
        answer = self.http.request(method, f"/_admin/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set(self, **settings: Any) -> None:
        """Put switches in force, over limits that no test meets by accident."""
        self.admin("PUT", "settings", {**OPEN, **settings})

    def strike(self, fault: str, **more: Any) -> None:
        """Let one fault be in force."""
        self.admin("PUT", "faults", [{"fault": fault, **more}])

    def post(self, query: str, *, token: int = 0, **variables: Any) -> httpx.Response:
        """Send a document, by the first token unless said otherwise."""
        headers = {"authorization": f"token {self.ready.tokens[token]['token']}"}
        body = {"query": query, "variables": variables}
        return self.http.post("/graphql", json=body, headers=headers)

    def ask(self, query: str, *, token: int = 0, **variables: Any) -> dict[str, Any]:
        """Send a document, and return the answer's body."""
        answer: dict[str, Any] = self.post(query, token=token, **variables).json()
        return answer

    def write(self, root: str, *nodes: dict[str, Any], fields: str = "dbId") -> dict[str, Any]:
        """Send a mutation of one root, its clientIds from 0 on."""
        type_ = f"{root[0].upper()}{root[1:]}Input"
        query = (
            f"mutation Write($r0: [{type_}!]!) {{ r0: {root}(inputs: $r0) "
            f"{{ edges {{ clientId node {{ {fields} }} }} }} }}"
        )
        return self.ask(
            query, r0=[{"clientId": str(n), "node": one} for n, one in enumerate(nodes)]
        )

    def add(self, root: str, *nodes: dict[str, Any]) -> list[str]:
        """Add records, and return their dbIds."""
        answer = self.write(root, *nodes)
        assert "errors" not in answer, answer
        return [str(edge["node"]["dbId"]) for edge in answer["data"]["r0"]["edges"]]

    def person(self, number: int = 0) -> tuple[str, str, str]:
        """Create somebody, and return the dbIds of contact, supplier and employee."""
        email = f"p{number}@x.no"
        address = {"streetAddress": "Gata 1", "zipCode": "0150", "place": "Oslo", "country": "NO"}
        contact = {"firstName": "Kari", "lastName": "Ås", "email": email, "address": address}
        supplier = {"code": f"E{number}", "description": "Kari Ås", "country": {"code": "NO"}}
        (c,) = self.add("addContacts", {**contact, "code": f"H{number}", "gender": {"code": "F"}})
        (s,) = self.add("addSuppliers", supplier)
        links = {"contact": {"dbId": c}, "subledger": {"dbId": s}}
        (e,) = self.add("addEmployees", {"code": f"E{number}", **links})
        return c, s, e

    def nodes(self, root: str, fields: str = "dbId", arguments: str = "") -> list[dict[str, Any]]:
        """Return the nodes of a connection."""
        given = f"first: 1000, objectStatus: ALL {arguments}"
        answer = self.ask(f"{{ {root}({given}) {{ edges {{ node {{ {fields} }} }} }} }}")
        assert "errors" not in answer, answer
        return [edge["node"] for edge in answer["data"][root]["edges"] or ()]

    def journal(self) -> list[dict[str, Any]]:
        """Return the journal of this test."""
        entries: list[dict[str, Any]] = self.admin("GET", f"journal?after={self.seen}")
        return entries


@pytest.fixture(scope="module")
def server() -> Iterator[Ready]:
    """Serve a company without people."""
    with running() as ready:
        yield ready


@pytest.fixture(scope="module")
def http(server: Ready) -> Iterator[httpx.Client]:
    """Share one connection."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


@pytest.fixture
def xledger(http: httpx.Client, server: Ready) -> Iterator[Xledger]:
    """Serve as at first, with limits that no test meets by accident; afterwards as before."""
    served = Xledger(http, server)
    entries = served.admin("GET", "journal?variables=no")
    served.seen = entries[-1]["number"] if entries else 0
    served.set()
    yield served
    served.admin("PUT", "faults", [])
    served.admin("PUT", "tokens", server.tokens)
    served.admin("DELETE", "state")


@pytest.fixture
def message() -> Callable[[dict[str, Any]], str]:
    """Return what gives the message of an answer's only error."""

    def only(answer: dict[str, Any]) -> str:
        (error,) = answer["errors"]
        return str(error["message"])

    return only
