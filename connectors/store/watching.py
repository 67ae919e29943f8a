"""What watch keeps: the port `processors.ports.watch`, implemented (R-89, R-90, R-109).

One transaction of watch at a time, whichever process it is of: what it works out of the rows, no
other changes meanwhile. Letters, which the desk changes too, are held row by row.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, func, select

from connectors.store import bulk, error_log, letters_filed
from connectors.store.engine import Store
from connectors.store.tables import connection as connections
from connectors.store.tables import generation, heartbeat, replay_letter, timeline
from connectors.store.told import COLUMNS, FROM_TIMELINE, row_of, told_of
from processors.ports.watch import EndedReplay, Entries, Filed, Watched, WatchTransaction
from schemas.outcome_read import Told
from schemas.person import PersonKey

LOCK: Final = 0x7761746368
"""PostgreSQL's advisory lock under which watch works: "watch", in ASCII."""


class StoredWatch:
    """The port `WatchStore`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def transaction(self) -> Iterator[WatchTransaction]:
        """See the port."""
        with self._store.begin() as connection:
            if self._store.dialect == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            yield _Transaction(connection)

    def oldest_heartbeat(self) -> int | None:
        """See the port."""
        with self._store.read() as connection:
            oldest: int | None = connection.execute(
                select(func.min(heartbeat.c.beat_at))
            ).scalar_one()
            return oldest


class _Transaction:
    """The port `WatchTransaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, outcomes: Sequence[Told]) -> frozenset[str]:
        """See the port."""
        new = bulk.insert(
            self._connection,
            timeline,
            COLUMNS,
            [row_of(told) for told in outcomes],
            "ON CONFLICT (outcome) DO NOTHING RETURNING outcome",
        )
        return frozenset(row[0] for row in new)

    def beat(self, beats: Mapping[int, int]) -> None:
        """See the port."""
        bulk.insert(
            self._connection,
            heartbeat,
            ("partition", "beat_at"),
            sorted(beats.items()),
            "ON CONFLICT (partition) DO UPDATE SET beat_at = excluded.beat_at "
            "WHERE excluded.beat_at > heartbeat.beat_at",
        )

    def end_replays(self, ended: Sequence[EndedReplay]) -> None:
        """See the port."""
        first = {(one.letter, one.round): one for one in reversed(ended)}
        bulk.select(
            self._connection,
            [
                ("l", replay_letter.c.letter), ("n", replay_letter.c.round),
                ("r", replay_letter.c.result), ("c", replay_letter.c.code),
            ],
            list(first.values()),
            "UPDATE replay_letter SET result = k.r, code = k.c FROM {keys} AS k "
            "WHERE replay_letter.letter = k.l AND replay_letter.round = k.n "
            "AND replay_letter.result IS NULL",
        )  # fmt: skip

    def history(self, people: Collection[Watched]) -> Mapping[Watched, Sequence[Told]]:
        """See the port."""
        rows = bulk.select(
            self._connection,
            [
                ("c", timeline.c.connection), ("o", timeline.c.organization),
                ("p", timeline.c.person),
            ],
            sorted(people),
            f"SELECT {FROM_TIMELINE} WHERE t.organization = k.o AND t.person = k.p "
            "AND t.connection = k.c",
        )  # fmt: skip
        found: dict[Watched, list[Told]] = defaultdict(list)
        for told in map(told_of, rows):
            assert told.connection is not None
            assert told.organization is not None
            assert told.user is not None
            found[Watched(told.connection, told.organization, told.user)].append(told)
        return found

    def told(self, outcomes: Collection[str]) -> Mapping[str, Told]:
        """See the port."""
        rows = bulk.select(
            self._connection,
            [("id", timeline.c.outcome)],
            [(id_,) for id_ in sorted(outcomes)],
            f"SELECT {FROM_TIMELINE} WHERE t.outcome = k.id",
        )
        return {told.id: told for told in map(told_of, rows)}

    def rounds(self, keys: Collection[str]) -> Sequence[Told]:
        """See the port."""
        rows = bulk.select(
            self._connection,
            [("key", timeline.c.letter)],
            [(key,) for key in sorted(keys)],
            f"SELECT {FROM_TIMELINE} WHERE t.letter = k.key AND t.letter IS NOT NULL",
        )
        return [told_of(row) for row in rows]

    def entries(self, people: Collection[Watched]) -> Entries:
        """See the port."""
        return error_log.read(self._connection, people)

    def save_entries(self, entries: Entries) -> None:
        """See the port."""
        there = self.connected({who.connection for who in entries})
        error_log.save(
            self._connection, {who: one for who, one in entries.items() if who.connection in there}
        )

    def deleted(self, people: Collection[PersonKey]) -> Mapping[PersonKey, int]:
        """See the port."""
        return error_log.deleted(self._connection, people)

    def letters(self, ids: Collection[str]) -> Mapping[str, Filed]:
        """See the port."""
        return letters_filed.read(self._connection, ids)

    def letters_of(self, people: Collection[PersonKey]) -> frozenset[str]:
        """See the port."""
        return letters_filed.of_people(self._connection, people)

    def save_letters(self, letters: Sequence[Filed]) -> None:
        """See the port."""
        letters_filed.save(self._connection, letters)

    def connected(self, ids: Collection[str]) -> frozenset[str]:
        """See the port; a removal raises the generation, and waits for who looks at it."""
        self._connection.execute(select(generation.c.value).with_for_update(read=True))
        rows = bulk.select(
            self._connection,
            [("id", connections.c.id)],
            [(id_,) for id_ in sorted(ids)],
            "SELECT c.id FROM {keys} AS k CROSS JOIN connection AS c WHERE c.id = k.id",
        )
        return frozenset(row[0] for row in rows)
