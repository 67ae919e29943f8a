"""The organisations' ciphers, by way of the store's wrapped data keys."""

import threading
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction, select

from connectors.encryption import Cipher, Vault
from connectors.store.clock import now_ms
from connectors.store.tables import generation, organization
from connectors.store.upsert import insert_ignore

NOBODY: Final = ""
"""The organisation of what belongs to none, as an event that cannot be read."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _View:
    """What one transaction may use: ciphers that are still good, and keys that it made itself."""

    kept: dict[str, Cipher]
    made: dict[str, Cipher] = field(default_factory=dict)


class Keyring:
    """Ciphers by organisation; made when first asked for, and kept until a key is destroyed.

    An erased organisation has no key any more, and another one when it connects again (R-108). So
    each transaction first looks whether a key was destroyed since, by whatever process.

    A data key that a transaction made is kept for that transaction only: rolled back, it was never
    there, and nothing may be sealed with it.
    """

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._kept: tuple[str, dict[str, Cipher]] = ("", {})
        self._views: WeakKeyDictionary[RootTransaction, _View] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def cipher_of(self, connection: Connection, name: str) -> Cipher:
        """Return an organisation's cipher; gives it a data key when it has none.

        Raises:
            StopProcess: its master key is not here.
        """
        view = self._view(connection)
        kept = view.kept.get(name) or view.made.get(name)
        if kept is not None:
            return kept
        found = self._find(connection, name)
        if found is not None:
            cipher = view.kept[name] = self.vault.cipher(*found, name)
            return cipher
        connection.execute(
            insert_ignore(connection, organization).values(
                id=name,
                data_key=self.vault.new_data_key(name),
                master_key=self.vault.current,
                created_at=now_ms(),
            )
        )
        found = self._find(connection, name)
        assert found is not None
        cipher = view.made[name] = self.vault.cipher(*found, name)
        return cipher

    def _view(self, connection: Connection) -> _View:
        """Return what this transaction may use; of what was kept nothing once a key is gone."""
        transaction = connection.get_transaction()
        with self._lock:
            view = None if transaction is None else self._views.get(transaction)
        if view is not None:
            return view
        now = connection.execute(select(generation.c["keys"])).scalar_one_or_none() or ""
        transaction = connection.get_transaction()
        assert transaction is not None
        with self._lock:
            if self._kept[0] != now:
                self._kept = (now, {})
            return self._views.setdefault(transaction, _View(self._kept[1]))

    def _find(self, connection: Connection, name: str) -> tuple[bytes, str] | None:
        row = connection.execute(
            select(organization.c.data_key, organization.c.master_key).where(
                organization.c.id == name
            )
        ).one_or_none()
        return None if row is None else (bytes(row[0]), str(row[1]))
