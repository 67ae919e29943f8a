"""Looking records up by whatever filters the schema has, else in listings (R-36, R-82)."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import orjson
import pytest

from connectors.xledger.schema import KEPT
from processors.ports.xledger import Found, Keys
from schemas.errors import Unavailable

pytestmark = pytest.mark.rule("R-36", "R-82")

FULL = ("OR", "code", "code_in", "email", "email_in", "contactDbId", "modifiedAt_gte")
SEEN = ("OR", "code", "email", "contactDbId", "modifiedAt_gte")
FILTERS = {
    "everything": FULL,
    "one value at a time": SEEN,
    "no email": ("OR", "code", "contactDbId", "modifiedAt_gte"),
    "no contact": ("OR", "code_in", "code", "modifiedAt_gte"),
    "no alternatives": ("code_in", "email_in"),
    "changes only": ("modifiedAt_gte",),
    "nothing": (),
}
TIME = "2026-01-0{}T12:00:00"


class Xledger:
    """Answers introspection and look-ups from a few records, as far as its filters go."""

    def __init__(self, members: tuple[str, ...]) -> None:
        self.members = members
        self.records: dict[str, list[dict[str, Any]]] = {
            "contacts": [
                {"dbId": "11", "code": "HA", "email": "Kari@x.no", "modifiedAt": TIME.format(1)},
                {"dbId": 12, "code": "other", "email": "ole@x.no", "modifiedAt": TIME.format(2)},
            ],
            "suppliers": [
                {"dbId": 21, "code": "100", "modifiedAt": TIME.format(1)},
                {"dbId": 22, "code": "100", "modifiedAt": TIME.format(3)},
            ],
            "employees": [
                {"dbId": 31, "code": "100", "contactDbId": 11, "modifiedAt": TIME.format(1)},
                {"dbId": 32, "code": "200", "contact": {"dbId": "12"}, "email": None},
                {"dbId": 33, "code": "300", "email": "EVA@x.no", "modifiedAt": TIME.format(4)},
            ],
        }
        self.queries: list[dict[str, Any]] = []
        self.introspections = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = orjson.loads(request.content)
        if body["query"].startswith("query Schema"):
            self.introspections += 1
            return httpx.Response(200, json={"data": self._arguments()})
        if body["query"].startswith("query Filters"):
            return httpx.Response(200, json={"data": self._inputs(body["variables"])})
        self.queries.append(body)
        roots = [root for root in self.records if f"{root}: {root}(" in body["query"]]
        data = {root: self._page(root, body["variables"].get(root)) for root in roots}
        return httpx.Response(200, json={"data": data})

    def _arguments(self) -> dict[str, Any]:
        filter_ = [{"name": "first", "type": {"name": "Int"}}]
        if self.members:
            filter_.append({"name": "filter", "type": {"name": "A_Filter"}})
        fields = [{"name": root, "args": filter_} for root in (*self.records, "banks")]
        return {"__schema": {"queryType": {"fields": fields}}}

    def _inputs(self, names: Mapping[str, str]) -> dict[str, Any]:
        assert set(names.values()) <= {"A_Filter", ""}
        listed = {"name": None, "ofType": {"name": None, "ofType": {"name": "String"}}}
        fields = [
            {"name": m, "type": {"name": "Int"} if m == "contactDbId" else listed}
            for m in self.members
        ]
        return {root: {"inputFields": fields} if name else None for root, name in names.items()}

    def _page(self, root: str, filter_: dict[str, Any] | None) -> dict[str, Any]:
        found = [r for r in self.records[root] if filter_ is None or self._is(r, filter_)]
        edges = [{"cursor": str(r["dbId"]), "node": r} for r in found]
        return {"edges": edges or None, "pageInfo": {"hasNextPage": False}}

    def _is(self, record: dict[str, Any], filter_: dict[str, Any]) -> bool:
        assert set(filter_) <= set(self.members)
        (name, asked), *rest = filter_.items()
        assert not rest
        if name == "OR":
            return any(self._is(record, one) for one in asked)
        if name == "modifiedAt_gte":
            return bool(record.get("modifiedAt", "") >= asked)
        value = record.get(name.removesuffix("_in"))
        if name == "contactDbId":
            value = record.get("contactDbId") or record.get("contact", {}).get("dbId")
            value = value and int(value)
            assert isinstance(asked, int)
        return value in asked if name.endswith("_in") else value == asked


def keys(client_id: str, code: str, supplier: str, email: str | None = None, **more: Any) -> Keys:
    """Return somebody's keys; the supplier's code is the employee's too."""
    return Keys(client_id, code, supplier, supplier, email, **more)


PEOPLE = (
    keys("0", "HA", "100", "kari@X.no"),
    keys("1", "HB", "999"),
    keys("2", "HC", "200", "ole@x.no"),
    keys("3", "HD", "888", "EVA@x.no"),
)
EXPECTED = {
    "0": Found(("11",), ("21", "22"), ("31",), ("31",)),
    "1": Found(),
    "2": Found(employees_by_code=("32",)),
    "3": Found(),
}
BY_EMAIL = {"0": ("31",), "2": ("32",), "3": ("33",)}


def without_email(found: Mapping[str, Found]) -> dict[str, tuple[Any, ...]]:
    """Return what was found by the other keys."""
    return {
        client: (f.contacts, f.suppliers, f.employees_by_contact, f.employees_by_code)
        for client, f in found.items()
    }


@pytest.mark.parametrize("members", FILTERS.values(), ids=FILTERS)
def test_the_same_is_found_by_every_way(
    bench: Callable[..., Any], members: tuple[str, ...]
) -> None:
    """Codes and contacts are found whatever filters there are, dbIds as text."""
    place = bench(Xledger(members))
    found = place.ask(lambda client: client.look_up(PEOPLE))
    assert without_email(found) == without_email(EXPECTED)


@pytest.mark.parametrize("members", [FILTERS["everything"], FILTERS["one value at a time"]])
def test_an_email_finds_its_employees(bench: Callable[..., Any], members: tuple[str, ...]) -> None:
    """By the contact's address or the employee's own, as typed or in lower case."""
    xledger = Xledger(members)
    xledger.records["contacts"][0]["email"] = "kari@x.no"
    found = bench(xledger).ask(lambda client: client.look_up(PEOPLE))
    assert {c: f.by_email for c, f in found.items() if f.by_email} == BY_EMAIL


def test_a_listing_finds_emails_whatever_their_case(bench: Callable[..., Any]) -> None:
    """Where all contacts are read anyway, addresses are compared without case."""
    found = bench(Xledger(())).ask(lambda client: client.look_up(PEOPLE))
    assert {c: f.by_email for c, f in found.items() if f.by_email} == BY_EMAIL


def test_no_email_filter_means_nothing_by_email(bench: Callable[..., Any]) -> None:
    """An email is no reason to list everything."""
    xledger = Xledger(FILTERS["no email"])
    found = bench(xledger).ask(lambda client: client.look_up(PEOPLE))
    assert found["2"].by_email == found["3"].by_email == ()
    assert all(q["variables"].get("contacts") for q in xledger.queries if "contacts:" in q["query"])


def test_new_people_cost_one_query_of_three_roots(bench: Callable[..., Any]) -> None:
    """When nobody exists yet, one request tells so for all."""
    xledger = Xledger(FULL)
    people = [keys(str(n), f"HX{n}", f"9{n}", f"{n}@y.no") for n in range(500)]
    found = bench(xledger).ask(lambda client: client.look_up(people))
    assert set(found.values()) == {Found()}
    (query,) = xledger.queries
    assert [f"{root}: {root}(" in query["query"] for root in xledger.records] == [True] * 3
    assert query["query"].count("objectStatus: ALL") == 3
    assert "HX499" not in query["query"]


def test_contacts_just_found_cost_one_more(bench: Callable[..., Any]) -> None:
    """Their employees are asked for in a second query, of that root alone."""
    xledger = Xledger(FULL)
    bench(xledger).ask(lambda client: client.look_up([keys("0", "HA", "100")]))
    assert len(xledger.queries) == 2
    assert list(xledger.queries[1]["variables"]["employees"].values()) == [11]


def test_a_contact_already_known_is_asked_for_at_once(bench: Callable[..., Any]) -> None:
    """Its employees come with the first query, also when its code has changed."""
    xledger = Xledger(FULL)
    known = [keys("0", "HZ", "777", contact="12")]
    found = bench(xledger).ask(lambda client: client.look_up(known))
    assert found["0"] == Found(employees_by_contact=("32",))
    assert len(xledger.queries) == 1


def test_the_schema_is_asked_for_once_a_day(bench: Callable[..., Any]) -> None:
    """Introspection counts towards the limits, so its answer is kept."""
    xledger = Xledger(FULL)
    place = bench(xledger)

    async def thrice(client: Any) -> None:
        await client.look_up(PEOPLE)
        place.clock[0] += KEPT - 1
        await client.look_up(PEOPLE)
        assert xledger.introspections == 1
        place.clock[0] += 2
        await client.look_up(PEOPLE)

    place.ask(thrice)
    assert xledger.introspections == 2


def test_listings_are_followed_by_what_changed(bench: Callable[..., Any]) -> None:
    """A second look-up asks for what changed since the newest record, less two hours."""
    xledger = Xledger(FILTERS["changes only"])
    place = bench(xledger)

    async def twice(client: Any) -> Mapping[str, Found]:
        await client.look_up(PEOPLE)
        xledger.records["suppliers"][0] |= {"code": "moved", "modifiedAt": TIME.format(5)}
        again: Mapping[str, Found] = await client.look_up(PEOPLE)
        return again

    found = place.ask(twice)
    assert found["0"].suppliers == ("22",)
    first, second = xledger.queries
    assert "suppliers" not in first["variables"]
    assert second["variables"]["suppliers"] == {"modifiedAt_gte": "2026-01-03T10:00:00"}


def test_listings_without_times_are_read_again(bench: Callable[..., Any]) -> None:
    """Where nothing tells what changed, each look-up lists everything."""
    xledger = Xledger(())
    place = bench(xledger)

    async def twice(client: Any) -> Mapping[str, Found]:
        await client.look_up(PEOPLE)
        xledger.records["suppliers"].pop()
        again: Mapping[str, Found] = await client.look_up(PEOPLE)
        return again

    assert place.ask(twice)["0"].suppliers == ("21",)


def test_a_listing_has_a_limit(bench: Callable[..., Any]) -> None:
    """A company larger than the limit is trouble, not an incomplete answer."""
    xledger = Xledger(())
    xledger.records["contacts"] = [{"dbId": n, "code": str(n)} for n in range(5)]
    limits = bench({}).limits
    place = bench(xledger, limits=type(limits)(1.0, 1 << 20, 4, 1.0))
    with pytest.raises(Unavailable, match="more than 4 contacts"):
        place.ask(lambda client: client.look_up(PEOPLE))


@pytest.mark.parametrize("answer", [{"contacts": None}, {}, {"contacts": []}])
def test_an_answer_without_a_root_is_no_proof_of_absence(
    bench: Callable[..., Any], answer: dict[str, Any]
) -> None:
    """Only an empty connection says that nothing exists: a missing one would double somebody."""
    xledger = Xledger(FULL)

    def respond(request: httpx.Request) -> httpx.Response:
        if b"LookUp" in request.content:
            return httpx.Response(200, json={"data": {"x": 1, **answer}})
        return xledger(request)

    with pytest.raises(Unavailable):
        bench(respond).ask(lambda client: client.look_up(PEOPLE))


def test_a_schema_that_changed_is_asked_for_again(bench: Callable[..., Any]) -> None:
    """A filter that vanished is trouble once; the next look-up knows better."""
    xledger = Xledger(FULL)
    refusals = [True]

    def respond(request: httpx.Request) -> httpx.Response:
        if b"LookUp" in request.content and refusals:
            refusals.clear()
            xledger.members = SEEN
            message = "Field 'code_in' is not defined by type 'A_Filter'."
            return httpx.Response(200, json={"errors": [{"message": message}]})
        return xledger(request)

    async def twice(client: Any) -> Mapping[str, Found]:
        with pytest.raises(Unavailable, match="schema differs"):
            await client.look_up(PEOPLE)
        again: Mapping[str, Found] = await client.look_up(PEOPLE)
        return again

    assert without_email(bench(respond).ask(twice)) == without_email(EXPECTED)


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "GraphQL introspection is not allowed"}]},
        {"data": {"__schema": None}},
        {"data": {"__schema": {"queryType": {"fields": None}}}},
    ],
)
def test_a_schema_that_is_not_shown_means_listings(
    bench: Callable[..., Any], answer: dict[str, Any]
) -> None:
    """Without introspection no filter is trusted."""
    xledger = Xledger(FULL)

    def respond(request: httpx.Request) -> httpx.Response:
        if b"__schema" in request.content:
            return httpx.Response(200, json=answer)
        return xledger(request)

    found = bench(respond).ask(lambda client: client.look_up(PEOPLE))
    assert without_email(found) == without_email(EXPECTED)
