"""Reading a person from Huma on demand, as a command does it (R-97)."""

from sqlalchemy import Connection as Transaction
from sqlalchemy import select

from connectors.store import audit, merging, people, resetting
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.merging import Changed
from connectors.store.organizations import hold
from connectors.store.tables import connection as connections
from connectors.store.tables import link, person
from connectors.store.upsert import insert_ignore
from processors.ports.huma import HumaPerson
from processors.ports.lane import Unread
from schemas.errors import StopProcess
from schemas.person import PersonKey
from schemas.personal import Personal

UNKNOWN = -1
"""The revision of whom no event has told anything."""


class Refetching:
    """What a refetch needs of the store; each call is one transaction."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def asked(self, key: PersonKey) -> Unread:
        """Return the person with the highest revision known now.

        Raises:
            StopProcess: the person was deleted: nothing of them is fetched again (R-78).
        """
        with self._store.read() as transaction:
            row = transaction.execute(
                select(person.c.revision, person.c.deleted_at).where(merging.of(person, key))
            ).one_or_none()
        if row is not None and row.deleted_at is not None:
            raise StopProcess(f"person {key.user} was deleted or erased: nothing is fetched again")
        return Unread(key.user, UNKNOWN if row is None else row.revision)

    def plan(self, key: PersonKey, read: HumaPerson) -> Changed:
        """Return what differs between what is stored and what was read."""
        with self._store.read() as transaction:
            return resetting.difference(transaction, self._keyring, key, read)

    def merge(
        self,
        key: PersonKey,
        asked: Unread,
        read: HumaPerson,
        email: str | None,
        actor: str,
        reason: Personal[str],
        *,
        reset: bool,
    ) -> Changed | None:
        """Merge what was read; None when an event arrived meanwhile.

        Where positions changed, links whose position data goes out are looked at again (R-60).
        """
        with self._store.begin() as transaction:
            hold(transaction, key.organization)
            theirs = connections.c.organization == key.organization
            if transaction.execute(select(connections.c.id).where(theirs).limit(1)).first() is None:
                raise StopProcess(f"organisation {key.organization} has no connection any more")
            if asked.revision == UNKNOWN:
                whose = {"organization": key.organization, "person": key.user}
                transaction.execute(insert_ignore(transaction, person).values(**whose))
            changed = self._merged(transaction, key, asked, read, email, reset=reset)
            if changed is None:
                return None
            if changed.positions:
                mine = select(link.c.connection).where(merging.of(link, key))
                ones = transaction.execute(mine).scalars().all()
                people.look_again(transaction, [(one, key.user) for one in ones])
            audit.add(
                transaction, key.organization, None, actor,
                "versions.reset" if reset else "person.refetched", person=key.user,
                fields=(*changed.fields, *changed.state), rule="R-97",
                reason=audit.sealed(transaction, self._keyring, key.organization, reason, key.user),
            )  # fmt: skip
            return changed

    def _merged(
        self,
        transaction: Transaction,
        key: PersonKey,
        asked: Unread,
        read: HumaPerson,
        email: str | None,
        *,
        reset: bool,
    ) -> Changed | None:
        if reset:
            return resetting.replace(transaction, self._keyring, key, asked, read, email)
        organization = key.organization
        return merging.fill(
            transaction, self._keyring, organization, asked, read, email, first=False
        )
