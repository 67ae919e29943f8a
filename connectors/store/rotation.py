"""Another master key: every data key is wrapped anew, and no value is sealed anew (R-108)."""

from collections.abc import Mapping

from sqlalchemy import Connection as Transaction
from sqlalchemy import func, select, update

from connectors.encryption import Vault
from connectors.store import audit
from connectors.store.engine import Store
from connectors.store.keyring import NOBODY
from connectors.store.tables import generation, organization


def master_keys(store: Store) -> Mapping[str, int]:
    """Return how many data keys each master key wraps, by its id."""
    query = select(organization.c.master_key, func.count()).group_by(organization.c.master_key)
    with store.read() as transaction:
        return dict(sorted((row[0], row[1]) for row in transaction.execute(query)))


def rotate(store: Store, old: Vault, new: Vault, actor: str, *, execute: bool) -> int:
    """Wrap every data key with the new master key, in one transaction; repeating is safe.

    Args:
        store: the store.
        old: the master keys that wrap them now.
        new: its current key takes over.
        actor: who gave the command.
        execute: False only looks whether all of them open.

    Returns:
        How many are wrapped anew.

    Raises:
        StopProcess: a master key that is needed is missing or wrong; nothing is changed.
    """
    with store.begin() as transaction:
        transaction.execute(select(generation.c.value).with_for_update())  # nobody connects now
        wrapped = _anew(transaction, old, new)
        if execute and wrapped:
            for whose, data_key in wrapped.items():
                transaction.execute(
                    update(organization)
                    .where(organization.c.id == whose)
                    .values(data_key=data_key, master_key=new.current)
                )
            key = f"master-key:{new.current}"
            audit.add(transaction, NOBODY, None, actor, "keys.rotated", object_=key, rule="R-108")
    return len(wrapped)


def _anew(transaction: Transaction, old: Vault, new: Vault) -> dict[str, bytes]:
    """Return the data keys that another master key wraps, wrapped by the new one."""
    rows = transaction.execute(
        select(organization.c.id, organization.c.data_key, organization.c.master_key)
        .order_by(organization.c.id)
        .with_for_update()
    ).all()
    wrapped = {}
    for row in rows:
        mine = (bytes(row.data_key), row.master_key, row.id)
        if row.master_key == new.current:
            new.cipher(*mine)
        else:
            wrapped[row.id] = old.rewrap(*mine, new)
    return wrapped
