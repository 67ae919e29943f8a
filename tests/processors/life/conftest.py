"""The life of people, whole: events arrive at a real intake, and lanes deliver what they ask."""

import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import dirty, link
from processors.lane.asking_huma import reader_of
from processors.lane.results import Retries
from processors.ports.huma import HumaListed, HumaPerson
from processors.ports.intake import Value
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.errors import NotFound
from schemas.person import PersonKey
from schemas.topics import REQUESTS
from tests.fixtures.arrivals import USER, Arrivals
from tests.fixtures.stored import ORGANIZATION, Stored
from tests.fixtures.working import Bench

KARI: dict[str, Any] = {
    "type": "user",
    "email": "kari@x.no",
    "givenName": "Kari",
    "familyName": "Moe",
    "employmentId": "007",
    "phone": "40000001",
}
"""All that is required of a person, and a phone number."""
LONG = 3600.0
"""Seconds."""
Ends = dict[str, tuple[str, str | None]]


class Huma:
    """The port `Huma`: people who can be read, and who was."""

    def __init__(self) -> None:
        self.people: dict[str, HumaPerson] = {}
        self.asked: list[str] = []

    def knows(self, user: str = USER, *groups: str, **more: Any) -> None:
        """Let somebody be as Kari is, but for `more`, in these groups."""
        fields = {name: value for name, value in {**KARI, **more}.items() if name != "type"}
        type_ = str(more.get("type", "user"))
        self.people[user] = HumaPerson(user, type_, True, groups, fields, {})  # noqa: FBT003 - active

    async def read(self, user: str) -> HumaPerson:
        """See the port."""
        self.asked.append(user)
        if user not in self.people:
            raise NotFound("Huma has no such user")
        return self.people[user]

    def list_people(self) -> AsyncIterator[HumaListed]:
        """See the port."""
        raise NotImplementedError

    async def organization(self) -> str:
        """See the port."""
        raise NotImplementedError


@dataclass
class Life:
    """An organisation with connections, the events that arrive, and what becomes of both."""

    stored: Stored
    arrivals: Arrivals
    huma: Huma = field(default_factory=Huma)
    benches: dict[str, Bench] = field(default_factory=dict)
    relayed: set[int] = field(default_factory=set)

    def connect(
        self,
        name: str = "c1",
        group: str | None = None,
        *,
        entity: str | None = None,
        add: bool = True,
    ) -> Bench:
        """Add an active connection with a lane, to a company of its own unless told."""
        bench = Bench(self.stored, name, group, entity)
        bench.limits = replace(bench.limits, settle=0.05)
        if not add:
            self.stored.connections.change(bench.connection.id, {"add_new_users": False}, "admin")
            bench.connection = self.stored.connections.get(bench.connection.id)
        bench.reads = lambda claimed: reader_of(
            self.stored.lanes, claimed.lease, lambda: self.huma, 8, 0.1, bench.numbers
        )
        self.benches[name] = bench
        return bench

    def employ(self, name: str = "c1", user: str = USER) -> None:
        """Let somebody be an employee whom a sync linked; nothing of them is confirmed."""
        bench, number = self.benches[name], len(self.benches[name].xledger.records[Root.EMPLOYEE])
        key = PersonKey(ORGANIZATION, user)
        self.stored.people(key, type="user", active=True)
        with self.stored.intake.transaction() as transaction:
            read = {name: value for name, value in KARI.items() if name != "type"}
            transaction.merge([Value(key, name, 0, b"", value) for name, value in read.items()])
        ids: dict[str, Any] = {root.value: bench.xledger.add(number, root) for root in Root}
        self.stored.linked(bench.connection, key, company=bench.connection.company, **ids)

    def created(self, revision: int, user: str = USER, **more: Any) -> None:
        """Let somebody be created in Huma, with all that is required."""
        data = {"user": {**KARI, **more}, "origin": "manual"}
        self.arrivals.arrive("user.created", data, revision, user=user)

    def happened(self, type_: str, revision: int, whom: str = USER, **data: Any) -> None:
        """Let any event arrive."""
        self.arrivals.arrive(type_, data, revision, user=whom)

    def moved(self, revision: int, *groups: str, user: str = USER) -> None:
        """Let the groups of somebody be others."""
        told = [{"id": group, "type": "team"} for group in groups]
        self.happened("user.groups-changed", revision, user, groups=told)

    def position(self, revision: int, verb: str = "updated", user: str = USER, **more: Any) -> None:
        """Let the position `p1` be created, updated or deleted."""
        whole = {"id": "p1", **more}
        self.happened(f"position.{verb}", revision, user, position=whole)

    def replay(self, revision: int, name: str, fields: Sequence[str], **changes: Any) -> None:
        """Let the desk send a letter's event again (R-91, R-92)."""
        headers = [
            ("huma-xledger-replay-count", b"1"),
            ("huma-xledger-connection", self.benches[name].connection.id.encode()),
            ("huma-xledger-fields", ",".join(fields).encode()),
        ]
        self.arrivals.arrive(
            "user.updated", {"changes": changes}, revision, topic=REQUESTS.name, headers=headers
        )

    def read(self) -> None:
        """Let intake read all that arrived."""
        self.arrivals.read()

    def deliver(self, *names: str) -> None:
        """Let lanes work until nothing of theirs is open."""
        for name in names or tuple(self.benches):
            if self.open(name):
                self.benches[name].run(self.idle(name))

    def attempt(self, name: str = "c1", condition: Callable[[], bool] | None = None) -> None:
        """Let a lane work until something is so: a lost answer, unless told.

        What is to be tried again is due only then, however long it took.
        """
        bench = self.benches[name]
        usual = bench.limits
        bench.limits = replace(usual, settle=LONG, retries=Retries(usual.retries.attempts, LONG))
        bench.run(condition or (lambda: (True,) in self.stored.rows(dirty.c.unsure)))
        bench.limits = usual
        self.stored.set(dirty, dirty.c.open, due=0)

    def idle(self, name: str = "c1") -> Callable[[], bool]:
        """Return the condition that nothing is open in a connection."""
        return lambda: not self.open(name)

    def live(self) -> None:
        """Read, and deliver; also what our own requests ask for."""
        self.read()
        self.deliver()
        while self.relay():
            self.read()
            self.deliver()

    def relay(self) -> bool:
        """Publish the requests in the outbox; says whether there were any."""
        rows = [row for row in self.arrivals.rows(REQUESTS.name) if row.id not in self.relayed]
        for row in rows:
            self.relayed.add(row.id)
            record = self.arrivals.record(row.key, row.value, row.headers, topic=REQUESTS.name)
            record.milliseconds = time.time_ns() // 1_000_000
        return bool(rows)

    def open(self, name: str = "c1") -> set[str]:
        """Return the open fields of a connection."""
        rows = self.stored.rows(dirty.c.connection, dirty.c.field, dirty.c.open)
        one = self.benches[name].connection.id
        return {row[1] for row in rows if row[0] == one and row[2]}

    def ends(self, name: str = "c1") -> Ends:
        """Return result and reason of what ended in a connection, by event id."""
        one = self.benches[name].connection.id
        found: Ends = {}
        for told in self.stored.outcomes():
            if told["connection"] == one:
                assert told["event"]["id"] not in found, "one outcome an event"
                found[told["event"]["id"]] = (told["result"], told.get("reason"))
        return found

    def state(self, name: str = "c1", user: str = USER) -> str | None:
        """Return the state of a link."""
        one = self.benches[name].connection
        return self.stored.state(one, PersonKey(ORGANIZATION, user))

    def link(self, name: str = "c1", user: str = USER) -> Mapping[str, Any]:
        """Return a link's row."""
        one = self.benches[name].connection.id
        names = [column.name for column in link.c]
        (row,) = (row for row in self.stored.rows(*link.c) if row[:2] == (one, user))
        return dict(zip(names, row, strict=True))

    def set_state(self, state: LinkState, name: str = "c1", user: str = USER) -> None:
        """Put a link into a state."""
        key = PersonKey(ORGANIZATION, user)
        self.stored.linked(self.benches[name].connection, key, state=state)

    def has(self, name: str = "c1", user: str = USER) -> dict[Target, str | None]:
        """Return what Xledger holds of a person."""
        row, records = self.link(name, user), self.benches[name].xledger.records
        found: dict[Target, str | None] = {}
        for root in Root:
            if row[root.value] is not None:
                found |= records[root][row[root.value]]
        return found

    def written(self, name: str = "c1") -> list[dict[Target, str | None]]:
        """Return what was asked to be written, request by request."""
        return [
            {target: value for root in roots for one in root.inputs
             for target, value in one.values.items()}
            for roots in self.benches[name].xledger.writes
        ]  # fmt: skip


@pytest.fixture
def store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty store of SQLite; that both stores answer alike is their own suite."""
    path = tmp_path / "store.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def life(store: Store, keyring: Keyring) -> Life:
    """An organisation without connections yet."""
    return Life(Stored(store, keyring), Arrivals(store, keyring))
