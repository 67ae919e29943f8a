"""What is waiting, for the gauges: the oldest of each kind, and connections by state (R-105)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from connectors.store.engine import Store
from connectors.store.tables import MAIL, lane, organization, outbox, pending
from connectors.store.tables import connection as connections
from processors.ports.lane import BY_HAND
from schemas.connection import LaneState
from schemas.labels import Api

HUMA_REFUSES = "credential"
"""An organisation's `huma_state` while its client is refused."""


@dataclass(frozen=True, slots=True)
class Report:
    """Times are seconds since 1970, 0 when nothing waits.

    Attributes:
        oldest_pending: when the oldest event without an outcome came, of active connections: what
            waits for a preview waits by design (R-07).
        oldest_outbox: when the oldest row of the outbox that is for Kafka was written.
        oldest_mail: when the oldest mail in it was written; a mail server is not Kafka.
        outbox_rows: rows that are not published.
        connections: how many there are in each state of their lane.
        since: since when the lane longest in each state has been in it.
        refused: since when the credential refused longest has been, by `Api`.
    """

    oldest_pending: float
    oldest_outbox: float
    oldest_mail: float
    outbox_rows: int
    connections: Mapping[str, int]
    since: Mapping[str, float]
    refused: Mapping[str, float]


def report(store: Store) -> Report:
    """Look at the store once; each question is answered by an index, or asked of a small table."""
    with store.read() as connection:
        oldest = connection.execute(
            select(pending.c.received_at)
            .join(connections, connections.c.id == pending.c.connection)
            .where(connections.c.activated_at.is_not(None))
            .order_by(pending.c.received_at)
            .limit(1)
        ).scalar_one_or_none()
        first, mail = (
            connection.execute(
                select(outbox.c.written_at).where(which).order_by(outbox.c.id).limit(1)
            ).scalar_one_or_none()
            for which in (outbox.c.topic != "", MAIL)
        )
        rows = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
        states = connection.execute(
            select(lane.c.state, func.count(), func.min(lane.c.since)).group_by(lane.c.state)
        ).all()
        return Report(
            (oldest or 0) / 1000,
            (first or 0) / 1000,
            (mail or 0) / 1000,
            rows,
            {state: count for state, count, _ in states},
            {state: since / 1000 for state, _, since in states},
            _refused(connection),
        )


def _refused(connection: Connection) -> dict[str, float]:
    """Return since when a credential is refused: a token's lane pauses, a client's does not."""
    tokens = select(func.min(lane.c.since)).where(
        lane.c.state == LaneState.PAUSED.value, lane.c.reason.is_distinct_from(BY_HAND)
    )
    clients = select(func.min(organization.c.huma_since)).where(
        organization.c.huma_state == HUMA_REFUSES
    )
    return {
        api.value: (connection.execute(query).scalar_one() or 0) / 1000
        for api, query in ((Api.XLEDGER, tokens), (Api.HUMA, clients))
    }
