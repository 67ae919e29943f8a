"""The tree of companies (entities): a token reaches its own and those below it."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal, TypeAlias

OwnerSet: TypeAlias = Literal["CURRENT", "UPPER", "LOWER", "MINE", "ALL"]

NAMES: Final = ("Fjordmat AS", "Fjordmat Nord AS", "Solbakken Regnskap AS")
"""The second is below the first; the third is nobody else's."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One company: what every record of it carries as its owner."""

    db_id: int
    name: str
    parent: int | None = None

    def company(self) -> dict[str, Any]:
        """Return the company as the API shows it."""
        return {
            "dbId": self.db_id,
            "code": str(self.db_id),
            "description": self.name,
            "name": self.name,
            "companyName": self.name,
            "companyNumber": str(self.db_id),
            "country": "NO",
            "ownerDbId": self.db_id,
        }


class Entities:
    """The companies there are, by dbId."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Have the companies of the seed, and no others."""
        first = Random(f"{self._seed}/entities").randrange(10_000, 19_000) * 1000  # noqa: S311 - repeatable, protects nothing
        parents = (None, first, None)
        self._known = {
            first + at: Entity(first + at, name, parent)
            for at, (name, parent) in enumerate(zip(NAMES, parents, strict=True))
        }

    def replace(self, entities: list[Entity]) -> None:
        """Have these, and no others."""
        self._known = {entity.db_id: entity for entity in entities}

    def all(self) -> list[Entity]:
        """Return every company."""
        return list(self._known.values())

    def need(self, db_id: int) -> Entity:
        """Return a company; one that is not there yet comes into being."""
        return self._known.setdefault(db_id, Entity(db_id, f"Company {db_id}"))

    def below(self, db_id: int) -> frozenset[int]:
        """Return a company and all below it."""
        found = {db_id}
        while more := {e.db_id for e in self.all() if e.parent in found} - found:
            found |= more
        return frozenset(found)

    def above(self, db_id: int) -> frozenset[int]:
        """Return a company and all above it."""
        found: set[int] = set()
        at: int | None = db_id
        while at is not None and at not in found:
            found.add(at)
            at = self.need(at).parent
        return frozenset(found)

    def owners(self, db_id: int, owner_set: OwnerSet) -> frozenset[int]:
        """Return whose records a query with this `ownerSet` sees (`xledger-api.md` 1.4)."""
        if owner_set == "CURRENT":
            return frozenset({db_id})
        if owner_set == "UPPER":
            return self.above(db_id)
        below = self.below(db_id)
        return below | self.above(db_id) if owner_set == "ALL" else below
