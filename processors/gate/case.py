"""One event and one connection, as the gate sees them: facts, and nothing to ask the world."""

from dataclasses import dataclass

from processors.ports.intake import Standing, StoredPerson
from schemas.connection import LinkState
from schemas.events import Event
from schemas.reasons import Code


@dataclass(frozen=True, slots=True)
class Case:
    """What one event means to one connection.

    Attributes:
        event: it.
        standing: the connection.
        person: as the event left them.
        state: of the link.
        fresh: the fields that the event changes: its own with a newer value than the stored one,
            and the position fields when it brings a newer position.
        returned: the event ended a lock, or brought the person into the group (R-74).
        again: a replay or a request of ours: it never passes a lock (R-71).
        withheld: why newer positions that it brings are only kept (R-52, R-53).
    """

    event: Event
    standing: Standing
    person: StoredPerson
    state: LinkState
    fresh: frozenset[str]
    returned: bool
    again: bool = False
    withheld: Code | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The event ends here, for this connection. `fails`: with a letter."""

    code: Code
    fails: bool = False


def follow(person: StoredPerson, event: Event) -> None:
    """Let a person be as an event says, each part by its own version (R-71, R-83, R-96)."""
    if event.user_type is not None and event.revision > person.type_version:
        person.type, person.type_version = event.user_type, event.revision
    if event.active is not None and event.revision > person.active_version:
        person.active, person.active_version = event.active, event.revision
    if event.groups is not None and event.revision > person.groups_version:
        person.groups, person.groups_version = event.groups, event.revision
    person.revision = max(person.revision, event.revision)


def in_scope(person: StoredPerson, group: str | None) -> bool:
    """Say whether a person belongs to a connection's group; unknown counts as yes (R-100)."""
    return group is None or person.groups is None or group in person.groups
