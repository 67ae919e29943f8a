"""Asking that somebody is sent whole, whose every field nobody waits for: a request (R-112)."""

from collections.abc import Container, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from connectors.store.keyring import Keyring
from connectors.store.outbox import NewRow, write
from processors.ports.lane import Lease, PersonResult
from schemas.events import EventType
from schemas.person import HumaField, Json, PersonKey, PositionField
from schemas.requests import HEADERS, request
from schemas.topics import REQUESTS

EVERYTHING: Final = tuple(field.value for field in (*HumaField, *PositionField))


def ask(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    results: Sequence[PersonResult],
    there: Container[str],
    now: int,
) -> None:
    """Ask for every field of those of whom not all is known to be in Xledger.

    Args:
        connection: in the transaction that records it.
        keyring: the outbox asks for it; requests hold nothing that is sealed.
        lease: of the lane.
        results: what became of people.
        there: who was not deleted meanwhile.
        now: the store's time, in milliseconds.
    """
    data: dict[str, Json] = {"connection": lease.connection, "fields": list(EVERYTHING)}
    at = datetime.fromtimestamp(now / 1000, UTC)
    rows = []
    for result in results:
        if result.link is not None and result.link.compare and result.user in there:
            id_ = f"compare/{lease.connection}/{result.user}/{now}"
            key = PersonKey(lease.organization, result.user)
            asked = request(EventType.RESEND_REQUESTED, id_, at, key, data)
            rows.append(NewRow(REQUESTS.name, asked.key, asked.value, HEADERS))
    write(connection, keyring, rows, now)
