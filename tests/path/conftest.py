"""The whole path on one machine: both simulators, real roles, a real broker; shared by a module.

Each test takes people of its own from the cast, so that tests do not meet.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

from connectors.broker import either
from console.demo.cast import Cast, cast
from console.demo.expectations import Record
from console.demo.member import Member, Standing
from console.demo.play import QUICK
from console.demo.programs import Program
from console.demo.stage import Stage
from schemas.topics import DEAD_LETTERS, EVENTS, OUTCOMES
from tests.fixtures.waiting import until

SEED = 11
PEOPLE = 120
SECONDS = 30.0
EARLIER = 100
"""Milliseconds: an event of the test's own is older than the change in Huma that follows it."""
SETTINGS = {
    **QUICK,
    "DELIVERY__LEASE": "60",
    "DELIVERY__RETRY": "0.2",
    "DELIVERY__PROBE": "1",
    "DELIVERY__ATTEMPTS": "1",
    "SWEEP__EVERY": "1",
    "SWEEP__LEASE": "5",
    "GUARD__PEOPLE": "100000",
    "GUARD__SENSITIVE_PEOPLE": "100000",
    "NOTICES__AFTER": "1",
    "MAIL__LOOK": "0.5",
}
"""Where the store is away for longer than the lease, as on a busy machine, a delivery ends itself,
and nobody is here to start it again."""


@dataclass(slots=True)
class Topic:
    """A topic read whole, again and again."""

    consumer: Consumer
    records: list[Message] = field(default_factory=list)

    def read(self) -> list[Message]:
        """Return every record that it has held so far."""
        while found := [one for one in self.consumer.consume(1000, 0.1) if one.error() is None]:
            self.records += found
        return self.records


@dataclass(slots=True)
class MainPath:
    """The running path, and what one can do to it and see of it."""

    stage: Stage
    cast: Cast
    roles: dict[str, Program]
    urls: dict[str, str]
    outcomes: Topic
    letters: Topic
    producer: Producer
    _free: Iterator[Member] = field(init=False)

    def __post_init__(self) -> None:
        members = list(self.cast.members.values())
        self._free = iter([one for one in members if one.live])

    @property
    def organization(self) -> str:
        """Huma's id of the organisation."""
        return str(self.stage.huma["organization"])

    def person(self) -> Member:
        """Take a linked, active person whom no other test has."""
        return next(self._free)

    def unlinked(self) -> Member:
        """Return somebody who is in Huma only."""
        standing = Standing.ONLY_IN_HUMA
        return next(one for one in self.cast.members.values() if one.standing is standing)

    def change(self, member: Member | str, values: Mapping[str, Any] | None) -> None:
        """Change a person in Huma; None deletes."""
        id_ = member if isinstance(member, str) else member.id
        self.stage.theatre.change({"users": {id_: values}})

    def publish(
        self,
        value: bytes | None,
        headers: list[tuple[str, str | bytes | None]],
        key: bytes | None = None,
    ) -> None:
        """Publish a record as it is."""
        self.producer.produce(EVENTS.name, value, key, headers=headers)
        assert self.producer.flush(10) == 0

    def ended(self, user: str) -> list[dict[str, Any]]:
        """Return the outcomes of a person's events so far, in order, each id once."""
        found: dict[str, dict[str, Any]] = {}
        for message in self.outcomes.read():
            outcome = json.loads(message.value() or b"{}")
            if outcome.get("user") == user:
                found.setdefault(outcome["id"], outcome)
        return list(found.values())

    def ends(self, user: str, count: int = 1, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """Wait until so many events of a person have ended, and return their outcomes."""
        until(lambda: len(self.ended(user)) >= count, seconds)
        return self.ended(user)

    def results(self, user: str, count: int = 1) -> list[tuple[str, str | None]]:
        """Wait as `ends`; return results and reasons."""
        return [(one["result"], one.get("reason")) for one in self.ends(user, count)]

    def letters_of(self, id_: str) -> list[Message]:
        """Return the letters of an event."""
        return [
            message
            for message in self.letters.read()
            if headers_of(message).get("huma-xledger-event-id") == id_.encode()
        ]

    def employees(self, code: str) -> list[Record]:
        """Return Xledger's employees with an employment id."""
        return [one for one in self.stage.employees() if one["employee.code"] == code]

    def employee(self, member: Member) -> Record:
        """Return the one employee of a person."""
        (one,) = self.employees(member.user["employmentId"])
        return one

    def health(self, role: str) -> list[str]:
        """Return why a role is not ready."""
        url = f"{self.urls[role]}/health/ready"
        why: list[str] = httpx.get(url, trust_env=False).json()["why"]
        return why

    def xledger(self, path: str, body: Any) -> None:
        """Tell the simulated Xledger something."""
        base = self.stage.xledger["url"].removesuffix("/graphql")
        httpx.put(f"{base}/_admin/{path}", json=body, trust_env=False).raise_for_status()


def headers_of(message: Message) -> dict[str, bytes | None]:
    """Return a record's headers."""
    found: Iterable[tuple[str, bytes | None]] = message.headers() or ()  # type: ignore[assignment]
    return dict(found)


def event_of(organization: str, user: str, **more: str) -> list[tuple[str, str | bytes | None]]:
    """Return the headers of an event in binary mode; `more` replaces or adds attributes."""
    attributes = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/huma/tests",
        "type": "com.humahr.user.updated.v1",
        "subject": user,
        "time": datetime.now(UTC).isoformat(),
        "organization": organization,
        "revision": str(time.time_ns() // 1_000_000 - EARLIER),
        **more,
    }
    return [(f"ce_{name}", value) for name, value in attributes.items()]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainPath]:
    """Run everything, with the people of both systems linked, on a broker of its own."""
    folder = tmp_path_factory.mktemp("path")
    with either.running(tmp_path_factory.mktemp("broker")) as servers:
        yield from _running(folder, servers)


def _running(folder: Path, servers: str) -> Iterator[MainPath]:
    players = cast(SEED, PEOPLE, datetime.now(UTC).date())
    with Stage(folder, servers, SEED, SETTINGS) as stage:
        stage.open(players)
        roles = {role: stage.role(role, role) for role in ("intake", "delivery")}
        urls = {role: program.start()["url"] for role, program in roles.items()}
        stage.link()
        producer = Producer({"bootstrap.servers": servers, "message.max.bytes": 11_000_000})
        running = MainPath(
            stage,
            players,
            roles,
            urls,
            _topic(servers, OUTCOMES.name),
            _topic(servers, DEAD_LETTERS.name),
            producer,
        )
        yield running
        for topic in (running.outcomes, running.letters):
            topic.consumer.close()


def _topic(servers: str, name: str) -> Topic:
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": str(uuid4()),
            "fetch.message.max.bytes": 12 << 20,
        }
    )
    known = consumer.list_topics(name, 10).topics[name]
    consumer.assign([TopicPartition(name, n, OFFSET_BEGINNING) for n in known.partitions])
    return Topic(consumer)


def folder_of(path: MainPath) -> Path:
    """Return where the roles' logs and the store are."""
    return path.stage.folder
