"""Whom the clock turns: the port `processors.ports.sweep.SweepStore` (R-60, R-109)."""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, select

from connectors.store import bulk, leases, offsets
from connectors.store.clock import read_now
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.outbox import NewRow, StoredOutbox, write
from connectors.store.people import AT_ONCE
from connectors.store.tables import connection as connections
from connectors.store.tables import heartbeat as beats
from connectors.store.tables import link, outbox
from processors.ports.source import Place
from schemas.events import EventType
from schemas.person import Json, PersonKey, PositionField
from schemas.requests import HEADERS, NewRequest, heartbeat, request
from schemas.topics import REQUESTS

LEASE: Final = "sweep"
TURNED: Final = (
    PositionField.TITLE, PositionField.PROBATION_END, PositionField.TERMINATION_NOTICE,
)  # fmt: skip
"""The fields of the primary position; the first start and the last end know no today (R-57)."""
COUNT_SECONDS: Final = 5.0
"""How long the outbox's size may be out of date; what was written here meanwhile is added."""


class StoredSweep:
    """The port `processors.ports.sweep.SweepStore`.

    Args:
        store: the store.
        keyring: the outbox asks for it; requests hold nothing that is sealed.
        rows: of the outbox, at which requests wait.
    """

    def __init__(self, store: Store, keyring: Keyring, rows: int) -> None:
        self._store = store
        self._keyring = keyring
        self._rows = rows
        self._outbox = StoredOutbox(store, keyring)
        self._counted = (-COUNT_SECONDS, 0)

    def claim(self, owner: str, seconds: float) -> bool:
        """See the port."""
        with self._store.begin() as transaction:
            return leases.claim(transaction, LEASE, owner, seconds)

    def release(self, owner: str) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            leases.release(transaction, LEASE, owner)

    def now(self) -> datetime:
        """See the port."""
        with self._store.read() as transaction:
            return datetime.fromtimestamp(read_now(transaction) / 1000, UTC)

    def zones(self) -> list[str]:
        """See the port."""
        query = select(connections.c.zone).where(connections.c.activated_at.is_not(None))
        with self._store.read() as transaction:
            return sorted(transaction.execute(query.distinct()).scalars())

    def due(self, zone: str, today: date) -> int:
        """See the port."""
        query = select(func.count()).select_from(link).where(_due(zone, today))
        with self._store.read() as transaction:
            return int(transaction.execute(query).scalar_one())

    def full(self) -> bool:
        """See the port; counted every few seconds."""
        now = time.monotonic()
        if now - self._counted[0] >= COUNT_SECONDS:
            self._counted = (now, self._outbox.count())
        return self._counted[1] >= self._rows

    def unread(self, ends: Mapping[Place, int]) -> int:
        """See the port."""
        leaving = select(func.count()).select_from(outbox).where(outbox.c.topic == REQUESTS.name)
        with self._store.read() as transaction:
            read = offsets.stored(transaction, list(ends))
            waiting = int(transaction.execute(leaving).scalar_one())
        return waiting + sum(max(0, end - read.get(place, 0)) for place, end in ends.items())

    def request(self, zone: str, today: date, limit: int, sweep: str) -> int:
        """See the port; the longest due come first."""
        some = (
            select(link.c.connection, link.c.organization, link.c.person, link.c.next_flip_on)
            .where(_due(zone, today))
            .order_by(link.c.next_flip_on)
            .limit(limit)
            .with_for_update(of=link, skip_locked=True)
        )
        with self._store.begin() as transaction:
            now = read_now(transaction)
            found = transaction.execute(some).all()
            bulk.select(
                transaction,
                [("c", link.c.connection), ("p", link.c.person)],
                [(row.connection, row.person) for row in found],
                "UPDATE link SET next_flip_on = NULL FROM {keys} AS k "
                "WHERE link.connection = k.c AND link.person = k.p",
            )
            at = datetime.fromtimestamp(now / 1000, UTC)
            asked = [
                request(
                    EventType.DAY_TURNED,
                    f"{today}/{row.connection}/{row.person}/{sweep}",
                    at,
                    PersonKey(row.organization, row.person),
                    {"connection": row.connection, "fields": _fields(row.next_flip_on)},
                )
                for row in found
            ]
            write(transaction, self._keyring, [_row(one) for one in asked], now)
        self._counted = (self._counted[0], self._counted[1] + len(found))
        return len(found)

    def heartbeats(self, partitions: int, now: datetime) -> None:
        """See the port."""
        rows = [_row(heartbeat(number, now), number) for number in range(partitions)]
        with self._store.begin() as transaction:
            write(transaction, self._keyring, rows, read_now(transaction))
            gone = beats.c.partition >= partitions  # a topic that was made anew has fewer
            transaction.execute(delete(beats).where(gone))
            # only heartbeats name a partition: Kafka would refuse these for ever
            transaction.execute(delete(outbox).where(outbox.c.partition >= partitions))


def _due(zone: str, today: date) -> ColumnElement[bool]:
    """Return the condition on a link: its day has come, and its connection is active there.

    Asked of each connection by its key: the links are found by their own index.
    """
    there = (connections.c.zone == zone) & connections.c.activated_at.is_not(None)
    active = exists().where(connections.c.id == link.c.connection, there)
    return (link.c.next_flip_on <= today.isoformat()) & active


def _fields(due: str) -> list[Json]:
    """Return what a day turns: the choice of the primary position. Whoever is due at once, all."""
    return [] if due == AT_ONCE else [field.value for field in TURNED]


def _row(one: NewRequest, partition: int | None = None) -> NewRow:
    return NewRow(REQUESTS.name, one.key, one.value, HEADERS, partition)
