"""What Huma publishes of a change to one person: from before and after to events, in order.

A pure function. The order is the one in which nobody downstream is misled: a reactivation comes
before the fields it lets through, a deactivation after those that it must not hold back (R-71).
Joining a group is like the one, leaving like the other (R-101). A position is deleted after others
are created: who gets a new one is never without any.
"""

from collections.abc import Iterator, Mapping, Sequence
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

NOTES: Final = frozenset({"note", "description"})
"""Of a position: free text in the API, and in no event."""

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
        positions = [_position(one) for one in after.positions.values()]
        told = {**_told(after.user), "positions": positions}
        origin = after.user.get("origin", "manual")
        yield Change("user.created", USERS, {"user": told, "origin": origin})
    elif before is not None and after is None:
        yield Change("user.deleted", USERS, {})
    elif before is not None and after is not None:
        yield from _changes(before, after)


def _changes(before: Person, after: Person) -> Iterator[Change]:
    old, new = before.user.get("groups", []), after.user.get("groups", [])
    leaves = any(group not in new for group in old)
    joins = any(group not in old for group in new)
    if after.active and not before.active:
        yield Change("user.reactivated", USERS, {})
    if joins and not leaves:
        yield _groups_changed(new)
    if changed := _changed_fields(before.user, after.user):
        yield Change("user.updated", USERS, {"changes": changed})
    yield from _positions(before.positions, after.positions)
    if leaves:
        yield _groups_changed(new)
    if before.active and not after.active:
        yield Change("user.deactivated", USERS, {})


def _groups_changed(groups: Sequence[Values]) -> Change:
    return Change("user.groups-changed", GROUPS, {"groups": groups})


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
        told = _position(position)
        if id_ not in before:
            yield Change("position.created", POSITIONS, {"position": told})
        elif _position(before[id_]) != told:
            yield Change("position.updated", POSITIONS, {"position": told})
    for id_ in before:
        if id_ not in after:
            yield Change("position.deleted", POSITIONS, {"position": {"id": id_}})


def _position(position: Values) -> dict[str, Any]:
    """Return a whole position as events carry it: with `primary`, which the API has not."""
    return {name: position[name] for name in position if name not in NOTES}
