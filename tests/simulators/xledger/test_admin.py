"""The simulator's own paths (`interfaces.md`, HTTP): state, journal, tokens, settings."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

STATE = {
    "name": "Test AS",
    "contacts": {"1": {"firstName": "Kari", "gender": "F", "address": {"country": "NO"}}},
    "suppliers": {"2": {"code": "7", "description": "Kari", "bankAccount": "12345678903"}},
    "employees": {"3": {"code": "7", "contact": 1, "subledger": "2"}},
}


def company(xledger: Any) -> str:
    """Return the first token's company."""
    return str(xledger.ready.tokens[0]["company"])


def test_the_state_can_be_taken_away_and_brought_back(xledger: Any) -> None:
    """What GET gives, PUT takes; DELETE empties every company."""
    xledger.person()
    state = xledger.admin("GET", "state")
    xledger.admin("DELETE", "state")
    assert xledger.nodes("contacts") == []
    xledger.admin("PUT", "state", state)
    assert xledger.admin("GET", "state") == state
    assert len(xledger.nodes("contacts")) == 1


def test_a_state_is_what_the_api_shows(xledger: Any) -> None:
    """Links are dbIds, genders and countries codes, addresses objects."""
    xledger.admin("PUT", "state", {"companies": {company(xledger): STATE}})
    fields = (
        "dbId code subledger { bankAccount } contact { dbId gender { code } "
        "address { country { code } } }"
    )
    contact = {"dbId": "1", "gender": {"code": "F"}, "address": {"country": {"code": "NO"}}}
    subledger = {"bankAccount": "12345678903"}
    assert xledger.nodes("employees", fields) == [
        {"dbId": 3, "code": "7", "contact": contact, "subledger": subledger}
    ]
    (name,) = [
        edge["node"]["description"]
        for edge in xledger.ask("{ companies { edges { node { description } } } }")["data"][
            "companies"
        ]["edges"]
    ]
    assert name == "Test AS"


def test_a_patch_merges_by_id(xledger: Any) -> None:
    """Null removes; what is not named stays."""
    xledger.admin("PUT", "state", {"companies": {company(xledger): STATE}})
    patch = {"contacts": {"1": {"firstName": None, "phone": "1"}, "9": {"email": "x@x.no"}}}
    patch["employees"] = {"3": None}
    xledger.admin("PATCH", "state", {"companies": {company(xledger): patch}})
    contacts = xledger.nodes("contacts", "dbId firstName phone gender { code }")
    assert {c["dbId"]: (c["firstName"], c["phone"]) for c in contacts} == {
        "1": (None, "1"),
        "9": (None, None),
    }
    assert contacts[0]["gender"] == {"code": "F"}
    assert xledger.nodes("employees") == []
    assert len(xledger.nodes("suppliers")) == 1


def test_new_records_get_ids_of_their_own(xledger: Any) -> None:
    """Also after a state with greater ones, and after a reset."""
    high: Any = {"companies": {company(xledger): {"contacts": {"30000000": {}}}}}
    xledger.admin("PUT", "state", high)
    (first,) = xledger.add("addContacts", {})
    xledger.admin("DELETE", "state")
    (second,) = xledger.add("addContacts", {})
    assert 30_000_000 < int(first) < int(second)


@pytest.mark.parametrize(
    "state",
    [
        [],
        {"people": {}},
        {"companies": []},
        {"companies": {"x": {}}},
        {"companies": {"1": {"people": {}}}},
        {"companies": {"1": {"contacts": {"1": 1}}}},
        {"companies": {"1": {"employees": {"3": {"contact": 1}}}}},
        {"companies": {"1": {"contacts": {"1": {}}}, "2": {"contacts": {"1": {}}}}},
        {"companies": {"1": {"contacts": {"99999999999": {}}}}},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_wrong_state_changes_nothing(xledger: Any, method: str, state: Any) -> None:
    """It is refused with the part that is wrong."""
    xledger.person()
    before = xledger.admin("GET", "state")
    answer = xledger.http.request(method, "/_admin/state", json=state)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})
    assert xledger.admin("GET", "state") == before


def test_the_journal_tells_every_request(xledger: Any) -> None:
    """Operation, roots with people, variables, status, error, what was committed."""
    (contact,) = xledger.add("addContacts", {"phone": "secret"})
    xledger.ask("query Q { contacts { edges { node { x } } } }")
    good, bad = xledger.journal()
    assert (good["token"], good["operation"], good["name"]) == ("fjordmat", "mutation", "Write")
    assert good["roots"] == [{"alias": "r0", "name": "addContacts", "people": 1}]
    assert good["variables"] == {"r0": [{"clientId": "0", "node": {"phone": "secret"}}]}
    assert (good["status"], good["error"], good["fault"]) == (200, None, None)
    assert good["committed"] == {"r0": [contact]}
    assert good["time"] <= good["committed_at"] <= good["ended"]
    assert (bad["operation"], bad["error"]) == (None, "FIELDS_ON_CORRECT_TYPE")
    assert bad["number"] == good["number"] + 1


def test_the_journal_holds_values_in_variables_only(xledger: Any) -> None:
    """So that a test can see what was interpolated; they can be left out."""
    xledger.write("addContacts", {"birthday": "secret"})
    (entry,) = xledger.admin("GET", f"journal?after={xledger.seen}&variables=no")
    assert "secret" not in json.dumps(entry)
    assert entry["error"] == "INVALID_VALUE"


def test_the_journal_forgets_the_oldest(xledger: Any) -> None:
    """So many requests are kept; numbers go on."""
    xledger.set(journal_limit=2)
    for _ in range(4):
        xledger.ask("{ __typename }")
    entries = xledger.admin("GET", "journal")
    assert [entry["number"] - xledger.seen for entry in entries] == [3, 4]
    assert xledger.admin("GET", f"journal?after={xledger.seen + 3}") == entries[1:]
    assert xledger.admin("GET", f"journal?after={xledger.seen + 9}") == []


def test_a_token_is_in_no_journal_and_no_error(xledger: Any) -> None:
    """Its name is."""
    secret = "c2VjcmV0LXRva2Vu"
    headers = {"authorization": f"token {secret}"}
    answer = xledger.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    (entry,) = xledger.journal()
    assert entry["token"] is None
    assert secret not in answer.text + json.dumps(entry)


def test_tokens_make_their_companies(xledger: Any) -> None:
    """A company that is not there yet comes into being, without people."""
    token = {"name": "new", "token": "bmV3", "company": "77", "scopes": ["Company read"]}
    xledger.admin("PUT", "tokens", [token])
    answer = xledger.http.post(
        "/graphql",
        json={"query": "{ viewer { entity { ownerDbId } } }"},
        headers={"authorization": "token bmV3"},
    )
    assert answer.json() == {"data": {"viewer": {"entity": {"ownerDbId": 77}}}}
    assert xledger.admin("GET", "tokens") == [token]
    assert xledger.admin("GET", "state")["companies"]["77"]["employees"] == {}


def test_settings_are_replaced_whole(xledger: Any) -> None:
    """What is not given is as at first."""
    xledger.admin("PUT", "settings", {"atomic": False, "empty_edges": None, "credits": 5})
    held = xledger.admin("GET", "settings")
    assert (held["atomic"], held["empty_edges"]) == (False, "null")
    assert held["credits"] == {"budget": 5, "seconds": 3600.0}
    xledger.admin("PUT", "settings", {})
    held = xledger.admin("GET", "settings")
    assert held["atomic"] is True
    assert held["burst"] == {"requests": 20, "seconds": 5.0}
    assert held["concurrency"] == 4
    assert "Employee_Filter.email" in held["hidden"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settings", {"atomik": True}),
        ("settings", {"auth_status": 500}),
        ("settings", {"hidden": ["Employe_Filter.code"]}),
        ("settings", {"hidden": ["viewer"]}),
        ("settings", []),
        ("faults", [{"fault": "meteorite"}]),
        ("faults", [{"fault": "slow", "match": {"path": "x"}}]),
        ("tokens", [{"name": "x", "token": "x", "company": "Fjordmat"}]),
    ],
)
def test_what_is_misspelt_is_refused(xledger: Any, path: str, body: Any) -> None:
    """It must not silently do nothing."""
    assert xledger.http.put(f"/_admin/{path}", json=body).status_code == 400


def test_what_is_not_there_is_told(xledger: Any) -> None:
    """With what there is; a body that is no JSON is refused as well."""
    assert xledger.http.get("/_admin/none").status_code == 404
    assert xledger.http.put("/_admin/state", content="{").status_code == 400
    assert xledger.http.get("/_admin/journal?after=x").status_code == 400


def test_no_limit_applies_to_admin(xledger: Any) -> None:
    """Nor a fault."""
    xledger.set(burst={"requests": 1, "seconds": 60}, latency_ms=60_000)
    xledger.strike("hang")
    for _ in range(30):
        assert xledger.admin("GET", "state")


def test_the_ready_line_says_how_to_use_it() -> None:
    """One line of JSON, once it listens; the token in it is good; SIGTERM ends it with 0."""
    program = "from simulators.xledger.serve import run; run(0, 3)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        ready = json.loads(process.stdout.readline())
        assert ready.keys() == {"url", "tokens"}
        token = ready["tokens"][0]
        assert token.keys() == {"name", "token", "company", "scopes"}
        query = {"query": "{ viewer { entity { ownerDbId } } }"}
        headers = {"authorization": f"token {token['token']}"}
        answer = httpx.post(f"{ready['url']}/graphql", json=query, headers=headers).json()
        assert answer["data"]["viewer"]["entity"]["ownerDbId"] == int(token["company"])
        process.terminate()
        assert process.wait(10) == 0


def test_the_same_seed_makes_the_same_tokens() -> None:
    """And another seed others: companies as well."""
    from simulators.xledger.simulator import Simulator  # noqa: PLC0415 - for this test alone

    first, again, other = (Simulator(seed).tokens.all() for seed in (1, 1, 2))
    assert first == again
    assert not {t.token for t in first} & {t.token for t in other}
    assert not {t.company for t in first} & {t.company for t in other}
