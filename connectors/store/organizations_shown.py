"""What the store holds of one organisation, in numbers (R-108's plan, and an operator's look)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, distinct, func, select
from sqlalchemy import Connection as Transaction

from connectors.store.connections import Connections, Shown
from connectors.store.engine import Store
from connectors.store.tables import connection, dirty, link, organization, outbox, pending, person
from schemas.connection import LinkState
from schemas.errors import NotFound


@dataclass(frozen=True, slots=True)
class ShownOrganization:
    """One organisation. Times are the store's, in milliseconds; None: there is none.

    Attributes:
        connections: with their lanes.
        people: how many are known, linked, locked, incomplete (R-111) and deleted.
        open_fields: that Xledger may not have yet, over all connections.
        waiting_events: whose end is not known yet.
        oldest_waiting: when the first of them was received.
        letters: sealed rows on their way to Kafka.
        huma_state: `ok`, or why Huma cannot be asked.
        huma_since: since when it is so.
        master_key: the id of the one that wraps its data key.
        key_made_at: when its data key was made.
    """

    id: str
    connections: Sequence[Shown]
    people: Mapping[str, int]
    open_fields: int
    waiting_events: int
    oldest_waiting: int | None
    letters: int
    huma_state: str
    huma_since: int | None
    master_key: str
    key_made_at: int


def shown(store: Store, connections: Connections, id_: str) -> ShownOrganization:
    """Return one organisation.

    Raises:
        NotFound: nothing is known of it.
    """
    lanes = [one for one in connections.shown() if one.connection.organization == id_]
    with store.read() as transaction:
        row: Any = transaction.execute(
            select(organization).where(organization.c.id == id_)
        ).one_or_none()
        if row is None or not id_:
            raise NotFound(f"no organisation {id_} is known here: is it Huma's id of it?")
        mine = select(connection.c.id).where(connection.c.organization == id_)
        waiting = pending.c.connection.in_(mine)
        oldest = transaction.execute(select(func.min(pending.c.received_at)).where(waiting))
        return ShownOrganization(
            id_,
            lanes,
            _people(transaction, id_),
            _count(transaction, dirty, dirty.c.connection.in_(mine) & dirty.c.open),
            _count(transaction, pending, waiting),
            oldest.scalar_one(),
            _count(transaction, outbox, outbox.c.sealed_for == id_),
            row.huma_state,
            row.huma_since or None,
            row.master_key,
            row.created_at,
        )


def _people(transaction: Transaction, whose: str) -> dict[str, int]:
    mine = person.c.organization == whose
    known = mine & person.c.deleted_at.is_(None)
    theirs = link.c.organization == whose
    linked = select(func.count(distinct(link.c.person))).where(theirs)
    return {
        "known": _count(transaction, person, known),
        "linked": transaction.execute(
            linked.where(link.c.state == LinkState.LINKED.value)
        ).scalar_one(),
        "locked": _count(transaction, person, known & person.c.active.is_(False)),
        "incomplete": transaction.execute(linked.where(link.c.incomplete)).scalar_one(),
        "deleted": _count(transaction, person, mine & person.c.deleted_at.is_not(None)),
    }


def _count(transaction: Transaction, table: Table, which: ColumnElement[bool]) -> int:
    query: Any = select(func.count()).select_from(table).where(which)
    return int(transaction.execute(query).scalar_one())
