"""Erasing a person, or an organisation, by command (R-108). The audit stays: it holds ids only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, delete, func, select, update
from sqlalchemy import Connection as Transaction

from connectors.store import audit, desk_erasure
from connectors.store.clock import read_now
from connectors.store.connections import raise_generation
from connectors.store.deletion import delete_people, of_connections
from connectors.store.engine import Store
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.organizations import hold
from connectors.store.tables import (
    confirmed,
    connection,
    field,
    generation,
    intent,
    link,
    metadata,
    organization,
    outbox,
    pending,
    person,
    position,
    refusal,
)
from processors.ports.intake import Ended
from schemas.errors import NotFound, StopProcess
from schemas.person import PersonKey
from schemas.personal import Personal

STAYS: Final = frozenset({"audit"})
"""Of an erased organisation: who did what, in ids (R-104)."""
SEALED: Final = outbox.c.sealed_for.is_not(None)


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored of one person.

    Attributes:
        deleted: whether only the tombstone is left.
        counts: rows by what they are.
        links: the state of each link, by connection.
    """

    deleted: bool
    counts: Mapping[str, int]
    links: Mapping[str, str]


def held(store: Store, key: PersonKey) -> Held:
    """Return what erasing a person would erase."""
    mine = {
        "fields": (field, _of(field, key)),
        "positions": (position, _of(position, key)),
        "waiting events": (pending, of_connections(pending, key)),
        "confirmed fields": (confirmed, of_connections(confirmed, key)),
        "begun creations": (intent, of_connections(intent, key)),
        "refusals": (refusal, of_connections(refusal, key)),
        "letters on their way": (outbox, _letters(key)),
        **desk_erasure.held(key),
    }
    with store.read() as transaction:
        deleted = transaction.execute(
            select(person.c.deleted_at).where(_of(person, key))
        ).scalar_one_or_none()
        links = transaction.execute(
            select(link.c.connection, link.c.state).where(_of(link, key)).order_by("connection")
        )
        return Held(
            deleted is not None,
            {name: _count(transaction, *which) for name, which in mine.items()},
            {row.connection: row.state for row in links},
        )


def erase_person(
    store: Store, keyring: Keyring, key: PersonKey, actor: str, reason: Personal[str]
) -> list[Ended]:
    """Erase what is stored of a person, in one transaction.

    The tombstone that stays recognises nobody: id and time only, so that later events of the id end
    as "skipped: deleted". What Kafka has, and what is in flight to Xledger, is there already.

    Args:
        store: the store.
        keyring: seals what leaves, and the reason.
        key: whom.
        actor: who gave the command.
        reason: why, for the audit.

    Returns:
        The events that ended by it.

    Raises:
        NotFound: the organisation was erased meanwhile.
    """
    with store.begin() as transaction:
        desk_erasure.wait_for_watch(transaction)
        hold(transaction, key.organization)
        ended = delete_people(transaction, keyring, [key], recognised=False)
        transaction.execute(delete(outbox).where(_letters(key)))
        desk_erasure.erase(transaction, key, read_now(transaction))
        why = audit.sealed(transaction, keyring, key.organization, reason, key.user)
        audit.add(
            transaction, key.organization, None, actor, "person.erased", person=key.user,
            rule="R-108", reason=why,
        )  # fmt: skip
    return ended


def erase_organization(
    store: Store, keyring: Keyring, whose: str, actor: str, reason: Personal[str]
) -> None:
    """Erase what is left of an organisation without connections, and destroy its data key.

    Whoever kept the key looks at the store before using it, and sees that it is gone; an
    organisation that connects again gets another one. The reason is sealed by nobody's key.

    Raises:
        NotFound: nothing is known of it.
        StopProcess: it has a connection.
    """
    with store.begin() as transaction:
        desk_erasure.wait_for_watch(transaction)
        raise_generation(transaction)  # from here on nobody connects it
        transaction.execute(update(generation).values(keys=str(uuid4())))
        if _count(transaction, connection, connection.c.organization == whose):
            raise StopProcess(f"organisation {whose} was connected meanwhile: repeat the command")
        for table in metadata.sorted_tables:
            if "organization" in table.columns and table.name not in STAYS:
                transaction.execute(delete(table).where(table.c.organization == whose))
        theirs = outbox.c.whose.startswith(f"{whose}:", autoescape=True)
        transaction.execute(delete(outbox).where((outbox.c.sealed_for == whose) | theirs))
        gone = transaction.execute(delete(organization).where(organization.c.id == whose))
        if not gone.rowcount:
            raise NotFound(f"no organisation {whose} is known here: is it Huma's id of it?")
        why = audit.sealed(transaction, keyring, NOBODY, reason)
        audit.add(transaction, whose, None, actor, "organization.erased", rule="R-108", reason=why)


def _of(table: Table, key: PersonKey) -> ColumnElement[bool]:
    return (table.c.organization == key.organization) & (table.c.person == key.user)


def _letters(key: PersonKey) -> ColumnElement[bool]:
    """Return the condition on what may hold values of a person on their way to Kafka."""
    return SEALED & (outbox.c.whose == ":".join(key))


def _count(transaction: Transaction, table: Table, which: ColumnElement[bool]) -> int:
    query: Any = select(func.count()).select_from(table).where(which)
    return int(transaction.execute(query).scalar_one())
