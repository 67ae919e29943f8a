"""What was read of a person from Huma's API fills what no event has told (R-97)."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, Connection, Table, update

from connectors.store.keyring import Keyring
from connectors.store.people import EMAIL, keep_digests, rehired
from connectors.store.tables import field, link, person, position
from connectors.store.upsert import insert
from connectors.store.work import sealed
from processors.ports.huma import HumaPerson
from processors.ports.intake import Value
from processors.ports.lane import Unread
from schemas.connection import LinkState
from schemas.person import PersonKey


@dataclass(frozen=True, slots=True)
class Changed:
    """What a read changes: names of fields, ids of positions, parts of the person's state."""

    fields: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()
    state: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether it changes anything."""
        return bool(self.fields or self.positions or self.state)


def fill(
    connection: Connection,
    keyring: Keyring,
    organization: str,
    asked: Unread,
    read: HumaPerson,
    email: str | None,
    *,
    first: bool,
) -> Changed | None:
    """Fill what has no version with what was read; None when an event arrived meanwhile.

    Of somebody deleted meanwhile nothing is kept (R-78). A read makes nothing dirty (R-112).

    Args:
        connection: the caller's transaction.
        keyring: seals.
        organization: whose the person is.
        asked: who, and the highest revision that was known when the read began.
        read: what Huma said.
        email: the normal form of the one that was read, by which a rehire is known (R-78).
        first: of this person. Then it deletes no position, and changes no state that a listing
            showed: whatever is stored was told by events, and the answer may be ahead of those that
            are still to come. To take their deletions from it, but not their other changes, would
            make positions that Huma never had; a lock, or a joining, begins with its event (R-71,
            R-101). Of any other read a stored position that the API no longer has is deleted.
    """
    key = PersonKey(organization, asked.user)
    if not hold(connection, key, asked.revision):
        return None
    version = max(0, asked.revision)
    cipher = keyring.cipher_of(connection, organization)

    def filled(table: Table, name: str, value: bytes | None) -> bool:
        mine = {"organization": key.organization, "person": key.user, table.name: name}
        statement = insert(connection, table).values(**mine, version=version, value=value)
        statement = statement.on_conflict_do_nothing().returning(table.c.version)
        return connection.execute(statement).first() is not None

    fields = [
        name
        for name, value in read.fields.items()
        if filled(field, name, sealed(cipher, key.user, f"field.value/{name}", value))
    ]
    if EMAIL in fields:
        know_email(connection, keyring, key, email)
    positions = [
        id_
        for id_, whole in read.positions.items()
        if filled(position, id_, sealed(cipher, key.user, "position.value", dict(whole)))
    ]
    if not first:
        gone = (
            of(position, key)
            & position.c.position.not_in(list(read.positions))
            & (position.c.version <= version)
            & position.c.value.is_not(None)
        )
        deleted = update(position).where(gone).values(value=None, version=version)
        positions += connection.execute(deleted.returning(position.c.position)).scalars()
    state = []
    for name, known in state_of(read).items():
        mine = of(person, key) & (person.c[f"{name}_version"] < 0)
        if first:
            mine &= person.c[name].is_(None) | (person.c[name] == known)
        told = {name: known, f"{name}_version": version}
        if connection.execute(update(person).where(mine).values(**told)).rowcount:
            state.append(name)
    return Changed(tuple(fields), tuple(sorted(positions)), tuple(state))


def hold(connection: Connection, key: PersonKey, revision: int) -> bool:
    """Hold the person's row, complete from now on; False when it is not as the read began."""
    mine = of(person, key) & (person.c.revision == revision) & person.c.deleted_at.is_(None)
    return bool(connection.execute(update(person).where(mine).values(complete=True)).rowcount)


def know_email(connection: Connection, keyring: Keyring, key: PersonKey, email: str | None) -> None:
    """Keep the digest of an email that was read; nobody is created who may be a rehire (R-78)."""
    keep_digests(connection, keyring, [Value(key, EMAIL, 0, b"", None, digest_of=email)])
    if rehired(connection, [key]):
        mine = of(link, key) & (link.c.state == LinkState.WANTED.value)
        connection.execute(update(link).where(mine).values(state=LinkState.AMBIGUOUS.value))


def state_of(read: HumaPerson) -> Mapping[str, object]:
    """Return what was read of type, account and groups, as the store has it; none is absent."""
    groups = None if read.groups is None else orjson.dumps(read.groups).decode()
    known = {"type": read.type, "active": read.active, "groups": groups}
    return {name: value for name, value in known.items() if value is not None}


def of(table: Table, key: PersonKey) -> ColumnElement[bool]:
    """Return the condition on a person's rows."""
    return (table.c.organization == key.organization) & (table.c.person == key.user)
