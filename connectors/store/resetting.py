"""The way out of a wrong revision: Huma's answer replaces everything, at version 0 (R-97)."""

from collections.abc import Mapping
from typing import Final

import orjson
from sqlalchemy import Connection, Table, select, update

from connectors.encryption import Cipher
from connectors.store.deletion import of_connections
from connectors.store.keyring import Keyring
from connectors.store.merging import Changed, hold, know_email, of, state_of
from connectors.store.people import EMAIL
from connectors.store.tables import dirty, field, pending_field, person, position
from connectors.store.upsert import insert
from connectors.store.work import opened, sealed
from processors.ports.huma import HumaPerson
from processors.ports.lane import Unread
from schemas.person import Json, PersonKey

FIRST: Final = 0
"""Whatever revision Huma mints next is greater."""
PRIMARY: Final = "primary"
"""What the API does not carry of a position."""
Values = Mapping[str, Json]


def difference(
    connection: Connection, keyring: Keyring, key: PersonKey, read: HumaPerson
) -> Changed:
    """Return what differs between what is stored of a person and what was read."""
    cipher = keyring.cipher_of(connection, key.organization)
    fields = _stored(connection, cipher, field, key)
    positions = _stored(connection, cipher, position, key)
    columns = (person.c.type, person.c.active, person.c.groups)
    row = connection.execute(select(*columns).where(of(person, key))).mappings().first()
    before = {} if row is None else dict(row)
    return Changed(
        tuple(name for name, value in read.fields.items() if _differs(fields.get(name), value)),
        tuple(
            id_
            for id_, whole in sorted(
                {**dict.fromkeys(positions), **_whole(positions, read)}.items()
            )
            if _differs(positions.get(id_), whole)
        ),
        tuple(
            name for name, now in state_of(read).items() if _order(before.get(name)) != _order(now)
        ),
    )


def replace(
    connection: Connection,
    keyring: Keyring,
    key: PersonKey,
    asked: Unread,
    read: HumaPerson,
    email: str | None,
) -> Changed | None:
    """Replace all values and versions with what was read; None when an event arrived meanwhile.

    What waits has version 0 from now on, too, so that the next event is newer, whatever its
    revision. Nothing becomes dirty by it (R-112). A stored `primary` stays. See `merging.fill`.
    """
    if not hold(connection, key, asked.revision):
        return None
    changed = difference(connection, keyring, key, read)
    cipher = keyring.cipher_of(connection, key.organization)
    positions = _whole(_stored(connection, cipher, position, key), read)
    _put(connection, cipher, field, key, read.fields)
    connection.execute(update(position).where(of(position, key)).values(value=None))
    _put(connection, cipher, position, key, positions)
    connection.execute(
        update(person)
        .where(of(person, key))
        .values(
            revision=FIRST, type_version=FIRST, active_version=FIRST, groups_version=FIRST,
            **state_of(read),
        )
    )  # fmt: skip
    if EMAIL in read.fields:
        know_email(connection, keyring, key, email)
    for table in (dirty, pending_field):
        waits = update(table).where(of_connections(table, key))
        connection.execute(waits.values(version=FIRST))
    return changed


def _put(
    connection: Connection, cipher: Cipher, table: Table, key: PersonKey, values: Values
) -> None:
    """Store values at version 0, and give the others that version; of no event any more."""
    first = {"version": FIRST, "replaced": None, "event": None}
    connection.execute(update(table).where(of(table, key)).values(**first))
    for name, value in values.items():
        column = f"{table.name}.value" + (f"/{name}" if table is field else "")
        statement = insert(connection, table).values(
            organization=key.organization, person=key.user, version=FIRST,
            value=sealed(cipher, key.user, column, value), **{table.name: name},
        )  # fmt: skip
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(table.primary_key), set_={"value": statement.excluded.value}
            )
        )


def _stored(
    connection: Connection, cipher: Cipher, table: Table, key: PersonKey
) -> dict[str, Json]:
    name = table.c[table.name]
    rows = connection.execute(select(name, table.c.value).where(of(table, key)))
    within = "/{}" if table is field else ""
    return {
        row[0]: opened(cipher, key.user, f"{table.name}.value{within.format(row[0])}", row[1])
        for row in rows
    }


def _whole(stored: Values, read: HumaPerson) -> dict[str, Json]:
    """Return the positions that were read, each with the `primary` that is stored."""
    whole: dict[str, Json] = {}
    for id_, values in read.positions.items():
        before = stored.get(id_)
        kept = {PRIMARY: before[PRIMARY]} if isinstance(before, dict) and PRIMARY in before else {}
        whole[id_] = {**kept, **values}
    return whole


def _differs(stored: Json, read: Json) -> bool:
    return _plain(stored) != _plain(read)


def _plain(value: Json) -> Json:
    """Return a value without what is empty in it: absent, null and an empty text are one."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one not in (None, "")} or None
    if isinstance(value, list):
        return [_plain(one) for one in value] or None
    return None if value == "" else value


def _order(value: object) -> object:
    """Return groups whatever their order."""
    return sorted(orjson.loads(value)) if isinstance(value, str) and value[:1] == "[" else value
