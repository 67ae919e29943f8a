"""One person from one snapshot, for whoever asks: the port `processors.ports.people`."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select

from connectors.store import audit
from connectors.store.audit_shown import last_writes, newest
from connectors.store.clock import read_now
from connectors.store.connections import all_standings
from connectors.store.engine import Store
from connectors.store.failures_shown import failed_fields, failed_records
from connectors.store.keyring import Keyring
from connectors.store.links_shown import Known, Opens, link_of
from connectors.store.tables import field, organization, person, position
from connectors.store.work import opened, position_of
from processors.ports.intake import Standing
from processors.ports.lane import Facts
from processors.ports.people import PersonSeen
from schemas.employee import Target
from schemas.errors import NotFound
from schemas.person import PersonKey, PositionField, Projection
from schemas.personal import Personal

SHOWN = "values.shown"


class StoredPeople:
    """The store, as whoever asks about one person sees it.

    Args:
        store: the store.
        keyring: opens values.
        preview: seconds after which an open preview has expired (R-07).
    """

    def __init__(self, store: Store, keyring: Keyring, preview: float) -> None:
        self._store = store
        self._keyring = keyring
        self._preview = preview

    def look(
        self, key: PersonKey, connection: str | None, history: int, targets: Sequence[Target]
    ) -> PersonSeen:
        """See the port."""
        with self._store.read() as transaction:
            standings = self._standings(transaction, key, connection)
            opens = Opens(transaction, self._keyring, key)
            now = read_now(transaction)
            row = _row(transaction, person, key)
            huma: Any = transaction.execute(
                select(organization.c.huma_state, organization.c.huma_probe_at).where(
                    organization.c.id == key.organization
                )
            ).one_or_none()
            projection, versions = _fields(transaction, key, opens)
            positions, of_positions = _positions(transaction, key, opens)
            if of_positions:  # a position field is as new as the newest of them
                versions |= dict.fromkeys(PositionField, max(of_positions.values()))
            failures = failed_fields(transaction, key)
            known = Known(key, _facts(row), projection, versions, positions, failures, now)
            links = tuple(link_of(transaction, one, known, opens) for one in standings)
            return PersonSeen(
                now=now,
                key=key,
                facts=known.facts,
                revision=-1 if row is None else row.revision,
                complete=row is not None and bool(row.complete),
                deleted_at=None if row is None else row.deleted_at,
                huma_state="ok" if huma is None else huma.huma_state,
                huma_probe_at=0 if huma is None else huma.huma_probe_at,
                projection=projection,
                versions=versions,
                positions=positions,
                position_versions=of_positions,
                links=links,
                letters=failed_records(transaction, key),
                audit=newest(transaction, key, connection, history),
                writes=last_writes(transaction, key, [one.connection.id for one in links], targets),
            )

    def values_shown(
        self,
        key: PersonKey,
        connection: str | None,
        fields: Sequence[str],
        actor: str,
        reason: Personal[str],
    ) -> None:
        """Note that values are about to be shown, of which fields, to whom and why (R-104)."""
        with self._store.begin() as transaction:
            why = audit.sealed(transaction, self._keyring, key.organization, reason, key.user)
            audit.add(
                transaction, key.organization, connection, actor, SHOWN, person=key.user,
                fields=fields, rule="R-103", reason=why,
            )  # fmt: skip

    def _standings(
        self, transaction: Connection, key: PersonKey, connection: str | None
    ) -> list[Standing]:
        found = all_standings(transaction, self._preview).get(key.organization, ())
        if connection is None:
            return list(found)
        asked = [one for one in found if one.connection.id == connection]
        if not asked:
            raise NotFound(
                f"organisation {key.organization} has no connection {connection}: "
                "see `connections list`"
            )
        return asked


def _row(transaction: Connection, table: Any, key: PersonKey) -> Any:
    mine = (table.c.organization == key.organization) & (table.c.person == key.user)
    return transaction.execute(select(table).where(mine)).one_or_none()


def _facts(row: Any) -> Facts:
    if row is None:
        return Facts(None, None, -1, None, -1, deleted=False)
    return Facts(
        row.type,
        None if row.active is None else bool(row.active),
        row.active_version,
        None if row.groups is None else tuple(orjson.loads(row.groups)),
        row.groups_version,
        deleted=row.deleted_at is not None,
    )


def _fields(
    transaction: Connection, key: PersonKey, opens: Opens
) -> tuple[Projection, dict[str, int]]:
    mine = (field.c.organization == key.organization) & (field.c.person == key.user)
    rows = transaction.execute(select(field).where(mine)).all()
    values = {
        row.field: opened(opens.cipher, key.user, f"field.value/{row.field}", row.value)
        for row in rows
    }
    return Projection(values), {row.field: row.version for row in rows}


def _positions(
    transaction: Connection, key: PersonKey, opens: Opens
) -> tuple[Mapping[str, Projection], dict[str, int]]:
    mine = (position.c.organization == key.organization) & (position.c.person == key.user)
    rows = transaction.execute(select(position).where(mine)).all()
    whole = {
        row.position: position_of(opens.cipher, key.user, row.value)
        for row in rows
        if row.value is not None
    }
    return whole, {row.position: row.version for row in rows}
