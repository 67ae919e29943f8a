"""A lane's state: the one place where it is stored (R-94)."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, case, true, update

from connectors.store import notices
from connectors.store.clock import now_ms
from connectors.store.tables import lane
from processors.ports.lane import BY_HAND, LaneStatus
from schemas.connection import LaneState

ANY: Final = true()


def put(
    connection: Connection, one: str, status: LaneStatus, only: ColumnElement[bool] = ANY
) -> bool:
    """Store a lane's state, until when, and its notice; False where `only` does not hold.

    `since` is when it came into this state: a probe that fails again leaves it.
    """
    same = (lane.c.state == status.state.value) & lane.c.reason.is_not_distinct_from(status.reason)
    changed = connection.execute(
        update(lane)
        .where(lane.c.connection == one, only)
        .values(
            state=status.state.value,
            reason=status.reason,
            since=case((same, lane.c.since), else_=now_ms()),
            until=now_ms() + int(status.wait * 1000) if status.wait else 0,
        )
    )
    if changed.rowcount:
        notices.tell_lane(connection, one)
    return bool(changed.rowcount)


def not_held() -> ColumnElement[bool]:
    """Return the condition on a lane that the guard does not hold it (R-93)."""
    return lane.c.state != LaneState.HELD.value


def not_stopped() -> ColumnElement[bool]:
    """Return the condition on a lane that it may go on without a human (R-93, R-94)."""
    by_hand = (lane.c.state == LaneState.PAUSED.value) & lane.c.reason.is_not_distinct_from(BY_HAND)
    return ~by_hand & not_held()


def is_stopped(status: LaneStatus) -> bool:
    """Say whether only a human lets a lane go on."""
    by_hand = status.state is LaneState.PAUSED and status.reason == BY_HAND
    return by_hand or status.state is LaneState.HELD
