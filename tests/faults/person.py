"""One person as Huma has them, apart from every connection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.huma.merge_patch import merged


@dataclass(slots=True)
class Person:
    """One person.

    Attributes:
        id: Huma's.
        user: Huma's values.
        positions: by their ids.
        ordinary: whoever joins a group may become an employee there; not a rehire, say.
        deleted: no longer in Huma.
    """

    id: str
    user: dict[str, Any] = field(repr=False)
    positions: dict[str, dict[str, Any]] = field(repr=False)
    ordinary: bool = True
    deleted: bool = False

    @property
    def active(self) -> bool:
        """Whether Huma lets changes out."""
        return bool(self.user["status"]["active"]) and not self.deleted

    def member_of(self, group: str) -> bool:
        """Say whether the person is in a group."""
        return any(one["id"] == group for one in self.user["groups"])

    def change(self, values: Mapping[str, Any]) -> None:
        """Merge values."""
        self.user = merged(self.user, values)

    def move(self, patch: Mapping[str, Any]) -> None:
        """Merge positions; null deletes one."""
        self.positions = moved(self.positions, patch)


def moved(positions: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return positions as a patch would have them, each with its id."""
    held: dict[str, dict[str, Any]] = merged(positions, patch)
    return {id_: {**one, "id": id_} for id_, one in held.items()}
