"""What is waiting, for the gauges: the oldest of each kind, and connections by state (R-105)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from connectors.store.engine import Store
from connectors.store.tables import lane, outbox, pending


@dataclass(frozen=True, slots=True)
class Report:
    """Times are seconds since 1970, 0 when nothing waits."""

    oldest_pending: float
    oldest_outbox: float
    outbox_rows: int
    connections: Mapping[str, int]


def report(store: Store) -> Report:
    """Look at the store once; each question is answered by an index."""
    with store.read() as connection:
        oldest = connection.execute(select(func.min(pending.c.received_at))).scalar_one()
        first = connection.execute(
            select(outbox.c.written_at).order_by(outbox.c.id).limit(1)
        ).scalar_one_or_none()
        rows = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
        states = connection.execute(select(lane.c.state, func.count()).group_by(lane.c.state))
        return Report(
            (oldest or 0) / 1000, (first or 0) / 1000, rows, {row[0]: row[1] for row in states}
        )
