"""How often something happened in this hour, against a limit (R-95)."""

from sqlalchemy import Connection, select

from connectors.store.clock import now_ms
from connectors.store.tables import quota
from connectors.store.upsert import insert

HOUR_MS = 60 * 60 * 1000


def use(connection: Connection, name: str, count: int, limit: int) -> bool:
    """Count some more of this hour; False when that is more than the limit, and then none counts.

    Args:
        connection: the caller's transaction.
        name: what is counted.
        count: how many.
        limit: of one hour.
    """
    hour = now_ms() // HOUR_MS
    statement = insert(connection, quota).values(name=name, hour=hour, used=count)
    statement = statement.on_conflict_do_update(
        index_elements=[quota.c.name, quota.c.hour],
        set_={"used": quota.c.used + count},
        where=quota.c.used + count <= limit,
    ).returning(quota.c.used)
    return count <= limit and connection.execute(statement).first() is not None


def add(connection: Connection, name: str, count: int) -> None:
    """Count some more of this hour, whatever the limit: who reaches it asks `used` before."""
    hour = now_ms() // HOUR_MS
    statement = insert(connection, quota).values(name=name, hour=hour, used=count)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[quota.c.name, quota.c.hour], set_={"used": quota.c.used + count}
        )
    )


def letters_of(connection: str) -> str:
    """Return the name under which a connection's letters are counted (R-95)."""
    return f"letters {connection}"


def used(connection: Connection, name: str) -> int:
    """Return how many were counted in this hour."""
    query = select(quota.c.used).where(quota.c.name == name, quota.c.hour == now_ms() // HOUR_MS)
    return connection.execute(query).scalar_one_or_none() or 0
