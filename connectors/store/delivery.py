"""Delivery's store: the port `processors.ports.lane.LaneStore`, each call one transaction."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from connectors.store import answers, creations, lanes, quota, reading, work
from connectors.store.emails import emails_of_others
from connectors.store.engine import Store
from connectors.store.guard import StoredGuard
from connectors.store.keyring import Keyring
from connectors.store.outbox import StoredOutbox
from processors.ports.guard import GuardRule
from processors.ports.huma import HumaPerson
from processors.ports.intake import Ended
from processors.ports.lane import (
    Claim,
    Claimed,
    Holders,
    Idle,
    LaneStatus,
    Lease,
    NewEmail,
    PersonResult,
    Unread,
    Work,
)
from schemas.errors import Limited

COUNT_SECONDS: Final = 5.0
"""How long the outbox's size may be out of date."""
LOOK_SECONDS: Final = 30.0
"""After which a lane at a limit of ours looks again."""


@dataclass(frozen=True, slots=True)
class LaneBounds:
    """Rows of the outbox, and letters of one connection in an hour, at which lanes wait."""

    outbox: int
    letters_per_hour: int


class StoredLanes:
    """The lanes of one process, in the store."""

    def __init__(
        self, store: Store, keyring: Keyring, limits: LaneBounds, guard: GuardRule
    ) -> None:
        self._store = store
        self._guard = StoredGuard(guard)
        self._keyring = keyring
        self._limits = limits
        self._outbox = StoredOutbox(store, keyring)
        self._counted = (-COUNT_SECONDS, 0)

    def candidates(self, owner: str, limit: int) -> Sequence[Idle]:
        """See the port."""
        return lanes.candidates(self._store, owner, limit)

    def claim(self, connection: str, owner: str, lease: float, settle: float) -> Claimed | None:
        """See the port."""
        return lanes.claim(self._store, self._keyring, connection, owner, lease, settle)

    def as_claimed(self, claimed: Claimed) -> bool:
        """See the port."""
        return lanes.as_claimed(self._store, self._keyring, claimed)

    def renew(self, owner: str, lease: float) -> Mapping[str, int]:
        """See the port."""
        return lanes.renew(self._store, owner, lease)

    def release(self, leases: Sequence[Lease]) -> None:
        """See the port."""
        lanes.release(self._store, leases)

    def take(
        self, lease: Lease, people: int, linger: float, idle: float | None, *, suspects: bool
    ) -> Work:
        """See the port; at a limit nobody is taken (promise 8)."""
        self._refuse_at_the_outbox_limit()
        with self._store.begin() as connection:
            letters = quota.used(connection, quota.letters_of(lease.connection))
            if letters >= self._limits.letters_per_hour:
                says = "this hour's dead letters have reached DELIVERY__LETTERS_PER_HOUR"
                raise Limited(says, "dead letters", LOOK_SECONDS)
            return work.take(
                connection, self._keyring, self._guard, lease, people, linger, idle,
                suspects=suspects,
            )  # fmt: skip

    def ground(self, lease: Lease, flying: Collection[str]) -> None:
        """See the port."""
        lanes.ground(self._store, lease, flying)

    def admit(self, lease: Lease, people: Mapping[str, int]) -> LaneStatus:
        """See the port."""
        with self._store.begin() as connection:
            lanes.guard(connection, lease)
            return self._guard.admit(connection, lease, people)

    def finish(
        self,
        lease: Lease,
        results: Sequence[PersonResult],
        batch_size: int | None = None,
        idle: float | None = None,
    ) -> Sequence[Ended]:
        """See the port."""
        with self._store.begin() as connection:
            return answers.finish(connection, self._keyring, lease, results, batch_size, idle)

    def set_status(self, lease: Lease, status: LaneStatus) -> None:
        """See the port."""
        lanes.set_status(self._store, lease, status)

    def remember(self, lease: Lease, memory: Mapping[str, int]) -> None:
        """See the port."""
        with self._store.begin() as connection:
            lanes.guard(connection, lease, memory=orjson.dumps(dict(memory)).decode())

    def begin(self, lease: Lease, claims: Sequence[Claim], company: str) -> frozenset[str]:
        """See the port."""
        with self._store.begin() as connection:
            return creations.begin(connection, self._keyring, lease, claims, company)

    def holders(self, lease: Lease, company: str, records: Sequence[str]) -> Holders:
        """See the port."""
        with self._store.begin() as connection:
            lanes.guard(connection, lease)
            return creations.holders(connection, company, records)

    def elsewhere(self, lease: Lease, emails: Mapping[str, str]) -> Mapping[str, str]:
        """See the port."""
        with self._store.begin() as connection:
            lanes.guard(connection, lease)
            return creations.elsewhere(connection, self._keyring, lease, emails)

    def of_others(
        self, lease: Lease, company: str, emails: Sequence[NewEmail]
    ) -> Mapping[str, str]:
        """See the port."""
        with self._store.begin() as connection:
            lanes.guard(connection, lease)
            return emails_of_others(connection, self._keyring, lease, company, emails)

    def unread(self, lease: Lease, limit: int) -> Sequence[Unread]:
        """See the port."""
        with self._store.read() as connection:
            return reading.unread(connection, lease, limit)

    def merge_read(self, lease: Lease, person: Unread, read: HumaPerson, email: str | None) -> bool:
        """See the port."""
        with self._store.begin() as connection:
            return reading.merge_read(connection, self._keyring, lease, person, read, email)

    def read_later(self, lease: Lease, users: Sequence[str], wait: float) -> None:
        """See the port."""
        with self._store.begin() as connection:
            reading.read_later(connection, lease, users, wait)

    def unknown_in_huma(self, lease: Lease, user: str) -> Sequence[Ended]:
        """See the port."""
        with self._store.begin() as connection:
            return reading.unknown(connection, self._keyring, lease, user)

    def huma_state(self, lease: Lease, state: str, wait: float) -> bool:
        """See the port."""
        with self._store.begin() as connection:
            return reading.huma_state(connection, lease, state, wait)

    def _refuse_at_the_outbox_limit(self) -> None:
        now = time.monotonic()
        if now - self._counted[0] >= COUNT_SECONDS:
            self._counted = (now, self._outbox.count())
        if self._counted[1] >= self._limits.outbox:
            says = "the outbox has reached OUTBOX__LIMIT: is Kafka reachable?"
            raise Limited(says, "outbox", COUNT_SECONDS)
