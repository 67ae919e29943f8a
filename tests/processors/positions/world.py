"""One connection at work, for one history after another: intake, lane and sweep on one store."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
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
from processors.ports.source import Place
from schemas.connection import LinkState
from schemas.employee import Root
from schemas.person import Json
from schemas.reading import Reading
from schemas.topics import EVENTS, REQUESTS
from tests.fixtures.databases import LIMITS
from tests.fixtures.sources import Arrived
from tests.fixtures.stored import ORGANIZATION, Stored
from tests.fixtures.working import Bench, person, whole
from tests.processors.positions.drawn import TODAY

ACTIVATED: Final = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ZONE: Final = "Europe/Oslo"
PEOPLE: Final = 250
"""Prepared in one batch, and used up before the store is begun anew."""
ROUNDS: Final = 10
"""Looks for work after which a lane would have found all there can be."""
OPEN: Final = "SELECT 1 FROM dirty WHERE open LIMIT 1"
DUE: Final = "SELECT 1 FROM link WHERE next_flip_on <= ? LIMIT 1"
TIDY: Final = (
    "UPDATE dirty SET open = false WHERE open",
    "UPDATE link SET next_flip_on = NULL WHERE next_flip_on IS NOT NULL",
    "UPDATE link SET flight_epoch = NULL WHERE flight_epoch IS NOT NULL",
    "DELETE FROM outbox",
)
READINGS: Final = {
    EVENTS.name: Reading(False, 1 << 20, 600, "revision"),  # noqa: FBT003 - as declared
    REQUESTS.name: Reading(True, 1 << 20, 600, "revision"),  # noqa: FBT003 - as declared
}


class Here(ThreadPoolExecutor):
    """Runs what a lane gives to a thread here and now: nothing else happens at that time."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """See `Executor`."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as failure:  # noqa: BLE001 - handed on
            done.set_exception(failure)
        return done


class World:
    """One connection with people who are linked, and room for newcomers.

    Args:
        template: a migrated file of SQLite.
        folder: where stores go.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder
        self._number = PEOPLE
        self._offsets = count()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(Here(1))
        self._path: Path | None = None
        self.today = TODAY

    def close(self) -> None:
        """Leave nothing behind."""
        self._loop.close()
        self._forget()

    def next(self) -> int:
        """Return the number of somebody to whom nothing has happened yet."""
        if self._number >= PEOPLE:
            self._forget()
            self._begin_anew()
        self._number += 1
        self.today = TODAY
        return self._number

    def tidy(self) -> None:
        """Let nothing of a history reach the next one: neither work nor a day to come."""
        with self.stored.store.begin() as transaction:
            for sql in TIDY:
                transaction.exec_driver_sql(sql)

    def arrive(self, records: Sequence[Arrived]) -> None:
        """Let records arrive together, in one transaction of intake."""
        items, passed = items_of(records, {ORGANIZATION}, READINGS)
        assert not passed
        with self.stored.intake.transaction() as transaction:
            Batch(transaction, self.connections, 3, items).apply()

    def sweep(self) -> int:
        """Look whom the date turned; what that asks for arrives. Returns how many."""
        if not self._is(DUE, self.today.isoformat()):
            return 0
        found = self.sweeper.request(ZONE, self.today, 100, f"s{next(self._offsets)}")
        if found:
            rows = [row for row in self.stored.outbox.rows(0, 10_000) if row.topic == REQUESTS.name]
            with self.stored.store.begin() as transaction:
                transaction.execute(delete(outbox))
            place = Place(REQUESTS.name, 0)
            at = int(time.time() * 1000)
            self.arrive(
                [
                    Arrived(place, next(self._offsets), row.key, row.value, list(row.headers), at)
                    for row in rows
                ]
            )
        return found

    def deliver(self, look: Callable[[], None], during: Callable[[], None]) -> None:
        """Let the lane work until nothing is left.

        Args:
            look: called before each look for work.
            during: called while the first request is under way.
        """
        self.xledger.writes.clear()
        self.xledger.trouble = lambda _: self._once(during)
        self._loop.run_until_complete(self._deliver(look))
        self.xledger.trouble = lambda _: None

    def row(self, user: str) -> Any:
        """Return a person's link."""
        with self.stored.store.read() as transaction:
            return transaction.execute(select(link).where(link.c.person == user)).one_or_none()

    def open(self) -> bool:
        """Say whether the lane has work."""
        return self._is(OPEN)

    def _is(self, sql: str, *given: str) -> bool:
        """Look whether there is something, without what a real look costs."""
        with self.stored.store.read() as transaction:
            return transaction.exec_driver_sql(sql, given).first() is not None

    def _once(self, during: Callable[[], None]) -> None:
        self.xledger.trouble = lambda _: None
        during()

    async def _deliver(self, look: Callable[[], None]) -> None:
        for _ in range(ROUNDS):
            look()
            if not self.open():
                return
            work = await self.lane._take_of(suspects=False)
            await self.lane._deliver(work.people)
        raise AssertionError("the lane never comes to rest")

    def _forget(self) -> None:
        if self._path is not None:
            self.stored.store.close()
            self._path.unlink()

    def _begin_anew(self) -> None:
        """Take an empty store, in which people are known, linked and confirmed as they are."""
        self._path = self._folder / f"{next(self._offsets)}.db"
        shutil.copy(self._template, self._path)
        store = open_store(f"sqlite:///{self._path}", None, LIMITS)
        event.listen(store._engine, "connect", _hurry)
        keyring = Keyring(Vault({"test": bytes(KEY_BYTES)}))
        self.stored = Stored(store, keyring)
        bench = Bench(self.stored)
        since = int(ACTIVATED.timestamp() * 1000)
        self.stored.set(connection, connection.c.id == bench.connection.id, activated_at=since)
        bench.connection = self.stored.connections.get(bench.connection.id)
        bench.limits = replace(bench.limits, linger=-60.0)  # turns of one millisecond are due
        self.xledger = bench.xledger
        self.sweeper = StoredSweep(store, keyring, 10**9)
        self.connections = self.stored.intake.connections()
        self.lane = bench.lane()
        self.lane.tools.today = lambda _: self.today
        self._number = 0
        numbers = range(1, PEOPLE + 1)
        self.arrive([self.record(n, 1, "user.created", hired(n)) for n in numbers])
        with store.begin() as transaction:
            transaction.execute(
                insert(link),
                [
                    {
                        "connection": bench.connection.id,
                        "person": person(n).user,
                        "organization": ORGANIZATION,
                        "state": LinkState.LINKED.value,
                        "company": bench.connection.company,
                        "contact": self.xledger.add(n, Root.CONTACT),
                        "subledger": self.xledger.add(n, Root.SUBLEDGER),
                        "employee": self.xledger.add(n, Root.EMPLOYEE),
                    }
                    for n in numbers
                ],
            )

    def record(
        self, number: int, revision: int, type_: str, data: Json, minutes: int = -100
    ) -> Arrived:
        """Return the record of one event of Huma's, so many minutes after the activation."""
        user = person(number).user
        attributes = {
            "specversion": "1.0", "id": f"e{revision}", "source": "/huma/users",
            "type": f"com.humahr.{type_}.v1", "subject": user, "organization": ORGANIZATION,
            "time": (ACTIVATED + timedelta(minutes=minutes)).isoformat(), "revision": str(revision),
        }  # fmt: skip
        headers: list[tuple[str, bytes | None]] = [
            (f"ce_{name}", value.encode()) for name, value in attributes.items()
        ]
        key = f"{ORGANIZATION}:{user}".encode()
        at = int((ACTIVATED + timedelta(days=1)).timestamp() * 1000)
        place = Place(EVENTS.name, 0)
        return Arrived(place, next(self._offsets), key, orjson.dumps(data), headers, at)


def hired(number: int, positions: Sequence[Json] = ()) -> Json:
    """Return the data of somebody's creation in Huma."""
    user: dict[str, Json] = {**whole(number), "type": "user", "status": {"active": True}}
    return {"user": {**user, "positions": list(positions)}, "origin": "manual"}


def _hurry(raw: Any, _record: Any) -> None:
    """No example outlives its process."""
    raw.execute("PRAGMA synchronous=OFF")
