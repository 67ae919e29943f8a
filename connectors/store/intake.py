"""Intake's transaction: the port `processors.ports.intake`, implemented."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, select

from connectors.store import bulk, offsets, people, quota, repeats, turns
from connectors.store.clock import read_now
from connectors.store.connections import all_standings
from connectors.store.deletion import delete_people
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.leaving import rows_of_ending
from connectors.store.outbox import NewRow, StoredOutbox, write
from connectors.store.records import pack
from connectors.store.tables import confirmed, dirty, generation, pending, pending_field
from connectors.store.waiting import RECORD, meta_of
from processors.ports.intake import (
    Connections,
    Ended,
    Ending,
    IntakeTransaction,
    Move,
    StoredLink,
    StoredPerson,
    Value,
    Waiting,
)
from processors.ports.source import Place
from schemas.employee import Target
from schemas.person import PersonKey

CACHE: Final = "PRAGMA cache_size=-16384"
"""Beyond it a batch's own pages would be written, and read again."""
COUNT_SECONDS: Final = 5.0
"""How long the outbox's size may be out of date."""


class StoredIntake:
    """The port `IntakeStore`.

    Args:
        store: the engine.
        keyring: the organisations' ciphers.
        outbox_limit: rows at which intake pauses.
        preview_seconds: after which an open preview has expired (R-07).
    """

    def __init__(
        self, store: Store, keyring: Keyring, outbox_limit: int, preview_seconds: float
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._outbox = StoredOutbox(store, keyring)
        self._limit = outbox_limit
        self._preview = preview_seconds
        self._counted = (0.0, 0)

    def connections(self) -> Connections:
        """See the port."""
        with self._store.read() as connection:
            value = connection.execute(select(generation.c.value)).scalar_one_or_none()
            return Connections(value or 0, all_standings(connection, self._preview))

    @contextmanager
    def transaction(self) -> Iterator[IntakeTransaction]:
        """See the port."""
        with self._store.begin() as connection:
            if self._store.dialect == "sqlite":
                connection.exec_driver_sql(CACHE)
            yield _Transaction(connection, self._keyring)

    def offsets(self, places: Sequence[Place]) -> Mapping[Place, int]:
        """See the port."""
        with self._store.read() as connection:
            return offsets.stored(connection, places)

    def begin_at(self, place: Place, offset: int) -> int:
        """See the port."""
        with self._store.begin() as connection:
            return offsets.begin_at(connection, place, offset)

    def outbox_full(self) -> bool:
        """See the port; counted every few seconds."""
        now = time.monotonic()
        if now - self._counted[0] > COUNT_SECONDS:
            self._counted = (now, self._outbox.count())
        return self._counted[1] >= self._limit


class _Transaction:
    """The port `IntakeTransaction`."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def fence(self, moves: Sequence[Move]) -> frozenset[Place]:
        """See the port."""
        return offsets.fence(self._connection, moves)

    def generation(self) -> int:
        """See the port; no connection comes or goes before this transaction is over."""
        query = select(generation.c.value).with_for_update(read=True)
        return self._connection.execute(query).scalar_one_or_none() or 0

    def people(self, keys: Sequence[PersonKey]) -> dict[PersonKey, StoredPerson]:
        """See the port."""
        return people.read(self._connection, keys)

    def links(self, keys: Sequence[PersonKey]) -> Mapping[tuple[str, str], StoredLink]:
        """See the port."""
        return people.links(self._connection, keys)

    def merge(self, values: Sequence[Value]) -> Mapping[tuple[PersonKey, str], int]:
        """See the port."""
        return people.merge(self._connection, self._keyring, values)

    def merge_positions(self, values: Sequence[Value]) -> Mapping[tuple[PersonKey, str], int]:
        """See the port."""
        return people.merge_positions(self._connection, self._keyring, values)

    def repeats(
        self, values: Sequence[Value], positions: Sequence[Value], outcomes: Sequence[str]
    ) -> tuple[frozenset[tuple[PersonKey, bytes]], frozenset[str]]:
        """See the port."""
        return repeats.stored(self._connection, values, positions), repeats.pending_of(
            self._connection, outcomes
        )

    def versions(
        self, fields: Sequence[tuple[PersonKey, str]]
    ) -> Mapping[tuple[PersonKey, str], int]:
        """See the port."""
        return people.versions(self._connection, fields)

    def waiting(self, fields: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str, str], int]:
        """See the port."""
        rows = bulk.select(
            self._connection,
            [("c", dirty.c.connection), ("p", dirty.c.person), ("f", dirty.c.field)],
            fields,
            "SELECT d.connection, d.person, d.field, d.version FROM {keys} AS k "
            "CROSS JOIN dirty AS d WHERE d.connection = k.c AND d.person = k.p "
            "AND d.field = k.f AND d.open",
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def rehired(self, keys: Sequence[PersonKey]) -> frozenset[PersonKey]:
        """See the port."""
        return people.rehired(self._connection, keys)

    def save_people(self, people_: Mapping[PersonKey, StoredPerson]) -> None:
        """See the port."""
        people.save(self._connection, people_)

    def save_links(self, links: Mapping[tuple[str, str], StoredLink], organization: str) -> None:
        """See the port."""
        people.save_links(self._connection, links, organization)

    def look_again(self, links: Sequence[tuple[str, str]]) -> None:
        """See the port."""
        people.look_again(self._connection, links)

    def delete_people(self, keys: Sequence[PersonKey]) -> Sequence[Ended]:
        """See the port."""
        return delete_people(self._connection, self._keyring, keys)

    def touched(
        self, links: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], tuple[frozenset[str], frozenset[Target]]]:
        """See the port."""
        found: dict[tuple[str, str], tuple[frozenset[str], frozenset[Target]]] = {}
        for one, user in links:
            fields = self._connection.execute(
                select(dirty.c.field).where(dirty.c.connection == one, dirty.c.person == user)
            ).scalars()
            targets = self._connection.execute(
                select(confirmed.c.target).where(
                    confirmed.c.connection == one, confirmed.c.person == user
                )
            ).scalars()
            found[one, user] = (frozenset(fields), frozenset(Target(t) for t in targets))
        return found

    def dirty(
        self, fields: Sequence[tuple[str, PersonKey, str, int, int]]
    ) -> tuple[Mapping[tuple[str, str, str], int], Sequence[Ended]]:
        """See the port."""
        return turns.make_dirty(self._connection, self._keyring, fields)

    def touch(self, fields: Sequence[tuple[str, PersonKey, str, int]]) -> None:
        """See the port."""
        turns.touch(self._connection, fields)

    def wait(self, events: Sequence[tuple[Waiting, Mapping[str, int]]]) -> None:
        """See the port."""
        if not events:
            return
        now = read_now(self._connection)
        bulk.insert(
            self._connection,
            pending,
            (
                "outcome", "connection", "person", "organization", "event", "meta", "round",
                "record", "topic", "partition", "offset", "recorded_at", "received_at",
            ),
            [self._pending_row(one, now) for one, _ in events],
            "ON CONFLICT (outcome) DO NOTHING",
        )  # fmt: skip
        rows = [row for one, mine in events for row in _field_rows(one, mine)]
        bulk.insert(
            self._connection,
            pending_field,
            ("connection", "person", "field", "outcome", "version", "turn", "result", "code"),
            rows,
            "ON CONFLICT (connection, person, field, outcome) DO NOTHING",
        )

    def within(self, name: str, limit: int) -> bool:
        """See the port."""
        return quota.use(self._connection, name, 1, limit)

    def end(self, events: Sequence[Ending]) -> Sequence[Ended]:
        """See the port."""
        if not events:
            return []
        now = read_now(self._connection)
        rows: list[NewRow] = []
        for event in events:
            rows += rows_of_ending(event, now)
            if event.letter is not None and event.connection is not None:
                quota.add(self._connection, quota.letters_of(event.connection), 1)
        write(self._connection, self._keyring, rows, now)
        return [Ended(event.result, event.reason, round=event.round) for event in events]

    def _pending_row(self, one: Waiting, now: int) -> tuple[Any, ...]:
        about, raw = one.about, one.raw
        assert about.organization is not None
        assert about.user is not None
        cipher = self._keyring.cipher_of(self._connection, about.organization)
        packed = pack(raw.key, raw.value, raw.headers)
        return (
            one.outcome, one.connection, about.user, about.organization, b"",
            meta_of(about, one.actor, one.warnings), one.round,
            cipher.seal(about.user, RECORD, packed), raw.place.topic, raw.place.partition,
            raw.offset, raw.timestamp, now,
        )  # fmt: skip


def _field_rows(one: Waiting, mine: Mapping[str, int]) -> list[tuple[Any, ...]]:
    user = one.about.user
    waiting: list[tuple[Any, ...]] = [
        (one.connection, user, name, one.outcome, version, mine[name], None, None)
        for name, version in one.fields.items()
    ]
    ended: list[tuple[Any, ...]] = [
        (
            one.connection, user, name, one.outcome, end.version or 0, end.turn or 0,
            end.result.value, end.code,
        )
        for name, end in one.ended.items()
    ]  # fmt: skip
    return waiting + ended
