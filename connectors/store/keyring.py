"""The organisations' ciphers, by way of the store's wrapped data keys."""

import threading
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction, select

from connectors.encryption import Cipher, Vault
from connectors.store.clock import now_ms
from connectors.store.tables import organization
from connectors.store.upsert import insert_ignore

NOBODY = ""
"""The organisation of what belongs to none, as an event that cannot be read."""


class Keyring:
    """Ciphers by organisation; made when first asked for, and kept.

    A data key that a transaction made is kept for that transaction only: rolled back, it was never
    there, and nothing may be sealed with it.
    """

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._ciphers: dict[str, Cipher] = {}
        self._made: WeakKeyDictionary[RootTransaction, dict[str, Cipher]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def cipher_of(self, connection: Connection, name: str) -> Cipher:
        """Return an organisation's cipher; gives it a data key when it has none.

        Raises:
            StopProcess: its master key is not here.
        """
        with self._lock:
            kept = self._ciphers.get(name) or self._made_in(connection).get(name)
        if kept is not None:
            return kept
        found = self._find(connection, name)
        if found is None:
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
            cipher = self.vault.cipher(found[0], found[1], name)
            with self._lock:
                self._made_in(connection)[name] = cipher
            return cipher
        cipher = self.vault.cipher(found[0], found[1], name)
        with self._lock:
            self._ciphers[name] = cipher
        return cipher

    def forget(self, name: str) -> None:
        """Drop a cipher whose organisation was erased."""
        with self._lock:
            self._ciphers.pop(name, None)

    def _made_in(self, connection: Connection) -> dict[str, Cipher]:
        transaction = connection.get_transaction()
        return {} if transaction is None else self._made.setdefault(transaction, {})

    def _find(self, connection: Connection, name: str) -> tuple[bytes, str] | None:
        row = connection.execute(
            select(organization.c.data_key, organization.c.master_key).where(
                organization.c.id == name
            )
        ).one_or_none()
        return None if row is None else (bytes(row[0]), str(row[1]))
