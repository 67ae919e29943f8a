"""Mails on their way: the port `processors.ports.mail.MailStore`."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, delete, select

from connectors.store import leases, notices
from connectors.store.clock import read_now
from connectors.store.connections import NOTIFY
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.notices import Patience
from connectors.store.tables import MAIL, connection, outbox
from processors.ports.mail import Mail
from schemas.notice import Notice, NoticeAbout
from schemas.personal import Personal

LEASE: Final = "mail"
ANYWHERE: Final = "UTC"
"""The zone of a connection that is gone."""


class StoredMails:
    """The mails in the outbox of one store."""

    def __init__(self, store: Store, keyring: Keyring, patience: Patience) -> None:
        self._store = store
        self._keyring = keyring
        self._patience = patience

    def claim(self, owner: str, seconds: float) -> bool:
        """See the port."""
        with self._store.begin() as transaction:
            return leases.claim(transaction, LEASE, owner, seconds)

    def release(self, owner: str) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            leases.release(transaction, LEASE, owner)

    def tell(self) -> int:
        """See the port."""
        return notices.tell_what_lasts(self._store, self._patience)

    def mails(self, after: int, limit: int) -> Sequence[Mail]:
        """See the port."""
        query = select(outbox).where(MAIL, outbox.c.id > after).order_by(outbox.c.id).limit(limit)
        with self._store.read() as transaction:
            now = read_now(transaction)
            return [self._mail(transaction, row, now) for row in transaction.execute(query).all()]

    def delete(self, id_: int) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            transaction.execute(delete(outbox).where(outbox.c.id == id_))

    def _mail(self, transaction: Connection, row: Any, now: int) -> Mail:
        given = orjson.loads(row.value)
        notice = Notice(**{**given, "about": NoticeAbout(given["about"])})
        age = max(0, now - row.written_at) / 1000
        one: Any = transaction.execute(
            select(connection).where(connection.c.id == notice.connection)
        ).one_or_none()
        if one is None:
            return Mail(row.id, row.written_at, age, notice, None, ANYWHERE, None)
        address = None
        if one.notify is not None:
            cipher = self._keyring.cipher_of(transaction, one.organization)
            opened = cipher.open("", f"{NOTIFY}/{one.id}", bytes(one.notify))
            address = Personal(opened.decode())
        return Mail(row.id, row.written_at, age, notice, one.name, one.zone, address)
