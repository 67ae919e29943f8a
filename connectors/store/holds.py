"""What the guard holds: shown, released, or rejected, by a human (R-93)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection as Transaction
from sqlalchemy import delete, func, select, update

from connectors.store import audit, bulk, guard, lane_state, lanes
from connectors.store.clock import now_ms, read_now
from connectors.store.ending import EndedField, end_fields
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import dirty, guarded, lane, pending
from processors.ports.guard import GuardRule
from processors.ports.lane import LaneStatus, Lease
from schemas.connection import Connection, LaneState
from schemas.errors import StopProcess
from schemas.guard import Crowd
from schemas.outcome import FieldEnd
from schemas.personal import Personal
from schemas.reasons import Code

SHOWN: Final = 10
"""People of whom the ids are shown."""
AT_ONCE: Final = 2000
"""Fields ended in one transaction, so that nobody else waits long for the store."""
LEASE_SECONDS: Final = 60.0
"""For which a command has the lane; renewed with each transaction."""
NOT_HELD: Final = "connection {} is not held by the guard: nothing is to be released or rejected"


@dataclass(frozen=True, slots=True)
class Hold:
    """What waits in a lane, and what the guard counted.

    Attributes:
        state: of the lane.
        reason: why it is not running; which limit was passed, where it is held.
        since: when it came into this state; the store's time in milliseconds.
        changed: people that the guard counts; of very many only that they are more than allowed.
        allowed: how many may change in an hour.
        linked: people whom the connection has linked.
        people: who wait, whatever made it so.
        events: that wait for their end.
        fields: people who wait by field.
        some: ids of those who wait longest.
    """

    state: LaneState
    reason: str | None
    since: int
    changed: Crowd
    allowed: Crowd
    linked: int
    people: int
    events: int
    fields: Mapping[str, int]
    some: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """How many people and events a rejection ended."""

    people: int
    events: int


def shown(store: Store, one: Connection, rule: GuardRule) -> Hold:
    """Return what waits in a connection's lane, in one snapshot."""
    mine = (dirty.c.connection == one.id) & dirty.c.open
    with store.read() as transaction:
        given = guard.guarding(transaction, rule, one.id, read_now(transaction))
        linked = guard.linked(transaction, one.id)
        allowed = rule.allowed(given.limits, linked)
        state: Any = transaction.execute(
            select(lane.c.state, lane.c.reason, lane.c.since).where(lane.c.connection == one.id)
        ).one()
        fields = transaction.execute(
            select(dirty.c.field, func.count())
            .where(mine)
            .group_by(dirty.c.field)
            .order_by(func.count().desc(), dirty.c.field)
        )
        first = (
            select(dirty.c.person)
            .where(mine)
            .group_by(dirty.c.person)
            .order_by(func.min(dirty.c.turn), dirty.c.person)
            .limit(SHOWN)
        )
        people = select(func.count(dirty.c.person.distinct())).where(mine)
        events: Any = select(func.count()).where(pending.c.connection == one.id)
        return Hold(
            LaneState(state.state),
            state.reason,
            state.since,
            guard.counted(transaction, one.id, given, allowed),
            allowed,
            linked,
            int(transaction.execute(people).scalar_one()),
            int(transaction.execute(events).scalar_one()),
            {name: int(count) for name, count in fields},
            tuple(transaction.execute(first).scalars()),
        )


def release(
    store: Store, keyring: Keyring, one: Connection, actor: str, reason: Personal[str]
) -> None:
    """Let a held lane run: what is dirty by now goes out uncounted, and the count begins anew.

    Raises:
        StopProcess: it is not held.
    """
    with store.begin() as transaction:
        if not lane_state.put(transaction, one.id, LaneStatus(), ~lane_state.not_held()):
            raise StopProcess(NOT_HELD.format(one.id))
        _count_anew(transaction, one.id, _newest(transaction, one.id))
        why = audit.sealed(transaction, keyring, one.organization, reason)
        audit.add(
            transaction, one.organization, one.id, actor, "connection.released", rule="R-93",
            reason=why,
        )  # fmt: skip


def reject(
    store: Store,
    keyring: Keyring,
    one: Connection,
    owner: str,
    actor: str,
    reason: Personal[str],
    *,
    settle: float,
) -> Rejected | None:
    """End what a held lane has waiting as "skipped: rejected", then let it run.

    Done under the lane's lease, so that no answer is under way. What comes meanwhile is counted
    anew. Interrupted, the lane is still held, and the command is repeated.

    Args:
        store: the store.
        keyring: seals what leaves, and the reason.
        one: the connection.
        owner: who takes the lane.
        actor: who gave the command.
        reason: why, for the audit.
        settle: seconds after which what a dead process sent has happened, or never will.

    Returns:
        What ended; None while a delivery process still has the lane: try again soon.

    Raises:
        LeaseLost: another command took the lane meanwhile.
        StopProcess: it is not held.
    """
    claimed = lanes.claim(store, keyring, one.id, owner, LEASE_SECONDS, settle)
    if claimed is None:
        return None
    lease = claimed.lease
    try:
        return _reject(store, keyring, claimed.status, lease, actor, reason)
    finally:
        lanes.release(store, [lease])


def _reject(
    store: Store,
    keyring: Keyring,
    status: LaneStatus,
    lease: Lease,
    actor: str,
    reason: Personal[str],
) -> Rejected:
    if status.state is not LaneState.HELD:
        raise StopProcess(NOT_HELD.format(lease.connection))
    with store.begin() as transaction:
        lanes.guard(transaction, lease)
        until = _newest(transaction, lease.connection)
        why = audit.sealed(transaction, keyring, lease.organization, reason)
        audit.add(
            transaction, lease.organization, lease.connection, actor, "connection.rejected",
            rule="R-93", reason=why,
        )  # fmt: skip
    people: set[str] = set()
    events = 0
    while True:
        with store.begin() as transaction:
            lanes.guard(transaction, lease, lease_until=now_ms() + int(LEASE_SECONDS * 1000))
            ended, users = _end(transaction, keyring, lease.connection, until)
            if not users:
                lane_state.put(transaction, lease.connection, LaneStatus())
                _count_anew(transaction, lease.connection, until)
                return Rejected(len(people), events)
        people |= users
        events += ended


def _end(transaction: Transaction, keyring: Keyring, one: str, until: int) -> tuple[int, set[str]]:
    """End some fields that have been dirty until this turn; returns how many events, and whose."""
    rows = transaction.execute(
        select(dirty.c.person, dirty.c.field, dirty.c.turn)
        .where(dirty.c.connection == one, dirty.c.open, dirty.c.turn <= until)
        .order_by(dirty.c.origin, dirty.c.turn)
        .limit(AT_ONCE)
    ).all()
    ends = [
        EndedField(one, user, name, turn, FieldEnd.SKIPPED, Code.REJECTED)
        for user, name, turn in rows
    ]
    ended = end_fields(transaction, keyring, ends, read_now(transaction))
    # what may have been written stays so: the next change sends it again
    bulk.select(
        transaction,
        [("c", dirty.c.connection), ("p", dirty.c.person), ("f", dirty.c.field),
         ("t", dirty.c.turn)],
        [(one, *row) for row in rows],
        "UPDATE dirty SET open = false, attempts = 0, first_failed_at = NULL FROM {keys} AS k "
        "WHERE dirty.connection = k.c AND dirty.person = k.p AND dirty.field = k.f "
        "AND dirty.turn = k.t",
    )  # fmt: skip
    return len(ended), {row.person for row in rows}


def _newest(transaction: Transaction, one: str) -> int:
    """Return the newest turn of what waits, or now: turns may be ahead of the clock."""
    query = select(func.max(dirty.c.turn)).where(dirty.c.connection == one, dirty.c.open)
    return max(read_now(transaction), transaction.execute(query).scalar_one() or 0)


def _count_anew(transaction: Transaction, one: str, released: int) -> None:
    transaction.execute(delete(guarded).where(guarded.c.connection == one))
    transaction.execute(update(lane).where(lane.c.connection == one).values(released_at=released))
