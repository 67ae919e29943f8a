"""Letters as the desk lists and counts them: the port `processors.ports.desk.Desk` (R-89, R-90)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Connection, and_, cast, func, or_, select, true, tuple_

from connectors.store.engine import Store
from connectors.store.letters import letter_of, which
from connectors.store.tables import connection as connections
from connectors.store.tables import heartbeat, letter, person
from processors.ports.desk import Count, Group, Letter, Named, Place
from schemas.desk import Selection
from schemas.person import PersonKey

HOUR_MS: Final = 3_600_000
FAILED: Final = letter.c.last_failed_at
COLUMNS: Final[Mapping[Group, ColumnElement[Any]]] = {
    Group.PERSON: letter.c.person,
    Group.CONNECTION: letter.c.connection,
    Group.ORGANIZATION: letter.c.organization,
    Group.TYPE: letter.c.type,
    Group.STAGE: letter.c.stage,
    Group.CLASS: letter.c["class"],
    Group.CODE: letter.c.code,
    Group.STATE: letter.c.state,
    Group.CLOSED_AS: letter.c.closed_as,
    Group.REPLAYS: letter.c.replay_count,
    Group.RUN: letter.c.run,
    Group.HOUR: FAILED - FAILED % HOUR_MS,
    Group.DAY: FAILED - FAILED % (24 * HOUR_MS),
}
"""What can be counted by, but for fields: they stand in a list."""


class StoredDesk:
    """The store, as whoever looks at letters sees it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def count(self, selection: Selection) -> int:
        """See the port."""
        with self._store.read() as transaction:
            return _count(transaction, selection)

    def page(
        self, selection: Selection, limit: int, after: Place | None
    ) -> tuple[int, Sequence[Letter]]:
        """See the port."""
        query = select(letter).where(which(selection), _behind(after))
        query = query.order_by(FAILED.desc(), letter.c.id.desc()).limit(limit)
        with self._store.read() as transaction:
            total = _count(transaction, selection)
            return total, [letter_of(row) for row in transaction.execute(query)]

    def counts(self, selection: Selection, by: Sequence[Group]) -> Sequence[Count]:
        """See the port."""
        source: Any = letter
        columns = []
        for group in by:
            if group is Group.FIELD:
                source, column = _each_field(self._store.dialect, source)
            else:
                column = COLUMNS[group]
            columns.append(column.label(f"by_{group.name.lower()}"))
        many = func.count()
        query = (
            select(*columns, many, func.min(letter.c.first_failed_at), func.max(FAILED))
            .select_from(source)
            .where(which(selection))
            .group_by(*columns)
            .order_by(many.desc(), *columns)
        )
        with self._store.read() as transaction:
            rows = transaction.execute(query).all()
        return [Count(tuple(row[: len(by)]), *row[len(by) :]) for row in rows]

    def connections(self) -> Mapping[str, Named]:
        """See the port."""
        with self._store.read() as transaction:
            return connections_of(transaction)

    def deleted(self, people: Collection[PersonKey]) -> frozenset[PersonKey]:
        """Return which of some people were deleted in Huma, or erased here (R-78, R-108)."""
        known = tuple_(person.c.organization, person.c.person)
        query = select(person.c.organization, person.c.person).where(
            known.in_(sorted(people)), person.c.deleted_at.is_not(None)
        )
        with self._store.read() as transaction:
            return frozenset(PersonKey(*row) for row in transaction.execute(query))

    def heard(self) -> int | None:
        """See the port."""
        with self._store.read() as transaction:
            at: int | None = transaction.execute(select(func.min(heartbeat.c.beat_at))).scalar_one()
            return at


def connections_of(transaction: Connection) -> dict[str, Named]:
    """Return every connection, by id."""
    query = select(connections.c.id, connections.c.name, connections.c.zone)
    return {row.id: Named(row.name, row.zone) for row in transaction.execute(query)}


def _count(transaction: Connection, selection: Selection) -> int:
    query = select(func.count()).select_from(letter).where(which(selection))
    return int(transaction.execute(query).scalar_one())


def _behind(after: Place | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    at = after.failed_at
    return or_(
        letter.c.last_failed_at < at, and_(letter.c.last_failed_at == at, letter.c.id < after.id)
    )


def _each_field(dialect: str, source: Any) -> tuple[Any, ColumnElement[Any]]:
    """Return letters joined with each of their fields; one without any counts as none."""
    if dialect == "sqlite":
        each = func.json_each(letter.c.fields).table_valued("value", name="each")
    else:
        texts = func.json_array_elements_text(cast(letter.c.fields, JSON))
        each = texts.table_valued("value", name="each")
    return source.outerjoin(each, true()), each.c.value
