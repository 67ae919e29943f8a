"""Three connections at work, for one history after another: of everybody, and of two groups."""

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import delete, event, insert, select

from connectors.encryption import KEY_BYTES, Vault
from connectors.store.engine import open_store
from connectors.store.keyring import Keyring
from connectors.store.sweep import StoredSweep
from connectors.store.tables import connection, link, outbox
from processors.intake.batch import Batch
from processors.intake.reading import items_of
from processors.lane.results import Retries
from processors.lane.worker import Lane
from processors.ports.source import Place
from schemas.connection import LinkState
from schemas.employee import Root
from schemas.person import Json
from schemas.topics import EVENTS, OUTCOMES, REQUESTS
from tests.fixtures.databases import LIMITS
from tests.fixtures.sources import Arrived
from tests.fixtures.stored import ORGANIZATION, Stored
from tests.fixtures.working import Bench, FakeXledger, person
from tests.processors.life.model import TODAY
from tests.processors.positions.world import READINGS, Here

CONNECTIONS: Final[tuple[tuple[str, str | None], ...]] = (("c1", None), ("c2", "g1"), ("c3", "g2"))
ACTIVATED: Final = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ZONE: Final = "Europe/Oslo"
MOST: Final = 200
"""Histories in one store; then the next one begins."""
ROUNDS: Final = 15
"""Looks for work after which a lane would have found all there can be."""
OPEN: Final = "SELECT 1 FROM dirty WHERE open AND connection = ? LIMIT 1"
TIDY: Final = (
    "UPDATE dirty SET open = false WHERE open",
    "UPDATE link SET next_flip_on = NULL WHERE next_flip_on IS NOT NULL",
    "UPDATE link SET flight_epoch = NULL WHERE flight_epoch IS NOT NULL",
    "DELETE FROM intent",
    "DELETE FROM pending_field",
    "DELETE FROM pending",
    "DELETE FROM outbox",
)


@dataclass(slots=True)
class Side:
    """One connection: its group, its lane, and the Xledger behind it."""

    id: str
    group: str | None
    lane: Lane
    xledger: FakeXledger


class World:
    """An organisation with three connections, and people to whom nothing has happened yet.

    Args:
        template: a migrated file of SQLite.
        folder: where stores go.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder
        self._offsets = count()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(Here(1))
        self._path: Path | None = None
        self._number = MOST

    def close(self) -> None:
        """Leave nothing behind."""
        self._loop.close()
        self._forget()

    def next(self) -> int:
        """Return the number of somebody new."""
        if self._number >= MOST:
            self._forget()
            self._begin_anew()
        self._number += 1
        return self._number

    def tidy(self) -> None:
        """Let nothing of a history reach the next one."""
        with self.stored.store.begin() as transaction:
            for sql in TIDY:
                transaction.exec_driver_sql(sql)
        for side in self.sides:
            side.xledger.faults.clear()
            side.xledger.bad.clear()
            side.xledger.writes.clear()
            side.xledger.trouble = lambda _: None

    def arrive(self, records: Sequence[Arrived]) -> None:
        """Let records arrive together, in one transaction of intake."""
        items, passed = items_of(records, {ORGANIZATION}, READINGS)
        assert not passed
        with self.stored.intake.transaction() as transaction:
            Batch(transaction, self.connections, 3, items).apply()

    def record(
        self, number: int, revision: int, type_: str, data: bytes, *, before: bool = False
    ) -> Arrived:
        """Return the record of an event, after the activation unless `before`."""
        user = person(number).user
        time_ = ACTIVATED + timedelta(minutes=-100 if before else 100)
        attributes = {
            "specversion": "1.0", "id": f"e{revision}", "source": "/huma/users",
            "type": f"com.humahr.{type_}.v1", "subject": user, "organization": ORGANIZATION,
            "time": time_.isoformat(), "revision": str(revision),
        }  # fmt: skip
        headers: list[tuple[str, bytes | None]] = [
            (f"ce_{name}", value.encode()) for name, value in attributes.items()
        ]
        key = f"{ORGANIZATION}:{user}".encode()
        at = int((ACTIVATED + timedelta(days=1)).timestamp() * 1000)
        return Arrived(Place(EVENTS.name, 0), next(self._offsets), key, data, headers, at)

    def employ(self, number: int, created: Json) -> None:
        """Let somebody be known from before the activation, and matched in two companies."""
        data = orjson.dumps(created)
        self.arrive([self.record(number, 1, "user.created", data, before=True)])
        with self.stored.store.begin() as transaction:
            for side in self.sides[:2]:
                ids = {root.value: side.xledger.add(number, root) for root in Root}
                transaction.execute(
                    insert(link).values(
                        connection=side.id, person=person(number).user, organization=ORGANIZATION,
                        state=LinkState.LINKED.value, company=side.lane.claimed.connection.company,
                        **ids,
                    )
                )  # fmt: skip
            transaction.execute(delete(outbox))

    def ask(self) -> bool:
        """Let our own requests arrive: what the sweep asks for, and who takes records over."""
        self.sweeper.request(ZONE, TODAY, 100, f"s{next(self._offsets)}")
        with self.stored.store.begin() as transaction:
            rows = [row for row in self.stored.outbox.rows(0, 10_000) if row.topic == REQUESTS.name]
            transaction.execute(delete(outbox).where(outbox.c.topic == REQUESTS.name))
        place, at = Place(REQUESTS.name, 0), time.time_ns() // 1_000_000
        records = [
            Arrived(place, next(self._offsets), row.key, row.value, list(row.headers), at)
            for row in rows
        ]
        if records:
            self.arrive(records)
        return bool(records)

    def open(self, side: Side) -> bool:
        """Say whether a lane has work."""
        with self.stored.store.read() as transaction:
            return transaction.exec_driver_sql(OPEN, (side.id,)).first() is not None

    def deliver(self, side: Side, look: Callable[[], None], *, once: bool = False) -> None:
        """Let a lane work until nothing is left, or once; `look` is called before each look."""
        self._loop.run_until_complete(self._deliver(side, look, once=once))

    async def _deliver(self, side: Side, look: Callable[[], None], *, once: bool) -> None:
        for _ in range(ROUNDS):
            look()
            if not self.open(side):
                return
            work = await side.lane._take()
            if not work.people:
                return  # whoever joined before their creation is known waits to be read
            await side.lane._deliver(work.people)
            if once:
                look()
                return
        raise AssertionError("the lane never comes to rest")

    def rows(self, user: str) -> dict[str, Any]:
        """Return a person's links, by connection."""
        with self.stored.store.read() as transaction:
            found = transaction.execute(select(link).where(link.c.person == user)).all()
        return {row.connection: row for row in found}

    def outcomes(self) -> dict[tuple[str, str], list[tuple[str, str | None]]]:
        """Return results and reasons by connection and event, in order."""
        found: dict[tuple[str, str], list[tuple[str, str | None]]] = defaultdict(list)
        for row in self.stored.outbox.rows(0, 10_000):
            if row.topic == OUTCOMES.name:
                told = orjson.loads(row.value or b"")
                key = (told["connection"], told["event"]["id"])
                found[key].append((told["result"], told.get("reason")))
        return found

    def _forget(self) -> None:
        if self._path is not None:
            self.stored.store.close()
            self._path.unlink()

    def _begin_anew(self) -> None:
        self._path = self._folder / f"{next(self._offsets)}.db"
        shutil.copy(self._template, self._path)
        store = open_store(f"sqlite:///{self._path}", None, LIMITS)
        event.listen(store._engine, "connect", _hurry)
        keyring = Keyring(Vault({"test": bytes(KEY_BYTES)}))
        self.stored = Stored(store, keyring)
        self.sweeper = StoredSweep(store, keyring, 10**9)
        self.sides = [self._side(name, group) for name, group in CONNECTIONS]
        self.connections = self.stored.intake.connections()
        self._number = 0

    def _side(self, name: str, group: str | None) -> Side:
        bench = Bench(self.stored, name, group)
        since = int(ACTIVATED.timestamp() * 1000)
        mine = connection.c.id == bench.connection.id
        self.stored.set(connection, mine, activated_at=since)
        bench.connection = self.stored.connections.get(bench.connection.id)
        # turns of one millisecond are due, and so is whatever is to be tried again
        bench.limits = replace(bench.limits, linger=-60.0, settle=0.0, retries=Retries(9, 0.0))
        bench.today = lambda _: TODAY
        return Side(bench.connection.id, group, bench.lane(), bench.xledger)


def _hurry(raw: Any, _record: Any) -> None:
    """No example outlives its process."""
    raw.execute("PRAGMA synchronous=OFF")
