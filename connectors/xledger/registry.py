"""The records of one root as look-ups see them: by code, by email, by contact.

Where the schema has the filters, a registry holds what one look-up asked for; where it lacks them,
all records of a listing, kept in memory and followed by what changed since.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.xledger.answers import member

BACK: Final = timedelta(hours=2)
"""How far a listing of changes goes back behind the newest one seen: a clock change, and records
that became visible late (R-82)."""

FIELDS: Final[Mapping[str, str]] = {
    "contacts": "dbId code email modifiedAt",
    "suppliers": "dbId code modifiedAt",
    "employees": "dbId code email contactDbId modifiedAt contact { dbId }",
}
"""What a look-up reads of each root."""


def alike(text: str) -> str:
    """Return a form in which a database that ignores case, or pads, would find two texts equal.

    >>> alike(" H7 ") == alike("h7")
    True
    """
    return text.strip().casefold()


@dataclass(slots=True)
class Registry:
    """Records by dbId, and where to find them. A later node of a dbId replaces the earlier."""

    _of: dict[str, tuple[str | None, str | None, str | None]] = field(
        default_factory=dict, repr=False
    )
    _by: tuple[dict[str, dict[str, None]], ...] = field(
        default_factory=lambda: (defaultdict(dict), defaultdict(dict), defaultdict(dict)),
        repr=False,
    )
    _newest: str = ""

    def add(self, nodes: Iterable[Mapping[str, Any]]) -> None:
        """Take the records of a page; one without a dbId is none."""
        for node in nodes:
            db_id = member(node, "dbId")
            if db_id is None:
                continue
            code, email = member(node, "code"), member(node, "email")
            keys = (
                alike(code) if code else None,
                alike(email) if email else None,
                member(node, "contact", "dbId") or member(node, "contactDbId"),
            )
            for by, old in zip(self._by, self._of.get(db_id, (None, None, None)), strict=True):
                if old is not None:
                    by[old].pop(db_id, None)
            for by, key in zip(self._by, keys, strict=True):
                if key is not None:
                    by[key][db_id] = None
            self._of[db_id] = keys
            self._newest = max(self._newest, member(node, "modifiedAt") or "")

    def by_code(self, code: str | None) -> tuple[str, ...]:
        """Return the dbIds of records with this code."""
        return self._found(0, alike(code) if code else None)

    def by_email(self, email: str | None) -> tuple[str, ...]:
        """Return the dbIds of records with this email address."""
        return self._found(1, alike(email) if email else None)

    def by_contact(self, contact: str) -> tuple[str, ...]:
        """Return the dbIds of records that refer to this contact."""
        return self._found(2, contact)

    def since(self) -> str | None:
        """Return the time, as Xledger writes it, from which on to ask what changed.

        It is taken from the records alone, so no clocks of two machines are compared.
        """
        try:
            newest = datetime.fromisoformat(self._newest)
        except ValueError:
            return None
        return (newest - BACK).isoformat(timespec="seconds")

    def _found(self, which: int, key: str | None) -> tuple[str, ...]:
        return tuple(self._by[which].get(key, ())) if key is not None else ()
