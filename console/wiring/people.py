"""One person, as the commands use them."""

from connectors.store import whom
from console.wiring.administration import Administration
from schemas.person import PersonKey


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
