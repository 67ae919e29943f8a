"""Faults on demand, over real connections: what they do, and what they leave done."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

ADD = (
    "mutation Write($i: [AddContactsInput!]!) "
    "{ r0: addContacts(inputs: $i) { edges { clientId } } }"
)
UPDATE = (
    "mutation Write($i: [UpdateContactsInput!]!) "
    "{ r0: updateContacts(inputs: $i) { edges { clientId } } }"
)
SOMEBODY = {"i": [{"clientId": "0", "node": {"phone": "1"}}]}


def send(
    xledger: Any, query: str = ADD, variables: Any = SOMEBODY, timeout: float = 10.0
) -> httpx.Response:
    """Send a mutation over a fresh connection; it adds somebody."""
    headers = {"authorization": f"token {xledger.ready.tokens[0]['token']}"}
    with httpx.Client(base_url=xledger.ready.url, timeout=timeout) as http:
        return http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def soon(question: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Say whether something comes true in time."""
    ends = time.monotonic() + seconds
    while not question():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("burst", "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"),
        ("concurrency", "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED"),
        ("credits", "BAD_REQUEST.INSUFFICIENT_CREDITS"),
        ("unauthorized", "auth"),
        ("scope-missing", "scope"),
        ("query-timeout", "other"),
    ],
)
def test_a_refusal_on_demand(xledger: Any, fault: str, code: str) -> None:
    """It looks like the real one, and does nothing."""
    xledger.strike(fault)
    answer = send(xledger).json()
    assert "data" not in answer
    assert answer["errors"][0].get("code", code) == code
    (entry,) = xledger.journal()
    assert (entry["fault"], entry["error"], entry["committed"]) == (fault, code, {})


@pytest.mark.parametrize("status", [503, 529])
def test_xledger_is_away(xledger: Any, status: int) -> None:
    """A status, and a text that is no JSON; nothing is done."""
    xledger.strike(f"http-{status}")
    answer = send(xledger)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    xledger.admin("PUT", "faults", [])
    assert xledger.nodes("contacts") == []


@pytest.mark.parametrize(("fault", "done"), [("reset-before", 0), ("reset-after-commit", 1)])
def test_a_connection_breaks(xledger: Any, fault: str, done: int) -> None:
    """Before or after the commit: the client sees no difference, the journal does."""
    xledger.strike(fault, times=1)
    with pytest.raises(httpx.TransportError):
        send(xledger)
    assert len(xledger.nodes("contacts")) == done
    entry = xledger.journal()[0]
    assert (entry["status"], entry["fault"]) == (None, fault)
    assert len(entry["committed"].get("r0", ())) == done
    assert entry["ended"]


def test_an_answer_does_not_come_after_the_commit(xledger: Any) -> None:
    """The client gives up; what it asked for is done."""
    xledger.strike("timeout-after-commit", times=1, seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        send(xledger, timeout=0.2)
    assert len(xledger.nodes("contacts")) == 1


def test_a_hang_does_nothing(xledger: Any) -> None:
    """While it lasts the journal shows the request in flight."""
    xledger.strike("hang", times=1, seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        send(xledger, timeout=0.2)
    assert soon(lambda: xledger.journal()[0]["ended"] is not None)
    assert xledger.nodes("contacts") == []


def test_a_late_commit_overtakes(xledger: Any) -> None:
    """The write happens after the client gave up, and undoes what was written meanwhile."""
    (contact,) = xledger.add("addContacts", {"phone": "first"})
    xledger.strike("late-commit", times=1, seconds=1.0)
    late = {"i": [{"node": {"dbId": contact, "phone": "late"}}]}
    with pytest.raises(httpx.ReadTimeout):
        send(xledger, UPDATE, late, timeout=0.2)
    entry = xledger.journal()[-1]
    assert (entry["status"], entry["ended"], entry["committed"]) == (None, None, {})
    xledger.write("updateContacts", {"dbId": contact, "phone": "early"})
    assert xledger.nodes("contacts", "phone") == [{"phone": "early"}]
    assert soon(lambda: xledger.nodes("contacts", "phone") == [{"phone": "late"}])
    (entry,) = [entry for entry in xledger.journal() if entry["fault"]]
    assert entry["committed"] == {"r0": [contact]}
    assert entry["ended"] >= entry["committed_at"]


@pytest.mark.parametrize("fault", ["reset-after-commit", "timeout-after-commit"])
def test_a_write_shows_up_late(xledger: Any, fault: str) -> None:
    """So long after its answer failed to arrive; what others write meanwhile is seen at once."""
    xledger.set(visible_after_seconds=1.5)
    (contact,) = xledger.add("addContacts", {"phone": "old", "email": "old@x.no"})
    xledger.strike(fault, times=2, seconds=0.1)
    new = {"i": [{"node": {"dbId": contact, "phone": "new"}}]}
    for query, variables in ((ADD, SOMEBODY), (UPDATE, new)):
        with pytest.raises(httpx.TransportError):
            send(xledger, query, variables)
    xledger.write("updateContacts", {"dbId": contact, "email": "new@x.no"})
    seen = {"phone": "old", "email": "new@x.no"}
    assert xledger.nodes("contacts", "phone email") == [seen]
    assert soon(lambda: len(xledger.nodes("contacts")) == 2)
    seen["phone"] = "new"
    assert soon(lambda: seen in xledger.nodes("contacts", "phone email"))


def test_a_slow_answer_comes(xledger: Any) -> None:
    """After so many seconds."""
    xledger.strike("slow", seconds=0.2)
    started = time.monotonic()
    assert "errors" not in send(xledger).json()
    assert time.monotonic() - started >= 0.2


def test_every_answer_takes_its_time(xledger: Any) -> None:
    """A setting; the admin paths take none."""
    xledger.set(latency_ms=100)
    started = time.monotonic()
    send(xledger)
    assert time.monotonic() - started >= 0.1


def test_an_answer_is_no_json(xledger: Any) -> None:
    """It breaks off; what was asked for is done."""
    xledger.strike("invalid-json", times=1)
    with pytest.raises(ValueError, match=r"."):
        send(xledger).json()
    assert len(xledger.nodes("contacts")) == 1


def test_a_mutation_is_done_in_part(xledger: Any) -> None:
    """The first half, whatever the switch for it says; the rest is told as failed."""
    xledger.strike("partial", times=1)
    answer = xledger.write("addContacts", {}, {}, {})
    assert [bool(edge) for edge in answer["data"]["r0"]["edges"]] == [True, True, False]
    assert [error["path"] for error in answer["errors"]] == [["r0", "edges", 2]]
    assert len(xledger.nodes("contacts")) == 2


def test_a_query_is_answered_in_part(xledger: Any) -> None:
    """Its last root is null beside an error."""
    xledger.strike("partial", times=1)
    answer = xledger.ask("{ a: contacts { edges { cursor } } b: employees { edges { cursor } } }")
    assert answer["data"] == {"a": {"edges": None}, "b": None}
    assert [error["path"] for error in answer["errors"]] == [["b"]]


@pytest.mark.parametrize(
    ("naming", "message", "path"),
    [
        ("clientId", "odd (clientId '1')", ["r0"]),
        ("index", "odd", ["r0", "inputs", 1]),
        ("value", "odd: 'bad'", ["r0"]),
        ("none", "odd", ["r0"]),
    ],
)
def test_a_value_is_refused_on_demand(
    xledger: Any, naming: str, message: str, path: list[Any]
) -> None:
    """Named in one of the ways that Xledger may have; the root is not done."""
    match = {"root": "addContacts", "field": "address.place", "value": "bad"}
    xledger.strike("refuse", match=match, message="odd", naming=naming)
    nodes = [{"address": {"place": place}} for place in ("good", "bad")]
    assert xledger.write("addContacts", *nodes) == {
        "data": {"r0": None},
        "errors": [{"message": message, "path": path}],
    }
    assert "errors" not in xledger.write("addContacts", nodes[0])
    assert [entry["fault"] for entry in xledger.journal()] == ["refuse", None]


def test_a_refusal_in_part_leaves_the_rest_done(xledger: Any) -> None:
    """Whatever it names, and however roots stand, where roots need not be done whole."""
    xledger.set(atomic=False, aliases_apart=False)
    xledger.strike("refuse", match={"field": "phone", "value": "bad"})
    answer = xledger.write("addContacts", {"phone": "good"}, {"phone": "bad"})
    assert [bool(edge) for edge in answer["data"]["r0"]["edges"]] == [True, False]
    assert xledger.nodes("contacts", "phone") == [{"phone": "good"}]


@pytest.mark.parametrize(("report", "count"), [("all", 2), ("first", 1)])
def test_all_or_the_first_refusal_is_reported(xledger: Any, report: str, count: int) -> None:
    """Both leave the root undone."""
    xledger.strike("refuse", match={"field": "phone"}, report=report)
    answer = xledger.write("addContacts", {"phone": "1"}, {"email": "x"}, {"phone": "2"})
    assert len(answer["errors"]) == count
    assert xledger.nodes("contacts") == []


@pytest.mark.parametrize(
    ("match", "strikes"),
    [
        ({}, [True, True, True]),
        ({"operation": "mutation"}, [False, True, True]),
        ({"operation": "query"}, [True, False, False]),
        ({"operation": "Wri*"}, [False, True, True]),
        ({"operation": "contacts"}, [True, False, False]),
        ({"root": "addContacts"}, [False, True, True]),
        ({"nth": 2}, [False, True, False]),
        ({"operation": "mutation", "nth": 2}, [False, False, True]),
        ({"token": "fjordmat"}, [True, True, True]),
        ({"token": "somebody"}, [False, False, False]),
    ],
)
def test_a_fault_strikes_what_it_matches(
    xledger: Any, match: dict[str, Any], strikes: list[bool]
) -> None:
    """By kind and name of the operation, by root, by token, by number."""
    xledger.strike("query-timeout", match=match)
    answers = [
        xledger.ask("{ contacts { edges { cursor } } }"),
        *(xledger.write("addContacts", {}) for _ in range(2)),
    ]
    assert ["data" not in answer for answer in answers] == strikes


def test_a_fault_strikes_so_many_times(xledger: Any) -> None:
    """Then the next one has its turn."""
    faults = [{"fault": "http-503", "times": 1}, {"fault": "http-529", "times": 1}]
    xledger.admin("PUT", "faults", faults)
    assert [send(xledger).status_code for _ in range(3)] == [503, 529, 200]


def test_chances_are_seeded(xledger: Any) -> None:
    """The same faults strike the same requests again."""
    runs = []
    for _ in range(2):
        xledger.strike("http-503", match={"probability": 0.5})
        runs.append([xledger.post("{ __typename }").status_code for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}
