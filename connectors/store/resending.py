"""Asking that somebody is sent again: rows of the outbox, which relays publish (`design.md`)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from connectors.store import audit
from connectors.store.clock import read_now
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.organizations import hold
from connectors.store.outbox import NewRow, write
from connectors.store.tables import outbox
from schemas.errors import Limited
from schemas.events import EventType
from schemas.outcome import outcome_id
from schemas.person import Json, PersonKey
from schemas.personal import Personal
from schemas.reading import OUR_SOURCE
from schemas.requests import HEADERS, request
from schemas.topics import REQUESTS

SOON = 30.0
"""Seconds after which it is worth trying again."""


def ask(
    store: Store,
    keyring: Keyring,
    key: PersonKey,
    connections: Sequence[str],
    fields: Sequence[str],
    actor: str,
    reason: Personal[str],
    *,
    rows: int,
    new_id: Callable[[], str],
) -> dict[str, str]:
    """Write a request for each connection, and who asked for it.

    Args:
        store: the store.
        keyring: seals the reason.
        key: who is to be sent again.
        connections: in which ones.
        fields: names of fields; none: everything that differs.
        actor: who gave the command.
        reason: why, for the audit.
        rows: of the outbox, at which requests wait.
        new_id: gives each event an id that no other has.

    Returns:
        The id of the outcome to look for, by connection.

    Raises:
        Limited: the outbox is too full for requests.
        NotFound: the organisation was erased meanwhile.
    """
    outcomes: dict[str, str] = {}
    with store.begin() as transaction:
        hold(transaction, key.organization)
        query: Any = select(func.count()).select_from(outbox)
        if transaction.execute(query).scalar_one() >= rows:
            raise Limited(
                f"the outbox holds {rows:,} rows or more, a quarter of OUTBOX__LIMIT: is Kafka "
                "reachable? requests wait until it has taken them",
                "outbox",
                SOON,
            )
        now = read_now(transaction)
        at = datetime.fromtimestamp(now / 1000, UTC)
        why = audit.sealed(transaction, keyring, key.organization, reason, key.user)
        for one in connections:
            id_ = new_id()
            outcomes[one] = outcome_id(one, OUR_SOURCE, id_, 0)
            data: dict[str, Json] = {"connection": one, "fields": list(fields)}
            asked = request(EventType.RESEND_REQUESTED, id_, at, key, data)
            row = NewRow(REQUESTS.name, asked.key, asked.value, HEADERS)
            write(transaction, keyring, [row], now)
            audit.add(
                transaction, key.organization, one, actor, "resend.requested", person=key.user,
                event=outcomes[one], fields=fields, rule="R-112", reason=why,
            )  # fmt: skip
    return outcomes
