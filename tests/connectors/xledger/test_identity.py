"""Whose token it is, from every shape the schema may have (R-09; `xledger-api.md` 1.9)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from processors.ports.xledger import Identity
from schemas.errors import CredentialRefused, Unavailable

pytestmark = pytest.mark.rule("R-09")

NO_FIELD = {"errors": [{"message": "Cannot query field 'viewer' on type 'Query'."}]}
NO_NAME = {"errors": [{"message": "Cannot query field 'description' on type 'Company'."}]}


def viewer(entity: Any) -> dict[str, Any]:
    """Return what `viewer` answers."""
    return {"data": {"viewer": {"entity": entity}}}


def records(**roots: Any) -> dict[str, Any]:
    """Return what the records answer."""
    return {"data": {"employees": {"edges": None}, "contacts": None, "suppliers": {}, **roots}}


OURS = {"edges": [{"node": {"ownerDbId": None}}, {"node": {"ownerDbId": 42}}]}


@pytest.mark.parametrize(
    ("answers", "expected", "requests"),
    [
        ([viewer({"ownerDbId": 42, "company": {"description": "AS"}})], Identity("42", "AS"), 1),
        ([viewer({"ownerDbId": "42", "company": None})], Identity("42", None), 1),
        ([NO_NAME, viewer({"ownerDbId": 42})], Identity("42", None), 2),
        ([NO_FIELD, NO_FIELD, records(suppliers=OURS)], Identity("42", None), 3),
        ([viewer(None), records(employees=OURS)], Identity("42", None), 2),
        ([{"data": {"viewer": None}}, records(contacts=OURS)], Identity("42", None), 2),
    ],
)
def test_the_entity_is_told_by_viewer_or_by_a_record(
    bench: Callable[..., Any], answers: list[Any], expected: Identity, requests: int
) -> None:
    """The same dbId by either way, and the company's name where there is one."""
    left = list(answers)
    place = bench(lambda _: httpx.Response(200, json=left.pop(0)))
    assert place.ask(lambda client: client.identity()) == expected
    assert len(place.requests) == requests


def test_an_empty_company_without_viewer_is_not_guessed(bench: Callable[..., Any]) -> None:
    """Where nothing tells, a sentence says why."""
    left = [viewer(None), records()]
    place = bench(lambda _: httpx.Response(200, json=left.pop(0)))
    with pytest.raises(Unavailable, match="which company"):
        place.ask(lambda client: client.identity())


def test_a_refused_token_has_no_identity(bench: Callable[..., Any]) -> None:
    """The token's trouble is told as such."""
    with pytest.raises(CredentialRefused):
        bench({"errors": [{"message": "Invalid API token."}]}).ask(lambda c: c.identity())
