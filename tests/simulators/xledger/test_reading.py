"""Connections, filters, pages, deltas, and whose token it is (`xledger-api.md` 1.4, 1.5, 1.9)."""

from typing import Any

import pytest

PAGE = "edges { cursor node { dbId } } pageInfo { hasNextPage hasPreviousPage }"


def page(xledger: Any, arguments: str) -> tuple[list[str], str | None, tuple[bool, bool]]:
    """Return a page of contacts: dbIds, last cursor, whether there are more after and before."""
    answer = xledger.ask(f"{{ contacts({arguments}) {{ {PAGE} }} }}")["data"]["contacts"]
    edges = answer["edges"] or ()
    more = (answer["pageInfo"]["hasNextPage"], answer["pageInfo"]["hasPreviousPage"])
    return [e["node"]["dbId"] for e in edges], edges[-1]["cursor"] if edges else None, more


@pytest.mark.parametrize(("switch", "edges"), [("null", None), ("list", [])])
def test_an_empty_page_has_no_edges(xledger: Any, switch: str, edges: Any) -> None:
    """They are null, not an empty list; a switch makes them one."""
    xledger.set(empty_edges=switch)
    answer = xledger.ask("{ employees(first: 1) { edges { cursor } } }")
    assert answer == {"data": {"employees": {"edges": edges}}}


@pytest.mark.parametrize("cursor", ["plain", "composite"])
def test_pages_meet_everybody_once(xledger: Any, cursor: str) -> None:
    """From the oldest on with `first`, from the newest back with `last`."""
    xledger.set(cursor=cursor)
    ids = xledger.add("addContacts", *[{}] * 5)
    first, at, more = page(xledger, "first: 3")
    assert (first, more) == (ids[:3], (True, False))
    assert at is not None
    assert ("." in at) is (cursor == "composite")
    assert page(xledger, f'first: 3, after: "{at}"')[0::2] == (ids[3:], (False, True))
    newest, at, more = page(xledger, "last: 2")
    assert (newest, more) == ([ids[4], ids[3]], (False, True))
    assert page(xledger, f'last: 9, before: "{at}"')[0] == ids[2::-1]


def test_a_page_is_never_too_large(xledger: Any, message: Any) -> None:
    """At most 10,000; a modest number when nobody says."""
    answer = xledger.ask("{ contacts(first: 10001) { edges { cursor } } }")
    assert message(answer) == "first: At most 10000 records per query."
    xledger.add("addContacts", *[{}] * 101)
    assert len(page(xledger, "ownerSet: CURRENT")[0]) == 100


def test_a_cursor_of_nobody_is_refused(xledger: Any, message: Any) -> None:
    """It is opaque, but it must have been given out."""
    answer = xledger.ask('{ contacts(first: 1, after: "12") { edges { cursor } } }')
    assert message(answer) == "after: The cursor is not valid."


def test_ended_people_are_left_out_unless_asked_for(xledger: Any) -> None:
    """`objectStatus` is OPEN when nobody says."""
    xledger.set(require_links=False)
    xledger.add("addEmployees", {"code": "1"}, {"code": "2", "employmentTo": "2020-01-01"})
    for status, codes in (("OPEN", ["1"]), ("CLOSED", ["2"]), ("ALL", ["1", "2"])):
        query = f"{{ employees(objectStatus: {status}) {{ edges {{ node {{ code }} }} }} }}"
        edges = xledger.ask(query)["data"]["employees"]["edges"]
        assert [edge["node"]["code"] for edge in edges] == codes
    assert len(xledger.ask("{ employees { edges { cursor } } }")["data"]["employees"]["edges"]) == 1


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ('code: "H1"', [1]),
        ('code_in: ["H1", "H2"]', [1, 2]),
        ('OR: [{code: "H0"}, {code: "H2"}]', [0, 2]),
        ('OR: [{code: "H0"}, {AND: [{code: "H2"}, {email: "p2@x.no"}]}]', [0, 2]),
        ('AND: [{code: "H0"}, {code: "H2"}]', []),
        ('email: "P1@X.NO"', [1]),
        ('email_in: ["P1@x.no", "none"]', [1]),
        ("email: null", []),
        ('modifiedAt_gte: "2020-01-01T00:00:00"', [0, 1, 2]),
        ('modifiedAt_gte: "2999-01-01T00:00:00"', []),
        ("OR: []", []),
    ],
)
def test_filters_find(xledger: Any, filter_: str, found: list[int]) -> None:
    """Everything that a filter says must hold; alternatives stand in OR."""
    xledger.set(hidden=[])
    for number in range(3):
        xledger.person(number)
    nodes = xledger.nodes("contacts", "code", f", filter: {{{filter_}}}")
    assert [node["code"] for node in nodes] == [f"H{number}" for number in found]


def test_null_in_a_filter_asks_for_nothing_there(xledger: Any) -> None:
    """`employmentTo: null` finds those who stay."""
    xledger.set(require_links=False)
    xledger.add("addEmployees", {"code": "1"}, {"code": "2", "employmentTo": "2999-01-01"})
    nodes = xledger.nodes("employees", "code", ', filter: {employmentTo: null, code_gt: "0"}')
    assert nodes == [{"code": "1"}]


def test_an_email_filter_may_mind_case(xledger: Any) -> None:
    """A switch says which."""
    xledger.set(hidden=[], email_filter_ignores_case=False)
    xledger.person()
    assert xledger.nodes("contacts", "dbId", ', filter: {email: "P0@x.no"}') == []
    assert len(xledger.nodes("contacts", "dbId", ', filter: {email: "p0@x.no"}')) == 1


@pytest.mark.parametrize("name", ["email", "email_in", "code_in"])
def test_filters_nobody_ever_used_are_hidden(xledger: Any, name: str) -> None:
    """By default they are not in the schema; introspection says so too."""
    query = '{ __type(name: "Employee_Filter") { inputFields { name } } }'
    names = [f["name"] for f in xledger.ask(query)["data"]["__type"]["inputFields"]]
    assert name not in names
    assert "contactDbId" in names
    value = '["x"]' if name.endswith("_in") else '"x"'
    answer = xledger.ask(f"{{ employees(filter: {{{name}: {value}}}) {{ edges {{ cursor }} }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "ARGUMENTS_OF_CORRECT_TYPE"


def test_single_records_are_found_by_db_id(xledger: Any) -> None:
    """A number and a text both do; what another company holds is null."""
    contact, *_ = xledger.person()
    for given in (contact, f'"{contact}"'):
        answer = xledger.ask(f"{{ contact(dbId: {given}) {{ name }} }}")
        assert answer == {"data": {"contact": {"name": "Kari Ås"}}}
    query = f"{{ contact(dbId: {contact}) {{ name }} }}"
    assert xledger.ask(query, token=2) == {"data": {"contact": None}}


def test_a_token_reaches_its_company_and_those_below(xledger: Any) -> None:
    """`ownerSet` says whose records; nobody sees those of a stranger."""
    for token in range(3):
        query = "mutation { addContacts(inputs: {node: {}}) { edges { node { dbId } } } }"
        assert "errors" not in xledger.ask(query, token=token)
    seen = {
        (token, owners): len(
            xledger.ask(
                f"{{ contacts(ownerSet: {owners}) {{ edges {{ cursor }} }} }}", token=token
            )["data"]["contacts"]["edges"]
        )
        for token in range(3)
        for owners in ("CURRENT", "LOWER", "UPPER", "ALL")
    }
    assert [seen[0, o] for o in ("CURRENT", "LOWER", "UPPER", "ALL")] == [1, 2, 1, 2]
    assert [seen[1, o] for o in ("CURRENT", "LOWER", "UPPER", "ALL")] == [1, 1, 2, 2]
    assert [seen[2, o] for o in ("CURRENT", "LOWER", "UPPER", "ALL")] == [1, 1, 1, 1]


def test_a_company_above_creates_below(xledger: Any, message: Any) -> None:
    """With `owner`; the other way round nothing matches."""
    companies = [token["company"] for token in xledger.ready.tokens]
    query = (
        "mutation M($o: OwnerLookup) { addContacts(inputs: {node: {owner: $o}}) "
        "{ edges { node { ownerDbId } } } }"
    )
    answer = xledger.ask(query, o={"dbId": companies[1]})
    edge = {"node": {"ownerDbId": int(companies[1])}}
    assert answer["data"]["addContacts"]["edges"] == [edge]
    assert message(xledger.ask(query, token=1, o={"dbId": companies[0]})).startswith("owner.dbId: ")


def test_viewer_says_whose_token_it_is(xledger: Any) -> None:
    """Every record carries the same entity."""
    query = "{ viewer { entity { ownerDbId company { dbId description } } } }"
    entity = xledger.ask(query)["data"]["viewer"]["entity"]
    company = int(xledger.ready.tokens[0]["company"])
    assert entity["ownerDbId"] == entity["company"]["dbId"] == company
    xledger.person()
    assert xledger.nodes("contacts", "ownerDbId") == [{"ownerDbId": company}]


def test_deltas_tell_what_was_written(xledger: Any) -> None:
    """In order, added and updated, with the record as it is now; a refused write leaves none."""
    *_, employee = xledger.person()
    xledger.write("updateEmployees", {"dbId": employee, "code": "new"})
    xledger.write("updateEmployees", {"dbId": employee, "trialTo": "x"})
    query = "{ employee_deltas { edges { mutationType node { dbId _current { code } } } } }"
    edges = xledger.ask(query)["data"]["employee_deltas"]["edges"]
    assert [edge["mutationType"] for edge in edges] == ["ADDED", "UPDATED"]
    assert edges[0]["node"] == {"dbId": int(employee), "_current": {"code": "new"}}


def test_catalogues_are_there(xledger: Any) -> None:
    """Countries, genders, object values and banks are found as anything else."""
    query = (
        '{ countries(filter: {code: "NO"}) { edges { node { description } } }'
        " systemValues(first: 1) { edges { node { code name } } }"
        " objectValues(first: 1) { edges { node { objectKind { name } } } }"
        " banks { edges { node { swift } } } companies { edges { node { description } } } }"
    )
    data = xledger.ask(query)["data"]
    assert data["countries"]["edges"] == [{"node": {"description": "Norway"}}]
    assert data["systemValues"]["edges"] == [{"node": {"code": "M", "name": "MALE"}}]
    assert data["objectValues"]["edges"][0]["node"]["objectKind"] == {"name": "EMPLOYMENT_TYPE"}
    assert len(data["banks"]["edges"]) == len(data["companies"]["edges"]) == 1


def test_fragments_directives_and_names_work(xledger: Any) -> None:
    """Documents are GraphQL's, whole; a variable that leaves a part out may change."""
    xledger.person()
    query = (
        "query A($w: Boolean = false) { ...all } query B { __typename }"
        " fragment all on Query { people: contacts { edges { node { ... on Contact { name }"
        " email @include(if: $w) __typename } } } }"
    )
    for with_, extra in ((False, {}), (True, {"email": "p0@x.no"}), (False, {})):
        body = {"query": query, "operationName": "A", "variables": {"w": with_}}
        headers = {"authorization": f"token {xledger.ready.tokens[0]['token']}"}
        answer = xledger.http.post("/GraphQL", json=body, headers=headers).json()
        node = {"name": "Kari Ås", "__typename": "Contact", **extra}
        assert answer["data"]["people"]["edges"] == [{"node": node}]
