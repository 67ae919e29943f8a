"""One person, as the commands use them."""

from collections.abc import Sequence
from functools import cached_property

from connectors.store import whom
from connectors.store.people_shown import StoredPeople
from console.wiring.administration import Administration
from processors.ports.people import PersonSeen
from schemas.employee import Target
from schemas.person import PersonKey
from schemas.personal import Personal


class People(Administration):
    """What looks at one person."""

    def person(self, user: str, organization: str | None) -> PersonKey:
        """Return whom somebody named.

        Raises:
            NotFound: nobody is known by it.
            StopProcess: people of several organisations are, and none was named.
        """
        self.require_store()
        return whom.find(self.store, user, organization)

    def look(
        self, person: PersonKey, connection: str | None, history: int, targets: Sequence[Target]
    ) -> PersonSeen:
        """Return a person from one snapshot, see `processors.ports.people`."""
        return self._seen.look(person, connection, history, targets)

    def values_shown(
        self,
        person: PersonKey,
        connection: str | None,
        fields: Sequence[str],
        reason: Personal[str],
    ) -> None:
        """Note in the audit that values are about to be shown to who gives this command."""
        self._seen.values_shown(person, connection, fields, self.actor, reason)

    @cached_property
    def _seen(self) -> StoredPeople:
        return StoredPeople(self.store, self.keyring, self.settings.sync.preview)
