"""People whom the lane must ask Huma about before the first write (R-97)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, text, update

from connectors.store.clock import now_ms, read_now
from connectors.store.ending import end_events
from connectors.store.keyring import Keyring
from connectors.store.lanes import guard
from connectors.store.merging import fill
from connectors.store.notices import tell_huma
from connectors.store.tables import dirty, organization, pending
from processors.ports.huma import HumaPerson
from processors.ports.intake import Ended
from processors.ports.lane import Lease, Unread
from schemas.notice import HUMA_OK
from schemas.outcome import FieldEnd
from schemas.reasons import Code

ONE: Final = 1_000_000
UNREAD: Final = """
SELECT DISTINCT d.person, p.revision FROM dirty AS d
JOIN person AS p ON p.organization = d.organization AND p.person = d.person
JOIN link AS l ON l.connection = d.connection AND l.person = d.person
WHERE d.connection = :one AND d.open AND d.due <= :now AND NOT p.complete AND p.deleted_at IS NULL
  AND l.state IN ('wanted', 'creating', 'linked')
LIMIT :limit
"""


def unread(connection: Connection, lease: Lease, limit: int) -> Sequence[Unread]:
    """Return people with work who were never read whole; none while Huma is away."""
    away = connection.execute(
        select(organization.c.huma_probe_at > now_ms()).where(
            organization.c.id == lease.organization
        )
    ).scalar_one_or_none()
    if away:
        return []
    given = {"one": lease.connection, "now": read_now(connection), "limit": limit}
    rows = connection.execute(text(UNREAD), given)
    return [Unread(row[0], row[1]) for row in rows]


def merge_read(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    asked: Unread,
    read: HumaPerson,
    email: str | None,
) -> bool:
    """Merge what was read, see `merging.fill`; False when an event arrived meanwhile."""
    guard(connection, lease)
    changed = fill(connection, keyring, lease.organization, asked, read, email, first=True)
    return changed is not None


def read_later(connection: Connection, lease: Lease, users: Sequence[str], wait: float) -> None:
    """Let people who could not be read wait for so many seconds, or their next event."""
    guard(connection, lease)
    due = read_now(connection) + int(wait * 1000)
    mine = (dirty.c.connection == lease.connection) & dirty.c.person.in_(users)
    connection.execute(update(dirty).where(mine, dirty.c.open, dirty.c.due < due).values(due=due))


def unknown(connection: Connection, keyring: Keyring, lease: Lease, user: str) -> list[Ended]:
    """End everything pending of a person that Huma does not know (404)."""
    guard(connection, lease)
    connection.execute(
        update(dirty)
        .where(dirty.c.connection == lease.connection, dirty.c.person == user)
        .values(open=False)
    )
    which = (pending.c.connection == lease.connection) & (pending.c.person == user)
    return end_events(
        connection,
        keyring,
        which,
        FieldEnd.SKIPPED,
        Code.UNKNOWN_IN_HUMA,
        read_now(connection),
        ONE,
    )


def huma_state(connection: Connection, lease: Lease, state: str, wait: float) -> bool:
    """Store how Huma is, `ok` or a reason, and the next probe; True when that is news."""
    guard(connection, lease)
    mine = organization.c.id == lease.organization
    before = connection.execute(select(organization.c.huma_state).where(mine)).scalar_one()
    values: dict[str, Any] = {
        "huma_probe_at": 0 if state == HUMA_OK else now_ms() + int(wait * 1000)
    }
    if before != state:
        values |= {"huma_state": state, "huma_since": now_ms()}
    connection.execute(update(organization).where(mine).values(**values))
    if before != state:
        tell_huma(connection, lease.organization)
    return bool(before != state)
