"""Notices, written in the transaction of the change that they tell of (R-94, R-97).

A row holds ids only; the address is read when it is sent.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, and_, case, null, or_, select, update

from connectors.store.clock import now_ms
from connectors.store.engine import Store
from connectors.store.tables import connection as connections
from connectors.store.tables import lane, organization, outbox
from schemas.connection import LaneState
from schemas.notice import AT_ONCE, HUMA_AT_ONCE, HUMA_OK, Notice, NoticeAbout, as_told

NOW_LANE: Final = case(
    (lane.c.state == LaneState.RUNNING.value, null()),
    (lane.c.reason.is_(None), lane.c.state),
    else_=lane.c.state + ": " + lane.c.reason,
)
"""As `schemas.notice.as_told` writes it."""
NOW_HUMA: Final = case(
    (organization.c.huma_state == HUMA_OK, null()), else_=organization.c.huma_state
)
STATES: Final = [state.value for state in AT_ONCE]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a state must last before it is told.

    `after`: broken, running again, Huma away and back; `waiting`: a limit or credits.
    """

    after: float
    waiting: float


def tell_lane(connection: Connection, one: str) -> None:
    """Write the notice of a lane's state, if it is one that a human wants to know of at once."""
    _tell_lanes(connection, (lane.c.connection == one) & lane.c.state.in_(STATES))


def tell_huma(connection: Connection, one: str) -> None:
    """Write the notices of Huma's state, where Huma refuses an organisation's client."""
    _tell_huma(connection, (organization.c.id == one) & (NOW_HUMA == HUMA_AT_ONCE))


def tell_what_lasts(store: Store, patience: Patience) -> int:
    """Write a notice of each state that lasts; each in a transaction of its own.

    Whoever takes two lanes at once in another order would meet one that takes all of them.
    """
    with store.read() as connection:
        lanes = connection.execute(
            select(lane.c.connection).where(
                _lasting(patience), lane.c.told.is_distinct_from(NOW_LANE)
            )
        ).all()
        humas = connection.execute(
            select(organization.c.id).where(
                _as_long(organization.c.huma_since, patience.after),
                organization.c.told.is_distinct_from(NOW_HUMA),
            )
        ).all()
    told = 0
    for (one,) in lanes:
        with store.begin() as connection:
            told += _tell_lanes(connection, (lane.c.connection == one) & _lasting(patience))
    for (one,) in humas:
        with store.begin() as connection:
            told += _tell_huma(connection, organization.c.id == one)
    return told


def _lasting(patience: Patience) -> ColumnElement[bool]:
    waits = lane.c.state == LaneState.WAITING.value
    return or_(
        lane.c.state.in_(STATES),
        and_(waits, _as_long(lane.c.since, patience.waiting)),
        and_(~waits, _as_long(lane.c.since, patience.after)),
    )


def _as_long(since: ColumnElement[int], seconds: float) -> ColumnElement[bool]:
    return since <= now_ms() - int(seconds * 1000)


def _tell_lanes(connection: Connection, which: ColumnElement[bool]) -> int:
    """Tell of the lanes, and remember it; what changes meanwhile waits for the row."""
    query = (
        select(lane, connections.c.organization)
        .join(connections, connections.c.id == lane.c.connection)
        .where(which, lane.c.told.is_distinct_from(NOW_LANE))
        .with_for_update(of=lane)
    )
    rows = connection.execute(query).all()
    for row in rows:
        now = as_told(row.state, row.reason)
        mine = lane.c.connection == row.connection
        connection.execute(update(lane).where(mine).values(told=now))
        notice = Notice(
            NoticeAbout.LANE, row.connection, row.state, row.reason, row.since, row.told
        )
        _write(connection, row.organization, notice)
    return len(rows)


def _tell_huma(connection: Connection, which: ColumnElement[bool]) -> int:
    """Tell each connection of the organisations, and remember it."""
    query = (
        select(organization)
        .where(which, organization.c.told.is_distinct_from(NOW_HUMA))
        .with_for_update()
    )
    told = 0
    for row in connection.execute(query).all():
        now = None if row.huma_state == HUMA_OK else row.huma_state
        connection.execute(update(organization).where(organization.c.id == row.id).values(told=now))
        theirs = select(connections.c.id).where(connections.c.organization == row.id)
        for (one,) in connection.execute(theirs.order_by(connections.c.created_at)).all():
            notice = Notice(NoticeAbout.HUMA, one, row.huma_state, None, row.huma_since, row.told)
            _write(connection, row.id, notice)
            told += 1
    return told


def _write(connection: Connection, whose: str, notice: Notice) -> None:
    """Leave the mail: `whose` names an organisation and nobody of it (R-108)."""
    values: dict[str, Any] = {
        "topic": "",
        "value": orjson.dumps(notice),
        "whose": f"{whose}:",
        "written_at": now_ms(),
    }
    connection.execute(outbox.insert().values(**values))
