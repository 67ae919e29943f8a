"""Lanes: who owns one, under which epoch, and in which state (`design.md`, A lease)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select, text, update

from connectors.store import lane_state
from connectors.store.clock import now_ms, read_now
from connectors.store.connections import TOKEN, connection_of
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import connection as connections
from connectors.store.tables import lane, link
from connectors.store.upsert import insert_ignore
from processors.ports.lane import BY_HAND, Claimed, Idle, LaneStatus, Lease, LeaseLost
from schemas.connection import LaneState
from schemas.personal import Personal

CANDIDATES = """
WITH RECURSIVE busy(c) AS (
  SELECT min(connection) FROM dirty WHERE open
  UNION ALL
  SELECT (SELECT min(d.connection) FROM dirty AS d WHERE d.open AND d.connection > busy.c)
  FROM busy WHERE busy.c IS NOT NULL
), work(c) AS (
  SELECT c FROM busy WHERE c IS NOT NULL AND EXISTS (
    SELECT 1 FROM dirty AS d WHERE d.connection = busy.c AND d.open AND d.due <= {now})
  UNION
  SELECT connection FROM run WHERE state IN ('planned', 'running', 'interrupted')
)
SELECT l.connection, l.owner = :owner AND l.lease_until > {now} AS mine
FROM work JOIN lane AS l ON l.connection = work.c JOIN connection AS n ON n.id = l.connection
WHERE (l.lease_until <= {now} OR l.owner IS NULL OR l.owner = :owner)
  AND NOT (l.state = 'paused' AND l.reason = :by_hand) AND l.state <> 'held' AND l.until <= {now}
  AND (n.activated_at IS NOT NULL OR EXISTS (SELECT 1 FROM run WHERE run.connection = n.id
       AND run.state IN ('planned', 'running', 'interrupted')))
LIMIT :limit
"""
"""One loose index scan for all lanes: each step jumps to the next connection with open work, of
which something must be due, or a lane would be taken over and over while its retries wait."""

LAND: Final = """
UPDATE dirty SET unsure = true, due = :due WHERE connection = :one AND {fields}
  AND person IN (SELECT person FROM link
                 WHERE connection = :one AND flight_epoch IS NOT NULL {people})
"""


def candidates(store: Store, owner: str, limit: int) -> Sequence[Idle]:
    """Return lanes with work that may run, and are free or `owner`'s."""
    with store.read() as connection:
        now = str(now_ms().compile(dialect=connection.dialect))
        rows = connection.execute(
            text(CANDIDATES.format(now=now)), {"owner": owner, "limit": limit, "by_hand": BY_HAND}
        )
        return [Idle(row[0], bool(row[1])) for row in rows]


def claim(
    store: Store, keyring: Keyring, one: str, owner: str, lease: float, settle: float
) -> Claimed | None:
    """Take a free lane; who was in flight becomes ambiguous (`design.md`, A lease)."""
    with store.begin() as connection:
        now = read_now(connection)
        connection.execute(insert_ignore(connection, lane).values(connection=one))
        taken = connection.execute(
            update(lane)
            .where(
                lane.c.connection == one,
                (lane.c.lease_until <= now_ms()) | lane.c.owner.is_(None) | (lane.c.owner == owner),
            )
            .values(
                owner=owner,
                epoch=lane.c.epoch + 1,
                lease_until=now_ms() + int(lease * 1000),
            )
        )
        if not taken.rowcount:
            return None
        row: Any = connection.execute(
            select(connections, lane.c.epoch, lane.c.state, lane.c.reason, lane.c.until,
                   lane.c.requested_at, lane.c.batch_size, lane.c.memory)
            .join(lane, lane.c.connection == connections.c.id)
            .where(connections.c.id == one)
        ).one_or_none()  # fmt: skip
        if row is None:
            connection.rollback()
            return None
        land(connection, one, int(settle * 1000))
        cipher = keyring.cipher_of(connection, row.organization)
        token = Personal(cipher.open("", f"{TOKEN}/{one}", bytes(row.token)).decode())
        wait = max(0, row.until - now) / 1000
        return Claimed(
            Lease(one, row.organization, row.epoch),
            connection_of(row),
            token,
            LaneStatus(LaneState(row.state), row.reason, wait),
            max(0, now - row.requested_at) / 1000,
            row.batch_size,
            orjson.loads(row.memory),
        )


def as_claimed(store: Store, keyring: Keyring, claimed: Claimed) -> bool:
    """Say whether connection and token are still what they were; options reach a lane so (R-04)."""
    one = claimed.connection
    with store.read() as connection:
        row: Any = connection.execute(
            select(connections).where(connections.c.id == one.id)
        ).one_or_none()
        if row is None or connection_of(row) != one:
            return False
        cipher = keyring.cipher_of(connection, one.organization)
        token = cipher.open("", f"{TOKEN}/{one.id}", bytes(row.token)).decode()
        return token == claimed.token.reveal()


def land(connection: Connection, one: str, settle_ms: int) -> None:
    """Make everybody in flight ambiguous: what was sent may have happened, or may still happen.

    They wait from now: when the last owner sent for the last time, a search of culprits perhaps
    long after it took them, nobody knows. To somebody incomplete more is sent than is open.
    """
    given = {"one": one, "due": read_now(connection) + settle_ms}
    connection.execute(text(LAND.format(fields="open", people="")), given)
    connection.execute(text(LAND.format(fields="NOT open", people="AND incomplete")), given)
    connection.execute(
        text(
            "UPDATE link SET flight_epoch = NULL, flight_at = NULL "
            "WHERE connection = :one AND flight_epoch IS NOT NULL"
        ),
        {"one": one},
    )


def ground(store: Store, lease: Lease, flying: Collection[str]) -> None:
    """Let go of whom a transaction took that was committed without an answer."""
    with store.begin() as connection:
        guard(connection, lease)
        mine = (link.c.connection == lease.connection) & (link.c.flight_epoch == lease.epoch)
        connection.execute(
            update(link)
            .where(mine, link.c.person.not_in(list(flying)))
            .values(flight_epoch=None, flight_at=None)
        )


def renew(store: Store, owner: str, lease: float) -> Mapping[str, int]:
    """Renew every lease of `owner` that has not ended, in one statement; epochs by connection."""
    with store.begin() as connection:
        rows = connection.execute(
            update(lane)
            .where(lane.c.owner == owner, lane.c.lease_until > now_ms())
            .values(lease_until=now_ms() + int(lease * 1000))
            .returning(lane.c.connection, lane.c.epoch)
        )
        return {row[0]: row[1] for row in rows}


def release(store: Store, leases: Sequence[Lease]) -> None:
    """Give lanes back at once."""
    with store.begin() as connection:
        for lease in leases:
            connection.execute(
                update(lane)
                .where(lane.c.connection == lease.connection, lane.c.epoch == lease.epoch)
                .values(owner=None, lease_until=0)
            )


def guard(connection: Connection, lease: Lease, **values: Any) -> None:
    """Begin a lane's transaction: the epoch must be ours (`design.md`, A lease).

    Raises:
        LeaseLost: it is not; nothing is changed.
    """
    changed = connection.execute(
        update(lane)
        .where(lane.c.connection == lease.connection, lane.c.epoch == lease.epoch)
        .values({"epoch": lane.c.epoch, **values})
    )
    if not changed.rowcount:
        raise LeaseLost(f"the lane of connection {lease.connection} has another owner")


def asked(idle: float | None) -> dict[str, Any]:
    """Return when the lane's newest request began, which a new owner keeps its distance from."""
    return {} if idle is None else {"requested_at": now_ms() - int(idle * 1000)}


def set_status(store: Store, lease: Lease, status: LaneStatus) -> None:
    """Store the lane's state, and until when; a pause by hand, and a hold, stay."""
    with store.begin() as connection:
        guard(connection, lease)
        lane_state.put(connection, lease.connection, status, lane_state.not_stopped())
