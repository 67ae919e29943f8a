"""Organisations: where their Huma is, and with which client (R-38, last sentence)."""

from dataclasses import dataclass, field
from typing import Final

import orjson
from sqlalchemy import Connection, select, update

from connectors.store.clock import now_ms
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import generation, organization
from schemas.errors import NotFound
from schemas.personal import Personal

CLIENT: Final = "organization.huma_client"
UNCHANGED: Final = select(generation.c.value).with_for_update(read=True)
"""Holds the row that each change of connections, and of keys, begins with."""


@dataclass(frozen=True, slots=True)
class HumaClientOf:
    """An organisation's client of Huma's API."""

    url: str
    client_id: Personal[str] = field(repr=False)
    client_secret: Personal[str] = field(repr=False)


class Organizations:
    """The repository of organisations."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def set_huma(self, id_: str, client: HumaClientOf) -> None:
        """Store an organisation's client, sealed; replaces another one."""
        with self._store.begin() as connection:
            connection.execute(UNCHANGED)
            put_huma(connection, self._keyring, id_, client)

    def huma(self, id_: str) -> HumaClientOf:
        """Return an organisation's client.

        Raises:
            NotFound: it has none.
        """
        with self._store.read() as connection:
            row = connection.execute(
                select(organization.c.huma_client, organization.c.huma_url).where(
                    organization.c.id == id_
                )
            ).one_or_none()
            if row is None or row[0] is None:
                raise NotFound(f"organisation {id_} has no client of Huma's API")
            cipher = self._keyring.cipher_of(connection, id_)
            client_id, secret = orjson.loads(cipher.open("", CLIENT, bytes(row[0])))
        return HumaClientOf(row[1], Personal(client_id), Personal(secret))


def put_huma(connection: Connection, keyring: Keyring, id_: str, client: HumaClientOf) -> None:
    """Store an organisation's client within a transaction that holds the connections."""
    pair = [client.client_id.reveal(), client.client_secret.reveal()]
    cipher = keyring.cipher_of(connection, id_)
    connection.execute(
        update(organization)
        .where(organization.c.id == id_)
        .values(
            huma_client=cipher.seal("", CLIENT, orjson.dumps(pair)),
            huma_url=client.url,
            huma_state="ok",
            huma_since=now_ms(),
            huma_probe_at=0,
        )
    )


def hold(connection: Connection, id_: str) -> None:
    """Let nobody remove a connection or a key before this transaction is over.

    Without it, what a command writes could be left behind by an erasure (R-108).

    Raises:
        NotFound: the organisation is not known, or was erased just now.
    """
    connection.execute(UNCHANGED)
    query = select(organization.c.id).where(organization.c.id == id_)
    if connection.execute(query).first() is None:
        raise NotFound(f"no organisation {id_} is known here")
