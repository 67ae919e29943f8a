"""Taking work: one snapshot of the people whose turn it is (`design.md`, Taking work)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select, text

from connectors.encryption import Cipher
from connectors.store import bulk
from connectors.store.clock import read_now
from connectors.store.guard import StoredGuard, status_of
from connectors.store.keyring import Keyring
from connectors.store.lane_state import is_stopped
from connectors.store.lanes import asked, guard
from connectors.store.people import POSITION_FIELDS
from connectors.store.tables import dirty, link
from processors.ports.lane import (
    Dirty,
    Facts,
    Intent,
    Lease,
    Origin,
    Step,
    Subject,
    Work,
)
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.person import Json, PositionField, Projection
from schemas.reasons import ONCE, Code

NO_LINK: Final = (None, LinkState.UNLINKED.value, None, None, None, False, None, False)
"""What is read of the link of somebody who has none."""
FIELDS_OF_ONE: Final = 16
"""Dirty rows looked at for each person wanted: a person has fifteen fields."""
CREATED: Final = (LinkState.WANTED.value, LinkState.CREATING.value)
"""Whose creation sends everything, positions included (R-52)."""
WRITTEN: Final = "('wanted', 'creating', 'linked')"
FIRST: Final = f"""
SELECT d.person, d.origin, d.turn FROM dirty AS d
LEFT JOIN link AS l ON l.connection = d.connection AND l.person = d.person
LEFT JOIN person AS p ON p.organization = d.organization AND p.person = d.person
WHERE d.connection = :one AND d.open AND d.due <= :now AND d.turn <= :lingered
  AND l.flight_epoch IS NULL AND NOT (
    EXISTS (SELECT 1 FROM intent AS i WHERE i.connection = d.connection AND i.person = d.person)
    AND EXISTS (SELECT 1 FROM dirty AS u WHERE u.connection = d.connection
                AND u.person = d.person AND u.open AND u.unsure AND u.due > :now))
  AND (d.attempts > 0) = :suspects
  AND (p.complete OR p.deleted_at IS NOT NULL OR l.state IS NULL OR l.state NOT IN {WRITTEN})
ORDER BY d.origin, d.turn LIMIT :rows
"""  # noqa: S608 - words of ours
"""Whose creation may still be written wait as a whole: a younger field would look them up too soon
and add them twice (R-82)."""


def take(
    connection: Connection,
    keyring: Keyring,
    guarding: StoredGuard,
    lease: Lease,
    people: int,
    linger: float,
    idle: float | None,
    *,
    suspects: bool,
) -> Work:
    """Take the first people by origin and turn, and mark them in flight; none of a stopped lane.

    Before they are taken the guard looks at all who wait (R-93).

    Raises:
        LeaseLost: the lane has another owner.
    """
    guard(connection, lease, **asked(idle))
    now = read_now(connection)
    first: dict[str, int | None] = {}
    if not is_stopped(status_of(connection, lease.connection)):
        first = _first(connection, lease, people, now - int(linger * 1000), now, suspects=suspects)
    held = bool(first) and guarding.look(connection, lease, first.values(), now)
    users = [] if held else list(first)
    if users:
        _fly(connection, lease, users, now)
    found = subjects(connection, keyring, lease.connection, lease.organization, users, now)
    status = status_of(connection, lease.connection)
    return Work(found, status, None if users else _next_due(connection, lease, now))


def _first(
    connection: Connection, lease: Lease, people: int, lingered: int, now: int, *, suspects: bool
) -> dict[str, int | None]:
    """Return whose turn it is, each with the oldest turn that an event of Huma's has made."""
    rows = connection.execute(
        text(FIRST),
        {
            "one": lease.connection,
            "now": now,
            "lingered": lingered,
            "suspects": suspects,
            "rows": people * FIELDS_OF_ONE,
        },
    )
    users: dict[str, int | None] = {}
    for user, origin, turn in rows:
        if len(users) == people and user not in users:
            break
        users.setdefault(user, None if origin else turn)
    return users


def _fly(connection: Connection, lease: Lease, users: Sequence[str], now: int) -> None:
    """Mark people in flight; who had no link yet has one now."""
    bulk.insert(
        connection,
        link,
        (
            "connection", "person", "organization", "state", "incomplete", "flight_epoch",
            "flight_at",
        ),
        [
            (lease.connection, user, lease.organization, LinkState.UNLINKED.value, False,
             lease.epoch, now)
            for user in users
        ],
        "ON CONFLICT (connection, person) DO UPDATE SET flight_epoch = excluded.flight_epoch, "
        "flight_at = excluded.flight_at",
    )  # fmt: skip


def _next_due(connection: Connection, lease: Lease, now: int) -> float | None:
    due = connection.execute(
        select(func.min(dirty.c.due)).where(
            dirty.c.connection == lease.connection, dirty.c.open, dirty.c.due > now
        )
    ).scalar_one()
    return None if due is None else (due - now) / 1000


def subjects(
    connection: Connection,
    keyring: Keyring,
    one: str,
    organization: str,
    users: Sequence[str],
    now: int,
    *,
    whole: bool = False,
) -> tuple[Subject, ...]:
    """Return people of a connection with what is open and due by `now`, in a few statements.

    `whole`: also with positions that nothing of what is open needs.
    """
    if not users:
        return ()
    keys = [(one, organization, user) for user in users]
    columns = [("c", dirty.c.connection), ("o", dirty.c.organization), ("u", dirty.c.person)]

    def rows(sql: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for row in bulk.select(connection, columns, keys, sql):
            found[row[0]].append(row)
        return found

    cipher = keyring.cipher_of(connection, organization)
    open_ = rows(
        "SELECT d.person, d.field, d.turn, d.version, d.origin, d.attempts, d.unsure, d.open, "
        "d.due FROM {keys} AS k CROSS JOIN dirty AS d "
        "WHERE d.connection = k.c AND d.person = k.u"
    )
    links = rows(
        "SELECT l.person, l.state, l.contact, l.subledger, l.employee, l.incomplete, l.warned, "
        "l.triggered "
        "FROM {keys} AS k CROSS JOIN link AS l WHERE l.connection = k.c AND l.person = k.u"
    )
    values = rows(
        "SELECT f.person, f.field, f.version, f.value, f.event IS NOT NULL "
        "FROM {keys} AS k CROSS JOIN field AS f WHERE f.organization = k.o AND f.person = k.u"
    )
    positions = rows(
        "SELECT p.person, p.position, p.version, p.value, p.event IS NOT NULL FROM {keys} AS k "
        "CROSS JOIN position AS p WHERE p.organization = k.o AND p.person = k.u"
    )
    confirmed = rows(
        "SELECT f.person, f.target, f.value FROM {keys} AS k CROSS JOIN confirmed AS f "
        "WHERE f.connection = k.c AND f.person = k.u"
    )
    intents = rows(
        "SELECT i.person, i.step, i.keys, i.found FROM {keys} AS k CROSS JOIN intent AS i "
        "WHERE i.connection = k.c AND i.person = k.u"
    )
    # last: no value may be younger than the lock, the scope or the deletion judged here
    facts = rows(
        'SELECT p.person, p.type, p.active, p.active_version, p."groups", p.groups_version, '
        "p.deleted_at FROM {keys} AS k CROSS JOIN person AS p "
        "WHERE p.organization = k.o AND p.person = k.u"
    )
    return tuple(
        _subject(
            user, cipher, open_[user], facts[user], links[user][0] if links[user] else NO_LINK,
            values[user], positions[user], confirmed[user], intents[user], now, whole=whole,
        )
        for user in users
    )  # fmt: skip


def _subject(
    user: str,
    cipher: Cipher,
    open_: list[Any],
    facts: list[Any],
    link_: Any,
    values: list[Any],
    positions: list[Any],
    confirmed: list[Any],
    intents: list[Any],
    now: int,
    *,
    whole: bool,
) -> Subject:
    due = [row for row in open_ if row[7] and row[8] <= now]
    wanted = whole or bool(link_[5]) or link_[1] in CREATED
    wanted = wanted or any(row[1] in POSITION_FIELDS for row in due)
    return Subject(
        user=user,
        facts=_facts(facts[0] if facts else None),
        state=LinkState(link_[1]),
        contact=link_[2],
        subledger=link_[3],
        employee=link_[4],
        incomplete=bool(link_[5]),
        dirty=tuple(
            Dirty(
                row[1], row[2], row[3], Origin.REQUEST if row[4] else Origin.EVENT, row[5],
                bool(row[6]),
            )
            for row in due
        ),
        touched=frozenset(row[1] for row in open_),
        projection=Projection(
            {row[1]: opened(cipher, user, f"field.value/{row[1]}", row[3]) for row in values}
        ),
        versions={row[1]: row[2] for row in values if row[4]} | _position_version(positions),
        confirmed=_confirmed(cipher, user, confirmed),
        intent=_intent(cipher, user, intents[0]) if intents else None,
        warned=warned_of(link_[6]),
        triggered=bool(link_[7]),
        unsure=frozenset(row[1] for row in open_ if row[6] and not row[7]),
        positions={
            row[1]: position_of(cipher, user, row[3])
            for row in positions
            if row[3] is not None and wanted
        },
    )  # fmt: skip


def _position_version(positions: list[Any]) -> dict[str, int]:
    """Return the version of every position field: the greatest that an event told (R-71)."""
    told = [row[2] for row in positions if row[4]]
    return dict.fromkeys(PositionField, max(told)) if told else {}


def position_of(cipher: Cipher, user: str, sealed_: bytes) -> Projection:
    """Return one whole position."""
    whole = opened(cipher, user, "position.value", sealed_)
    assert isinstance(whole, dict)
    return Projection(whole)


def _facts(row: Any) -> Facts:
    if row is None:
        return Facts(None, None, -1, None, -1, deleted=False)
    return Facts(
        row[1],
        None if row[2] is None else bool(row[2]),
        row[3],
        None if row[4] is None else tuple(orjson.loads(row[4])),
        row[5],
        deleted=row[6] is not None,
    )


def _confirmed(cipher: Cipher, user: str, rows: list[Any]) -> Mapping[Target, str | None]:
    return {Target(row[1]): opened_target(cipher, user, row[1], row[2]) for row in rows}


def opened_target(cipher: Cipher, user: str, target: str, sealed_: bytes | None) -> str | None:
    """Return what is confirmed of one target."""
    known = opened(cipher, user, f"confirmed.value/{target}", sealed_)
    assert known is None or isinstance(known, str)
    return known


def warned_of(codes: str | None) -> frozenset[Code]:
    """Return which warnings that are given once were given."""
    given = () if codes is None else orjson.loads(codes)
    return frozenset(code for code in ONCE if code.value in given)


def _intent(cipher: Cipher, user: str, row: Any) -> Intent:
    keys = opened(cipher, user, "intent.keys", row[2])
    assert isinstance(keys, list)
    supplier, employee, email = (None if key is None else str(key) for key in keys)
    return Intent(Step(row[1]), supplier or "", employee, email, tuple(orjson.loads(row[3])))


def opened(cipher: Cipher, user: str, column: str, sealed: bytes | None) -> Json:
    """Return a sealed JSON value; null is null."""
    if sealed is None:
        return None
    value: Json = orjson.loads(cipher.open(user, column, bytes(sealed)))
    return value


def sealed(cipher: Cipher, user: str, column: str, value: Json) -> bytes | None:
    """Return a JSON value sealed; null is null."""
    return None if value is None else cipher.seal(user, column, orjson.dumps(value))
