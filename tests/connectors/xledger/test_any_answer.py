"""Whatever JSON comes as an answer, the lane meets faults of ours and nothing else."""

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.ports.xledger import Input, Keys, RootAnswer, Verb, WriteRoot
from schemas.employee import Root, Target
from schemas.errors import Ambiguous, Fault

pytestmark = pytest.mark.rule("R-85", "R-86")

SCALARS = (None, True, 0, -1, 7, 1.5, 10**18, "", "x", "[", "0", "2026-01-01", "INVALID_VALUE")
SHAPES: tuple[Any, ...] = (
    [],
    [None],
    [[]],
    ["x"],
    {},
    {"name": 3},
    {"dbId": []},
    {"edges": "x"},
    {"edges": [1]},
)
JUNK = (*SCALARS, *SHAPES)

TEXT = {"name": None, "ofType": {"name": None, "ofType": {"name": "String"}}}
ARGUMENT = {"name": "filter", "type": {"name": "A_Filter"}}
MEMBERS = {"inputFields": [{"name": n, "type": TEXT} for n in ("OR", "code", "contactDbId")]}
RECORD = {"dbId": 1, "code": "C", "email": "kari@x.no", "contact": {"dbId": 2}, "ownerDbId": 4}
PAGE = {"edges": [{"cursor": "1", "node": RECORD}], "pageInfo": {"hasNextPage": False}}
ROOTS = ("contacts", "suppliers", "employees")
ERROR = {
    "message": "inputs[1].email: 'kari@x.no'",
    "code": "X",
    "path": ["r0", "inputs", 1],
    "extensions": {"code": "INVALID_VALUE", "codes": ["A"], "clientId": "1", "resetAt": "2026"},
}
VALID: dict[str, dict[str, Any]] = {
    "Write": {
        "data": {"r0": {"edges": [{"clientId": "0", "node": {"dbId": 1}}]}},
        "errors": [ERROR],
    },
    "Schema": {
        "data": {
            "__schema": {
                "queryType": {"fields": [{"name": root, "args": [ARGUMENT]} for root in ROOTS]}
            }
        }
    },
    "Filters": {"data": dict.fromkeys(ROOTS, MEMBERS)},
    "LookUp": {"data": dict.fromkeys(ROOTS, PAGE)},
    "List": {"data": {"employees": PAGE}},
    "Viewer": {"data": {"viewer": {"entity": {"ownerDbId": 4, "company": {"description": "A"}}}}},
    "AnyRecord": {"data": dict.fromkeys(ROOTS, PAGE)},
    "Scope": {"errors": [{"message": "dbId: No value matching owner 1, dbId '0'."}]},
}

PEOPLE = (Input("0", {Target.CONTACT_EMAIL: "kari@x.no"}, "1"), Input("1", {}, "2"))
ASKED: dict[str, Callable[[Any], Any]] = {
    "write": lambda client: client.write([WriteRoot("r0", Verb.UPDATE, Root.CONTACT, PEOPLE)]),
    "look up": lambda client: client.look_up([Keys("0", "C", "C", "C", "kari@x.no")]),
    "list": lambda client: client.list_employees(None, 10),
    "identity": lambda client: client.identity(),
    "scopes": lambda client: client.missing_scopes(),
}


def places(value: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every part of a JSON value."""
    yield way
    parts = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        parts = enumerate(value)  # type: ignore[assignment]
    for key, part in parts:
        yield from places(part, *way, key)


def mutated(answer: Any, chance: Random) -> Any:
    """Return the answer with up to two parts of it replaced or left out."""
    changed = copy.deepcopy(answer)
    for _ in range(chance.choice([0, 1, 1, 2])):
        way = chance.choice(list(places(changed)))
        if not way:
            return copy.deepcopy(chance.choice(JUNK))
        inside = changed
        for step in way[:-1]:
            inside = inside[step]
        if isinstance(inside, dict) and chance.random() < 0.2:
            del inside[way[-1]]
        else:
            inside[way[-1]] = copy.deepcopy(chance.choice(JUNK))
    return changed


@pytest.mark.parametrize("asked", ASKED)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chance=st.randoms(use_true_random=False))
def test_an_answer_is_understood_or_a_fault(
    bench: Callable[..., Any], asked: str, chance: Random
) -> None:
    """Valid answers with parts broken: names of ours alone, and only a write can be ambiguous."""

    def respond(request: httpx.Request) -> httpx.Response:
        operation = orjson.loads(request.content)["query"].split("(")[0].split()[1]
        status = chance.choice([200, 200, 200, 400, 401, 500])
        return httpx.Response(status, json=mutated(VALID[operation], chance))

    never = () if asked == "write" else Ambiguous
    told: Any = None
    try:
        told = bench(respond).ask(ASKED[asked])
    except never as fault:
        raise AssertionError("a read cannot have done anything") from fault
    except Fault:
        return
    if asked == "write":
        answer: RootAnswer = told["r0"]
        named = {client for refusal in answer.refusals for client in refusal.clients}
        assert named | set(answer.done) <= {"0", "1"}
        assert not named & set(answer.done)
