"""What acts on a person or an organisation, as the commands use it (R-97, R-108, R-112)."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from uuid import uuid4

from connectors.store import erasure, organizations_shown, resending
from connectors.store.erasure import Held
from connectors.store.merging import Changed
from connectors.store.organizations import Organizations
from connectors.store.organizations_shown import ShownOrganization
from connectors.store.refetching import Refetching
from console.wiring.people import People
from processors.people.resending import resend
from processors.ports.huma import HumaPerson
from processors.ports.lane import Unread
from processors.refetching import email_key_of, refetch
from schemas.errors import NotFound, StoreUnavailable
from schemas.person import PersonKey
from schemas.personal import Personal

__all__ = ["Acting", "Changed", "Held", "ShownOrganization"]

TRIES: Final = 3
"""How often a transaction is tried that lost a race against intake or a lane."""

T = TypeVar("T")


class Acting(People):
    """Every call is audited, with who gave the command and why."""

    def held(self, person: PersonKey) -> Held:
        """Return what erasing a person would erase."""
        return erasure.held(self.store, person)

    def erase_person(self, person: PersonKey, reason: Personal[str]) -> int:
        """Erase a person, and return how many events ended by it (R-108)."""
        return len(
            _repeated(
                lambda: erasure.erase_person(self.store, self.keyring, person, self.actor, reason)
            )
        )

    def resend(
        self,
        person: PersonKey,
        connection: str | None,
        fields: Sequence[str],
        reason: Personal[str],
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """Ask that a person is sent again (R-112).

        Returns:
            The outcome's id by connection, and what to say to whom asks.

        Raises:
            StopProcess: it cannot work; nothing is asked.
        """
        asked = resend(self.look(person, connection, 0, ()), fields)
        outcomes = resending.ask(
            self.store,
            self.keyring,
            person,
            asked.connections,
            fields,
            self.actor,
            reason,
            rows=self.settings.outbox.for_requests,
            new_id=lambda: uuid4().hex,
        )
        return outcomes, asked.notes

    def compared(self, person: PersonKey) -> Changed:
        """Return what differs between what is stored of a person and what Huma says now."""
        stored = Refetching(self.store, self.keyring)
        stored.asked(person)
        return stored.plan(person, self._read(person))

    def refetch(self, person: PersonKey, reason: Personal[str], *, reset: bool) -> Changed:
        """Read a person from Huma, and merge the answer (R-97).

        Raises:
            StopProcess: the person was deleted.
            NotFound: Huma does not know the person; nothing is changed.
        """
        stored = Refetching(self.store, self.keyring)

        def merge(asked: Unread, read: HumaPerson) -> Changed | None:
            return _repeated(
                lambda: stored.merge(
                    person, asked, read, email_key_of(read), self.actor, reason, reset=reset
                )
            )

        return refetch(lambda: stored.asked(person), lambda: self._read(person), merge)

    def _read(self, person: PersonKey) -> HumaPerson:
        client = Organizations(self.store, self.keyring).huma(person.organization)
        try:
            return self._ask(lambda http: self.huma(http, client).read(person.user))
        except NotFound:
            raise NotFound(
                f"Huma does not know person {person.user} (404): nothing was changed"
            ) from None

    def organization(self, id_: str) -> ShownOrganization:
        """Return an organisation in numbers, or NotFound."""
        self.require_store()
        return organizations_shown.shown(self.store, self.connections, id_)

    def erase_organization(self, id_: str, reason: Personal[str]) -> int:
        """Remove its connections, erase the rest, and return how many events ended by it.

        Interrupted, the command is repeated: the organisation itself goes last.
        """
        ended = sum(self.remove(one.connection.id) for one in self.organization(id_).connections)
        _repeated(
            lambda: erasure.erase_organization(self.store, self.keyring, id_, self.actor, reason)
        )
        return ended


def _repeated(transaction: Callable[[], T]) -> T:
    """Run a transaction again when the store gave it up; who is away stays away."""
    for _ in range(TRIES - 1):
        try:
            return transaction()
        except StoreUnavailable:
            continue
    return transaction()
