"""What acts on a person or an organisation, as the commands use it (R-108)."""

from collections.abc import Callable
from typing import Final, TypeVar

from connectors.store import erasure, organizations_shown
from connectors.store.erasure import Held
from connectors.store.organizations_shown import ShownOrganization
from console.wiring.people import People
from schemas.errors import StoreUnavailable
from schemas.person import PersonKey
from schemas.personal import Personal

__all__ = ["Acting", "Held", "ShownOrganization"]

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
