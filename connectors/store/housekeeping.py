"""Letting go of what is kept for a time only: the port `HousekeepingStore` (R-07, R-78, R-95)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select, tuple_

from connectors.store import desk_housekeeping, leases, previews
from connectors.store.clock import read_now
from connectors.store.desk_housekeeping import Kept
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.quota import HOUR_MS
from connectors.store.tables import connection as connections
from connectors.store.tables import dirty, failure, link, person, quota
from processors.ports.intake import Ended

LEASE: Final = "housekeeping"
AT_ONCE: Final = 500
"""Rows deleted in one transaction, so that nobody else waits long for the store."""
COUNTED_HOURS: Final = 24
"""A limit looks at its own hour only; a day's are left for whoever asks why it was met."""
DAY_MS: Final = 24 * HOUR_MS


class StoredHousekeeping:
    """The port `processors.ports.housekeeping.HousekeepingStore`.

    Args:
        store: the store.
        keyring: seals what leaves.
        preview: seconds for which a preview may be open.
        tombstones: days for which a deleted person's ids and digests are kept.
        desk: see there.
    """

    def __init__(
        self, store: Store, keyring: Keyring, preview: float, tombstones: int, desk: Kept
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._preview = preview
        self._tombstones = tombstones
        self._desk = desk

    def claim(self, owner: str, seconds: float) -> bool:
        """See the port."""
        with self._store.begin() as transaction:
            return leases.claim(transaction, LEASE, owner, seconds)

    def release(self, owner: str) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            leases.release(transaction, LEASE, owner)

    def expire_previews(self) -> Sequence[Ended]:
        """See the port."""
        return previews.expire(self._store, self._keyring, self._preview)

    def forget_counts(self) -> int:
        """See the port."""
        key = tuple_(quota.c.name, quota.c.hour)
        with self._store.begin() as transaction:
            oldest = read_now(transaction) // HOUR_MS - COUNTED_HOURS
            some = select(quota.c.name, quota.c.hour).where(quota.c.hour < oldest).limit(AT_ONCE)
            return int(transaction.execute(delete(quota).where(key.in_(some))).rowcount)

    def forget_desk(self) -> int:
        """See the port."""
        count = 0
        for forget in desk_housekeeping.ALL:
            with self._store.begin() as transaction:
                count += forget(transaction, self._desk, read_now(transaction), AT_ONCE)
        return count

    def forget_tombstones(self) -> int:
        """See the port; with a person go links, turns, and what told letters that they are gone."""
        with self._store.begin() as transaction:
            oldest = read_now(transaction) - self._tombstones * DAY_MS
            some = transaction.execute(
                select(person.c.organization, person.c.person)
                .where(person.c.deleted_at < oldest)
                .order_by(person.c.deleted_at)
                .limit(AT_ONCE)
            ).all()
            for organization, user in some:
                theirs = select(connections.c.id).where(connections.c.organization == organization)
                for table in (dirty, link, failure):
                    transaction.execute(
                        delete(table).where(table.c.connection.in_(theirs), table.c.person == user)
                    )
                transaction.execute(
                    delete(person).where(
                        person.c.organization == organization, person.c.person == user
                    )
                )
            return len(some)
