"""What Huma publishes of a change to one person: from before and after to events, in order.

A pure function. The order is the one in which nobody downstream is misled: a reactivation comes
before the fields it lets through, a deactivation after those that it must not hold back (R-71).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

USERS: Final = "users"
GROUPS: Final = "groups"
POSITIONS: Final = "positions"

PRIVATE: Final = frozenset(
    {"salary", "children", "emergencyContacts", "dietaryRequirements", "funfacts", "interests"}
)
"""In the API's detail, and in no event (`huma-api.md`, Privacy)."""

INTERNAL: Final = frozenset({"origin", "loggedIn", "requestedEmail"})
"""The simulator's own: where a user came from; that a change of email waits (R-99)."""

UNTOLD: Final = PRIVATE | INTERNAL
TOLD_APART: Final = UNTOLD | {"status", "groups"}
"""Not among the changed fields: in no event, or told by events of their own."""

Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the state holds them: flat values, positions by id."""

    user: Values = field(repr=False)
    positions: Mapping[str, Values] = field(repr=False)

    @property
    def active(self) -> bool:
        """Whether the account is active; it is when nothing says otherwise."""
        return bool((self.user.get("status") or {}).get("active", True))


@dataclass(frozen=True, slots=True)
class Change:
    """One event to be: its type without prefix and version, the service that tells, its data."""

    type: str
    service: str
    data: Values = field(repr=False)


def changes(before: Person | None, after: Person | None) -> Iterator[Change]:
    """Yield what is to be published when a person goes from `before` to `after`.

    None stands for a person who does not exist (yet, or any more).
    """
    if before is None and after is not None:
        told = {**_told(after.user), "positions": list(after.positions.values())}
        origin = after.user.get("origin", "manual")
        yield Change("user.created", USERS, {"user": told, "origin": origin})
    elif before is not None and after is None:
        yield Change("user.deleted", USERS, {})
    elif before is not None and after is not None:
        yield from _changes(before, after)


def _changes(before: Person, after: Person) -> Iterator[Change]:
    if after.active and not before.active:
        yield Change("user.reactivated", USERS, {})
    if changed := _changed_fields(before.user, after.user):
        yield Change("user.updated", USERS, {"changes": changed})
    yield from _positions(before.positions, after.positions)
    if before.user.get("groups", []) != after.user.get("groups", []):
        yield Change("user.groups-changed", GROUPS, {"groups": after.user.get("groups", [])})
    if before.active and not after.active:
        yield Change("user.deactivated", USERS, {})


def _told(user: Values) -> dict[str, Any]:
    return {name: user[name] for name in user if name not in UNTOLD}


def _changed_fields(before: Values, after: Values) -> dict[str, Any]:
    """Return each changed field whole, null for one that is cleared."""
    return {
        name: after.get(name)
        for name in dict.fromkeys((*before, *after))
        if name not in TOLD_APART and before.get(name) != after.get(name)
    }


def _positions(before: Mapping[str, Values], after: Mapping[str, Values]) -> Iterator[Change]:
    for id_, position in after.items():
        if id_ not in before:
            yield Change("position.created", POSITIONS, {"position": position})
        elif before[id_] != position:
            yield Change("position.updated", POSITIONS, {"position": position})
    for id_ in before:
        if id_ not in after:
            yield Change("position.deleted", POSITIONS, {"position": {"id": id_}})
