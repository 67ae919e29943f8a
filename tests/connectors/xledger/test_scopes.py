"""Which scopes a token has: each tried alone (R-02)."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from connectors.xledger.scopes import READ, UNTESTABLE, WRITE
from schemas.errors import CredentialRefused, Limited, Unavailable

pytestmark = pytest.mark.rule("R-02")

FINE = {"data": {"x": {"edges": None}}}
NO_RECORD = {"errors": [{"message": "dbId: No value matching owner 1, dbId '0'."}]}
LACKS = {"errors": [{"message": "Token lacks scope."}], "data": None}


def xledger(**odd: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Answer as a token with every scope gets it, but for mutations or roots named."""

    def respond(request: httpx.Request) -> httpx.Response:
        query = orjson.loads(request.content)["query"]
        answer = next((a for name, a in odd.items() if f"{name}(" in query), None)
        fine = NO_RECORD if query.startswith("mutation") else FINE
        return httpx.Response(200, json=fine if answer is None else answer)

    return respond


def test_every_scope_is_asked_for_with_a_request_of_its_own(bench: Callable[..., Any]) -> None:
    """One record is read, and dbId 0 updated; what cannot be tested is said."""
    place = bench(xledger())
    assert place.ask(lambda client: client.missing_scopes()) == ((), UNTESTABLE)
    bodies = place.bodies()
    assert len(bodies) == len(READ) + len(WRITE) == 13
    writes = [body for body in bodies if body["query"].startswith("mutation")]
    assert {str(body["variables"]) for body in writes} == {
        "{'inputs': [{'clientId': '0', 'node': {'dbId': '0'}}]}"
    }


def test_missing_ones_are_named(bench: Callable[..., Any]) -> None:
    """A scope is missing when Xledger says so, for reading and for writing."""
    place = bench(xledger(banks=LACKS, updateContacts=LACKS))
    missing, untested = place.ask(lambda client: client.missing_scopes())
    assert (missing, untested) == (("Bank read", "Contact write"), UNTESTABLE)


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "Cannot query field 'systemValues' on type 'Query'."}]},
        {"errors": [{"message": "Something."}], "data": {"systemValues": None}},
    ],
)
def test_neither_way_is_not_missing(bench: Callable[..., Any], answer: Any) -> None:
    """What the schema lacks, or refuses for another reason, could not be tested."""
    place = bench(xledger(systemValues=answer))
    missing, untested = place.ask(lambda client: client.missing_scopes())
    assert (missing, set(untested)) == ((), {"System Value read", *UNTESTABLE})


@pytest.mark.parametrize("answer", [FINE, {"errors": [{"message": "Something."}]}])
def test_a_write_that_fails_otherwise_proves_nothing(
    bench: Callable[..., Any], answer: Any
) -> None:
    """Only the failed look-up of dbId 0 shows that the token may write."""
    place = bench(xledger(updateSuppliers=answer))
    missing, untested = place.ask(lambda client: client.missing_scopes())
    assert (missing, set(untested)) == ((), {"Supplier write", *UNTESTABLE})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"errors": [{"message": "Invalid API token."}]}, CredentialRefused),
        ({"errors": [{"message": "Too many requests."}]}, Limited),
        ({"errors": [{"message": "Your query timed out."}]}, Unavailable),
    ],
)
def test_trouble_is_no_answer(
    bench: Callable[..., Any], answer: Any, expected: type[Exception]
) -> None:
    """A refused token, a limit or an outage in mid-test says nothing about scopes."""
    with pytest.raises(expected):
        bench(xledger(updateEmployees=answer)).ask(lambda client: client.missing_scopes())
