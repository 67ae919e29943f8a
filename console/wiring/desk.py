"""The operator's desk, as the commands use it: what looks at letters."""

from functools import cached_property

from connectors.store.letters_shown import StoredDesk
from console.wiring.people import People


class Desk(People):
    """What looks at letters, and decides about them."""

    @cached_property
    def desk(self) -> StoredDesk:
        """Letters, listed and counted; a store that is not this program's is refused."""
        self.require_store()
        return StoredDesk(self.store)
