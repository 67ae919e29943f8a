"""A client of Xledger over a transport that answers as told, and roots to send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import orjson
import pytest

from connectors.xledger import Limits, XledgerClient
from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target, TargetValue
from schemas.metrics import Metric
from schemas.personal import Personal

T = TypeVar("T")
TOKEN = "canary-token-4711"
URL = "https://xledger.test/graphql"
LIMITS = Limits(timeout=5.0, max_bytes=1 << 20, records=100_000, credits_wait=1200.0)
NOW = datetime(2026, 1, 1, 11, 0, tzinfo=UTC)

Responder = Callable[[httpx.Request], httpx.Response]


@dataclass
class Gate:
    """A permit that counts."""

    entered: int = 0
    inside: int = 0

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Let everybody through."""
        self.entered += 1
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


@dataclass
class Numbers:
    """Telemetry that remembers."""

    observed: list[tuple[str, ...]] = field(default_factory=list)

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Remember nothing: the client counts nothing."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Remember name and labels."""
        assert value >= 0
        self.observed.append((metric.name, *labels))

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Remember nothing: the client sets nothing."""


@dataclass
class Bench:
    """A client over a transport of ours, and what passed."""

    responder: Responder
    limits: Limits = LIMITS
    token: str = TOKEN
    gate: Gate = field(default_factory=Gate)
    numbers: Numbers = field(default_factory=Numbers)
    requests: list[httpx.Request] = field(default_factory=list)
    fresh_clients: int = 0
    clock: list[float] = field(default_factory=lambda: [0.0])

    def ask(self, question: Callable[[XledgerClient], Awaitable[T]]) -> T:
        """Do something with a client."""

        async def go() -> T:
            async with self._http() as http:
                return await question(self._client(http))

        return asyncio.run(go())

    def bodies(self) -> list[dict[str, Any]]:
        """Return the JSON bodies sent."""
        return [orjson.loads(request.content) for request in self.requests]

    def _http(self) -> httpx.AsyncClient:
        def handle(request: httpx.Request) -> httpx.Response:
            assert self.gate.inside == 1
            self.requests.append(request)
            return self.responder(request)

        return httpx.AsyncClient(transport=httpx.MockTransport(handle))

    def _client(self, http: httpx.AsyncClient) -> XledgerClient:
        def fresh() -> httpx.AsyncClient:
            self.fresh_clients += 1
            return self._http()

        return XledgerClient(
            http,
            fresh,
            URL,
            Personal(self.token),
            self.gate,
            limits=self.limits,
            gender_by="code",
            telemetry=self.numbers,
            monotonic=lambda: self.clock[0],
            now=lambda: NOW,
            jitter=lambda: 0.0,
        )


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Return a maker of benches: one answer, or a responder."""

    def make(answer: Any, status: int = 200, **more: Any) -> Bench:
        if callable(answer):
            return Bench(answer, **more)
        return Bench(lambda _: httpx.Response(status, content=encoded(answer)), **more)

    return make


def encoded(answer: Any) -> bytes:
    """Return an answer's body: JSON, unless it is text already."""
    return answer.encode() if isinstance(answer, str) else orjson.dumps(answer)


@pytest.fixture
def person() -> Callable[..., Input]:
    """Return a maker of updates; values by the last part of the target's name."""

    def make(client_id: str, record: Root, db_id: str = "10", **values: TargetValue) -> Input:
        by_name = {t.value.rsplit(".", 1)[1]: t for t in Target if t.root is record}
        return Input(client_id, {by_name[n]: v for n, v in values.items()}, db_id=db_id)

    return make


@pytest.fixture
def root(person: Callable[..., Input]) -> Callable[..., WriteRoot]:
    """Return a maker of roots that update three people, number 1 with the values given."""

    def make(alias: str, record: Root, **values: TargetValue) -> WriteRoot:
        name = {"contact": "email", "subledger": "email", "employee": "code"}[record.value]
        inputs = [person(str(n), record, f"{n}00", **{name: f"v{n}"}) for n in range(3)]
        inputs[1] = person("1", record, "100", **(values or {name: "v1"}))
        return WriteRoot(alias, Verb.UPDATE, record, tuple(inputs))

    return make
