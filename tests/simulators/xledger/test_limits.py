"""Burst, concurrency, credits, latency (`xledger-api.md` 1.3), by a clock of our own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from simulators.wire import Request
from simulators.xledger.call import Call
from simulators.xledger.settings import Settings
from simulators.xledger.simulator import Simulator

NOW = datetime(2026, 1, 1, 11, 0, tzinfo=UTC)
BURST = "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"
CONCURRENCY = "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED"
CREDITS = "BAD_REQUEST.INSUFFICIENT_CREDITS"


class Bench:
    """A simulator whose clock is set by hand."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.simulator = Simulator(1, lambda: NOW, lambda: self.clock)

    def begin(self, token: int = 0, query: str = "{ __typename }", **variables: Any) -> Call:
        """Begin a request."""
        text = self.simulator.tokens.all()[token].token
        body = orjson.dumps({"query": query, "variables": variables})
        headers = {"authorization": f"token {text}"}
        return self.simulator.begin(Request("POST", "/graphql", {}, headers, body))

    def end(self, call: Call) -> dict[str, Any] | None:
        """Answer and end it, and return its first error."""
        answer = orjson.loads(self.simulator.answer(call).body)
        self.simulator.end(call)
        return answer["errors"][0] if "errors" in answer else None

    def code(self, token: int = 0) -> str | None:
        """Send one request, and return its error's code."""
        error = self.end(self.begin(token))
        return error["code"] if error else None


@pytest.fixture
def bench() -> Bench:
    """Return a bench with the usual limits."""
    return Bench()


def test_20_requests_in_any_5_seconds(bench: Bench) -> None:
    """The 21st is refused, until the first is 5 seconds old; another token has its own."""
    for _ in range(10):
        assert bench.code() is None
    bench.clock = 4.0
    assert [bench.code() for _ in range(11)] == [None] * 10 + [BURST]
    assert bench.code(token=1) is None
    bench.clock = 4.9
    assert bench.code() == BURST
    bench.clock = 5.0
    assert [bench.code() for _ in range(11)] == [None] * 10 + [BURST]


@pytest.mark.parametrize(("counts", "expected"), [(False, None), (True, BURST)])
def test_a_refused_request_may_count(bench: Bench, *, counts: bool, expected: str | None) -> None:
    """Under a switch, who goes on asking is never let in again."""
    bench.simulator.use(Settings(refused_count=counts))
    for _ in range(20):
        bench.code()
    for bench.clock in (2.0, 4.0):
        for _ in range(20):
            assert bench.code() == BURST
    bench.clock = 5.5
    assert bench.code() == expected


def test_4_in_flight(bench: Bench) -> None:
    """The fifth is refused, until one has ended."""
    calls = [bench.begin() for _ in range(4)]
    assert bench.code() == CONCURRENCY
    assert bench.code(token=1) is None
    assert bench.end(calls[0]) is None
    assert bench.code() is None


def test_a_refused_request_does_nothing(bench: Bench) -> None:
    """It is not executed, and the journal says why."""
    bench.simulator.use(Settings.model_validate({"burst": {"requests": 1}}))
    bench.code()
    query = "mutation { addContacts(inputs: {node: {}}) { edges { clientId } } }"
    call = bench.begin(query=query)
    error = bench.end(call)
    assert error is not None
    assert error["code"] == call.entry.error == BURST
    assert error["message"].startswith("Too many requests.")
    assert error["extensions"] == {}
    assert not call.entry.committed


@pytest.mark.parametrize(
    ("switch", "extensions"),
    [
        ("naive", {"resetAt": "2026-01-01T13:00:00"}),
        ("utc", {"resetAt": "2026-01-01T12:00:00Z"}),
        ("absent", {}),
    ],
)
def test_credits_are_spent_and_return(bench: Bench, switch: Any, extensions: Any) -> None:
    """One a request; when they are gone, the error may say until when."""
    given = {"credits": 2, "reset_at": switch}
    bench.simulator.use(Settings.model_validate(given))
    assert [bench.code() for _ in range(3)] == [None, None, CREDITS]
    error = bench.end(bench.begin())
    assert error is not None
    assert error["extensions"] == extensions
    bench.clock = 3600.0
    assert bench.code() is None


def test_many_people_cost_more_than_one_request_and_less_than_many(bench: Bench) -> None:
    """A credit for a request, and one more for each hundred people."""
    bench.simulator.use(Settings.model_validate({"credits": 6}))
    query = (
        "mutation M($i: [AddContactsInput!]!) { addContacts(inputs: $i) { edges { clientId } } }"
    )
    assert bench.end(bench.begin(query=query, i=[{"node": {}}] * 500)) is None
    assert bench.code() == CREDITS


def test_other_settings_begin_limits_anew(bench: Bench) -> None:
    """A test need not wait for the window of the one before."""
    for _ in range(21):
        bench.code()
    bench.simulator.use(Settings())
    assert bench.code() is None


def test_introspection_counts_too(bench: Bench) -> None:
    """And so does a document that cannot be parsed."""
    for query in ("{ __schema { types { name } } }", "{"):
        for _ in range(10):
            bench.end(bench.begin(query=query))
    assert bench.code() == BURST


@pytest.fixture
def many() -> Callable[[int], list[dict[str, Any]]]:
    """Return a maker of inputs."""
    return lambda count: [{"clientId": str(n), "node": {"phone": str(n)}} for n in range(count)]


def test_a_document_is_worked_out_once(
    bench: Bench, many: Callable[[int], list[dict[str, Any]]]
) -> None:
    """500 people in three roots share one plan with the next 500: that is what makes it fast."""
    bench.simulator.use(Settings.model_validate({"burst": {"requests": 100}}))
    roots = " ".join(
        f"r{n}: addContacts(inputs: $i) {{ edges {{ clientId node {{ dbId }} }} }}"
        for n in range(3)
    )
    query = f"mutation M($i: [AddContactsInput!]!) {{ {roots} }}"
    first, second = (bench.begin(query=query, i=many(500)) for _ in range(2))
    assert first.plan is second.plan
    assert bench.end(first) is bench.end(second) is None
    assert [len(ids) for ids in second.entry.committed.values()] == [500] * 3
