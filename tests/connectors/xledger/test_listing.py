"""One page of all employees, from exact answers (R-18; `xledger-api.md` 1.4)."""

from collections.abc import Callable
from typing import Any

import pytest

from processors.ports.xledger import ListedEmployee, Page
from schemas.errors import Unavailable

pytestmark = pytest.mark.rule("R-18")

WHOLE = {
    "dbId": 31,
    "code": "0071",
    "employmentTo": "2026-12-31",
    "modifiedAt": "2026-01-01T12:00:00",
    "contactDbId": 11,
    "contact": {"dbId": "11", "email": "kari@x.no"},
    "subledger": {"dbId": 21, "email": "k@y.no"},
}
LISTED = ListedEmployee(
    employee="31",
    contact="11",
    subledger="21",
    code="0071",
    contact_email="kari@x.no",
    subledger_email="k@y.no",
    employment_to="2026-12-31",
    modified_at="2026-01-01T12:00:00",
)


def page(*edges: Any, **info: Any) -> dict[str, Any]:
    """Return an answer with these edges."""
    return {"data": {"employees": {"edges": list(edges), "pageInfo": info}}}


def edge(db_id: Any, cursor: Any = "c") -> dict[str, Any]:
    """Return an edge with a bare employee."""
    return {"cursor": cursor, "node": {"dbId": db_id}}


def test_an_employee_comes_with_contact_and_subledger(bench: Callable[..., Any]) -> None:
    """DbIds are text whatever JSON type they came as; codes keep their zeros."""
    place = bench(page({"cursor": "1", "node": WHOLE}, hasNextPage=False))
    listed = place.ask(lambda client: client.list_employees(None, 10))
    assert listed == Page((LISTED,), None)


def test_everybody_of_the_company_is_asked_for(bench: Callable[..., Any]) -> None:
    """Ours alone, ended ones too, from the cursor given, at most 10,000 at once."""
    place = bench(page(hasNextPage=False))
    place.ask(lambda client: client.list_employees("12.34.56", 50_000))
    (body,) = place.bodies()
    assert "ownerSet: CURRENT, objectStatus: ALL" in body["query"]
    assert body["variables"] == {"first": 10_000, "employeesAfter": "12.34.56"}


@pytest.mark.parametrize("connection", [{"edges": None}, {"edges": []}, {}])
@pytest.mark.parametrize("info", [{"hasNextPage": False}, None])
def test_nobody_is_an_empty_page(bench: Callable[..., Any], connection: Any, info: Any) -> None:
    """An empty result has edges null, or empty, or none (`xledger-api.md` 1.4)."""
    answer = {"data": {"employees": {**connection, "pageInfo": info}}}
    assert bench(answer).ask(lambda client: client.list_employees(None, 10)) == Page((), None)


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (page(edge(1, "5"), edge(2, "a.b.c"), hasNextPage=True), "a.b.c"),
        (page(edge(1), edge(2, 77), hasNextPage=True), "77"),
        (page(edge(1), edge(2, "x"), hasNextPage=False), None),
        (page(edge(1), edge(2, "x")), None),
        ({"data": {"employees": {"edges": [edge(1), edge(2, "x")]}}}, "x"),
        (page(edge(1), {"cursor": "z", "node": None}, hasNextPage=True), "z"),
    ],
)
def test_the_last_cursor_leads_on(
    bench: Callable[..., Any], answer: Any, after: str | None
) -> None:
    """Opaque, as it came; without page information a full page has a next one."""
    listed = bench(answer).ask(lambda client: client.list_employees(None, 2))
    assert listed.after == after


@pytest.mark.parametrize("node", [{}, {"dbId": None}, None])
def test_a_record_without_a_db_id_is_none(bench: Callable[..., Any], node: Any) -> None:
    """An employee that cannot be told from others is not listed."""
    answer = page({"cursor": "1", "node": node}, edge(2), hasNextPage=False)
    listed = bench(answer).ask(lambda client: client.list_employees(None, 10))
    assert [employee.employee for employee in listed.employees] == ["2"]


@pytest.mark.parametrize(
    "answer",
    [
        page(hasNextPage=True),
        page({"node": {"dbId": 1}}, hasNextPage=True),
        {"data": {"employees": None}},
        {"data": {}},
        {**page(edge(1), hasNextPage=False), "errors": [{"message": "part of it"}]},
    ],
)
def test_a_part_of_a_page_is_none(bench: Callable[..., Any], answer: Any) -> None:
    """What is incomplete, or says that it goes on and not where, must be asked for again."""
    with pytest.raises(Unavailable):
        bench(answer).ask(lambda client: client.list_employees(None, 10))


def test_a_listing_prints_nobody(bench: Callable[..., Any]) -> None:
    """Codes, emails and dates of employment stay out of `repr` (R-103)."""
    answer = page({"cursor": "1", "node": WHOLE}, hasNextPage=False)
    shown = repr(bench(answer).ask(lambda client: client.list_employees(None, 10)))
    assert not [value for value in ("0071", "kari", "k@y", "2026-12-31") if value in shown]
