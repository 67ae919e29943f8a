"""Leases of single workers, by name; the times are the store's clock, in the statement."""

from sqlalchemy import Connection, delete

from connectors.store.clock import now_ms
from connectors.store.tables import lease
from connectors.store.upsert import insert


def claim(connection: Connection, name: str, owner: str, seconds: float) -> bool:
    """Take a lease that is free or expired, or renew one's own; False when somebody has it."""
    until = now_ms() + int(seconds * 1000)
    statement = insert(connection, lease).values(name=name, owner=owner, epoch=1, until=until)
    statement = statement.on_conflict_do_update(
        index_elements=[lease.c.name],
        set_={
            "owner": statement.excluded.owner,
            "until": statement.excluded.until,
            "epoch": lease.c.epoch + 1,
        },
        where=(lease.c.owner == owner) | (lease.c.until < now_ms()),
    ).returning(lease.c.name)
    return connection.execute(statement).first() is not None  # an insert has no rowcount here


def release(connection: Connection, name: str, owner: str) -> None:
    """Give a lease back."""
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.owner == owner))
