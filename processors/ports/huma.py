"""What we ask of Huma's API: one person, or all (R-97, R-10)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from schemas.person import Json


@dataclass(frozen=True, slots=True)
class HumaPerson:
    """One person, unwrapped to the contract's names; an empty field is None.

    `positions` are whole positions by id. What the API does not carry (`primary`) is absent.
    """

    id: str
    type: str
    active: bool | None
    groups: tuple[str, ...] | None
    fields: Mapping[str, Json] = field(repr=False)
    positions: Mapping[str, Mapping[str, Json]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class HumaListed:
    """One person of the listing: it carries no employment id (`huma-api.md`, People)."""

    id: str
    type: str
    active: bool | None
    groups: tuple[str, ...]
    email: str | None = field(repr=False)


class Huma(Protocol):
    """One organisation's Huma.

    Raises Unavailable (5xx, network, answers that are none), CredentialRefused (401, 403 after one
    renewal of the access token), NotFound (404).
    """

    async def read(self, user: str) -> HumaPerson:
        """Read one person with positions and identifications."""
        ...

    def list_people(self) -> AsyncIterator[HumaListed]:
        """List everybody: de-duplicated, repeated until two passes agree on the ids."""
        ...

    async def organization(self) -> str:
        """Say which organisation the client belongs to."""
        ...
