"""The guard's counts, in the transaction in which a lane takes work (R-93).

Counted are people whom a Huma event changed after the last release: those to whom something was
sent within the hour, and those who wait. Together, so that nothing of a mass change leaves.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select, text, update

from connectors.store import audit, bulk, lane_state
from connectors.store.clock import read_now
from connectors.store.tables import connection as connections
from connectors.store.tables import dirty, guarded, lane, link
from processors.ports.guard import GuardRule
from processors.ports.lane import LaneStatus, Lease, PersonResult, Result
from schemas.connection import LaneState, LinkState
from schemas.guard import SENSITIVE_FIELDS, Crowd, GuardLimits, HoldReason

FIELDS_OF_ONE: Final = 16
"""A person has fifteen fields: of more rows than so many times the limit the limit is passed."""
SHARE: Final = 20
"""Counting takes at most one part in so many of a lane's time: see `StoredGuard.look`."""
LATE_MS: Final = 10_000
"""What became dirty so short before a count may have been stored after it."""
WAITING: Final = f"""
SELECT count(*), count(DISTINCT CASE WHEN t.fresh THEN t.person END),
  count(DISTINCT CASE WHEN t.sensitive THEN t.person END)
FROM (
  SELECT d.person, (g.taken_at IS NULL OR g.taken_at <= :since) AS fresh,
    (d.field IN ({", ".join(f"'{name}'" for name in SENSITIVE_FIELDS)})
      AND (g.sensitive_at IS NULL OR g.sensitive_at <= :since)
      AND EXISTS (SELECT 1 FROM link AS l WHERE l.connection = d.connection
        AND l.person = d.person AND l.state = 'linked')
      AND EXISTS (SELECT 1 FROM field AS f WHERE f.organization = d.organization
        AND f.person = d.person AND f.field = d.field AND f.version >= d.version)) AS sensitive
  FROM dirty AS d
  LEFT JOIN guarded AS g ON g.connection = d.connection AND g.person = d.person
  WHERE d.connection = :one AND d.open AND d.origin = 0 AND d.turn > :released
  ORDER BY d.turn LIMIT :rows
) AS t
"""  # noqa: S608 - words of ours
"""Of a field that a reactivation dirtied the value is older than what dirtied it, and may be the
confirmed one: it is not sensitive before it is mapped."""
TAKEN: Final = """
SELECT count(*), count(CASE WHEN sensitive_at > :since THEN 1 END) FROM guarded
WHERE connection = :one AND taken_at > :since
"""
NOTE: Final = """
INSERT INTO guarded (connection, person, taken_at)
SELECT k.c, k.p, max(k.n) FROM {keys} AS k CROSS JOIN dirty AS d
WHERE d.connection = k.c AND d.person = k.p AND d.field = k.f AND d.turn >= k.t
  AND d.origin = 0 AND d.turn > k.r
GROUP BY k.c, k.p
ON CONFLICT (connection, person) DO UPDATE SET taken_at = excluded.taken_at
"""


@dataclass(frozen=True, slots=True)
class Guarding:
    """What the guard knows of one connection: its limits, and from when on it counts."""

    limits: GuardLimits
    released: int
    since: int


@dataclass(slots=True)
class _Passed:
    """Until when the lane may go on without a count, on the process's clock.

    Who waited at the turn `known` was counted; of others `people` more may be taken.
    """

    until: float
    known: int
    people: int


class StoredGuard:
    """The guard of the lanes of one process.

    Args:
        rule: see there.
        clock: monotonic seconds.
    """

    def __init__(self, rule: GuardRule, clock: Callable[[], float] = time.monotonic) -> None:
        self._rule = rule
        self._clock = clock
        self._passed: dict[str, _Passed] = {}

    def look(
        self, connection: Connection, lease: Lease, turns: Iterable[int | None], now: int
    ) -> bool:
        """Say whether the lane is held now; called before people are taken.

        A count is not repeated at once: where it is of very many it would take longer than sending
        them. Meanwhile no more people are taken besides those who were counted than were still
        allowed.

        Args:
            connection: in the transaction that takes them.
            lease: of the lane.
            turns: of each person about to be taken, the oldest that an event made; None: none.
            now: the store's time, in milliseconds.
        """
        one = lease.connection
        passed = self._passed.get(one)
        if passed is not None and self._clock() < passed.until:
            new = sum(1 for turn in turns if turn is not None and turn > passed.known)
            passed.people -= new
            if passed.people >= 0:
                return False
        began = self._clock()
        given = guarding(connection, self._rule, one, now)
        crowd = counted(connection, one, given, self._rule.allowed(given.limits, 0))
        allowed = self._rule.allowed(given.limits, 0)
        if self._rule.judge(crowd, allowed) is not None:
            allowed = self._rule.allowed(given.limits, linked(connection, one))
            crowd = counted(connection, one, given, allowed)
        reason = self._rule.judge(crowd, allowed)
        if reason is not None:
            self._passed.pop(one, None)
            hold(connection, lease, reason)
            return True
        ended = self._clock()
        left = min(allowed.people - crowd.people, allowed.sensitive - crowd.sensitive)
        self._passed[one] = _Passed(ended + SHARE * (ended - began), now - LATE_MS, left)
        return False

    def admit(self, connection: Connection, lease: Lease, people: Mapping[str, int]) -> LaneStatus:
        """See `processors.ports.lane.LaneStore.admit`; in a transaction of the lane."""
        now = read_now(connection)
        one = lease.connection
        status = status_of(connection, one)
        if lane_state.is_stopped(status):
            return status
        given = guarding(connection, self._rule, one, now)
        counting = [user for user, turn in people.items() if turn > given.released]
        known = bulk.select(
            connection,
            [("c", guarded.c.connection), ("p", guarded.c.person)],
            [(one, user) for user in counting],
            "SELECT g.person, g.sensitive_at FROM {keys} AS k CROSS JOIN guarded AS g "
            "WHERE g.connection = k.c AND g.person = k.p",
        )
        again = {user for user, at in known if at is not None and at > given.since}
        taken = _taken(connection, one, given.since).sensitive
        crowd = Crowd(0, taken + len(set(counting) - again))
        reason = self._rule.judge(crowd, self._rule.allowed(given.limits, 0))
        if reason is not None:
            allowed = self._rule.allowed(given.limits, linked(connection, one))
            reason = self._rule.judge(crowd, allowed)
        if reason is not None:
            hold(connection, lease, reason)
            return LaneStatus(LaneState.HELD, reason)
        bulk.insert(
            connection,
            guarded,
            ("connection", "person", "taken_at", "sensitive_at"),
            [(one, user, now, now) for user in sorted(counting)],
            "ON CONFLICT (connection, person) DO UPDATE SET taken_at = excluded.taken_at, "
            "sensitive_at = excluded.sensitive_at",
        )
        return status


def guarding(connection: Connection, rule: GuardRule, one: str, now: int) -> Guarding:
    """Return what the guard of a connection goes by, at the store's time `now`."""
    row: Any = connection.execute(
        select(
            connections.c.guard_people, connections.c.guard_percent,
            connections.c.guard_sensitive_people, connections.c.guard_sensitive_percent,
            lane.c.released_at,
        )
        .join(lane, lane.c.connection == connections.c.id)
        .where(connections.c.id == one)
    ).one()  # fmt: skip
    since = max(now - int(rule.window * 1000), row.released_at)
    return Guarding(limits_of(row, rule.defaults), row.released_at, since)


def limits_of(row: Any, defaults: GuardLimits) -> GuardLimits:
    """Return a connection's limits; where it has none of its own, the settings'."""
    given = (
        (row.guard_people, defaults.people),
        (row.guard_percent, defaults.percent),
        (row.guard_sensitive_people, defaults.sensitive_people),
        (row.guard_sensitive_percent, defaults.sensitive_percent),
    )
    return GuardLimits(*(default if own is None else own for own, default in given))


def counted(connection: Connection, one: str, given: Guarding, allowed: Crowd) -> Crowd:
    """Return how many people were changed and how many wait, each once.

    What is more than allowed is not counted to its end: the number is then only more than that.
    """
    taken = _taken(connection, one, given.since)
    most = (allowed.people + 1) * FIELDS_OF_ONE
    rows, fresh, sensitive = connection.execute(
        text(WAITING),
        {"one": one, "since": given.since, "released": given.released, "rows": most},
    ).one()
    people = taken.people + (max(fresh, allowed.people + 1) if rows == most else fresh)
    return Crowd(people, taken.sensitive + sensitive)


def linked(connection: Connection, one: str) -> int:
    """Return how many people a connection has linked."""
    query = select(func.count()).where(
        link.c.connection == one, link.c.state == LinkState.LINKED.value
    )
    return int(connection.execute(query).scalar_one())


def _taken(connection: Connection, one: str, since: int) -> Crowd:
    row = connection.execute(text(TAKEN), {"one": one, "since": since}).one()
    return Crowd(*row)


def status_of(connection: Connection, one: str) -> LaneStatus:
    """Return a lane's state; whether its time has come is not asked."""
    query = select(lane.c.state, lane.c.reason).where(lane.c.connection == one)
    state, reason = connection.execute(query).one()
    return LaneStatus(LaneState(state), reason)


def hold(connection: Connection, lease: Lease, reason: HoldReason) -> None:
    """Hold a whole lane, until a human decides."""
    one = lease.connection
    # somebody decided about an earlier one: this is another question, and is told as well
    again = lane.c.told.startswith(LaneState.HELD.value) & lane_state.not_stopped()
    connection.execute(update(lane).where(lane.c.connection == one, again).values(told=None))
    if lane_state.put(
        connection, one, LaneStatus(LaneState.HELD, reason), lane_state.not_stopped()
    ):
        audit.add(
            connection, lease.organization, one, None, "connection.held", object_=f"guard:{reason}",
            rule="R-93",
        )  # fmt: skip


def note(connection: Connection, lease: Lease, results: Sequence[PersonResult], now: int) -> None:
    """Count whose fields an event changed in Xledger; again and again the same person once."""
    applied = [
        (lease.connection, result.user, end.field, end.turn)
        for result in results
        for end in result.ends
        if end.result is Result.APPLIED
    ]
    if not applied:
        return
    query = select(lane.c.released_at).where(lane.c.connection == lease.connection)
    released = connection.execute(query).scalar_one()
    bulk.select(
        connection,
        [
            ("c", dirty.c.connection), ("p", dirty.c.person), ("f", dirty.c.field),
            ("t", dirty.c.turn), ("n", guarded.c.taken_at), ("r", lane.c.released_at),
        ],
        [(*one, now, released) for one in applied],
        NOTE,
    )  # fmt: skip
