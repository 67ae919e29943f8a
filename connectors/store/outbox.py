"""The outbox: rows written in the transaction of what they report, published by the relay.

Mail stands in it too (`connectors.store.mails`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select

from connectors.store import bulk, leases
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.records import bytes_of, text_of
from connectors.store.tables import outbox
from processors.ports.outbox import OutboxRow
from schemas.cloudevents import Headers
from schemas.key import person_of_key
from schemas.person import PersonKey

LEASE: Final = "relay"
COLUMN: Final = "outbox.value"
BYTES: Final = 32 * 1024 * 1024
"""Of values read at once: a letter may have ten MiB, and thousands of them end a process."""
KAFKA: Final = outbox.c.topic != ""
"""What is not mail, which another relay sends: neither holds up the other."""
COLUMNS: Final = (
    "topic", "partition", "key", "value", "headers", "sealed_for", "whose", "written_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewRow:
    """A record to publish.

    `organization`: its key seals the value; None: it holds no value. `whose` value it is, where
    the record's own key does not say so.
    """

    topic: str
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    partition: int | None = None
    organization: str | None = None
    whose: PersonKey | None = None


def write(connection: Connection, keyring: Keyring, rows: Sequence[NewRow], now: int) -> None:
    """Write rows, in order, in the caller's transaction. `now` is the store's, milliseconds."""
    if rows:
        stored = [_stored(connection, keyring, row, now) for row in rows]
        bulk.insert(connection, outbox, COLUMNS, stored, "")


def _stored(connection: Connection, keyring: Keyring, row: NewRow, now: int) -> tuple[Any, ...]:
    value, headers = row.value, [[name, text_of(raw)] for name, raw in row.headers]
    whose = None
    if row.organization is not None:
        whose = row.whose or person_of_key(row.key)
        if value is not None:
            value = keyring.cipher_of(connection, row.organization).seal("", COLUMN, value)
    return (
        row.topic, row.partition, row.key, value, orjson.dumps(headers).decode(),
        row.organization, None if whose is None else ":".join(whose), now,
    )  # fmt: skip


class StoredOutbox:
    """The port `processors.ports.outbox.OutboxStore`."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def claim(self, owner: str, seconds: float) -> bool:
        """See the port."""
        with self._store.begin() as connection:
            return leases.claim(connection, LEASE, owner, seconds)

    def release(self, owner: str) -> None:
        """See the port."""
        with self._store.begin() as connection:
            leases.release(connection, LEASE, owner)

    def rows(self, after: int, limit: int) -> Sequence[OutboxRow]:
        """See the port; values leave opened, one at least, and about `BYTES` of them."""
        which = (outbox.c.id > after) & KAFKA
        size = func.coalesce(func.length(outbox.c.value), 0)
        sizes = select(outbox.c.id, size).where(which).order_by(outbox.c.id).limit(limit)
        with self._store.read() as connection:
            last, room = after, BYTES
            for id_, bytes_ in connection.execute(sizes):
                if room <= 0:
                    break
                last, room = id_, room - bytes_
            query = select(outbox).where(which, outbox.c.id <= last).order_by(outbox.c.id)
            return [self._opened(connection, row) for row in connection.execute(query)]

    def delete(self, ids: Sequence[int]) -> None:
        """See the port."""
        if ids:
            with self._store.begin() as connection:
                bulk.select(
                    connection,
                    [("id", outbox.c.id)],
                    [(one,) for one in ids],
                    "DELETE FROM outbox WHERE id IN (SELECT id FROM {keys} AS k)",
                )

    def count(self) -> int:
        """Return how many rows wait for Kafka."""
        query = select(func.count()).select_from(outbox).where(KAFKA)
        with self._store.read() as connection:
            return int(connection.execute(query).scalar_one())

    def _opened(self, connection: Connection, row: Any) -> OutboxRow:
        value = None if row.value is None else bytes(row.value)
        if value is not None and row.sealed_for is not None:
            value = self._keyring.cipher_of(connection, row.sealed_for).open("", COLUMN, value)
        headers = [(name, bytes_of(raw)) for name, raw in orjson.loads(row.headers)]
        key = None if row.key is None else bytes(row.key)
        return OutboxRow(row.id, row.topic, row.partition, key, value, headers)
