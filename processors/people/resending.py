"""Whether everything that differs of a person can be sent again, and to which connections (R-112).

Only what cannot come to anything is refused: intake and lane judge the request anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from processors.fields import field_of
from processors.gate.person import PERSON
from processors.ports.people import LinkSeen, PersonSeen
from schemas.connection import LinkState
from schemas.errors import StopProcess
from schemas.person import PositionField

SENT: Final = frozenset({LinkState.LINKED, LinkState.WANTED, LinkState.CREATING})
"""Links that something is written for (`rules.md`, Links)."""


@dataclass(frozen=True, slots=True)
class Resend:
    """What to ask for: in which connections, and what to say to whom asks."""

    connections: tuple[str, ...]
    notes: tuple[str, ...]


def resend(seen: PersonSeen, fields: Sequence[str]) -> Resend:
    """Return what to ask for.

    Args:
        seen: the person with the links that are meant.
        fields: names of fields; none: everything that differs.

    Raises:
        StopProcess: it cannot work; one sentence says why.
    """
    user = seen.key.user
    if seen.deleted_at is not None:
        raise StopProcess(f"person {user} was deleted or erased: nothing of them is sent")
    if seen.facts.type not in {None, PERSON}:
        raise StopProcess(f"user {user} is no person but a {seen.facts.type}: never sent (R-17)")
    if not seen.links:
        raise StopProcess(f"organisation {seen.key.organization} has no connection")
    meant = [link for link in seen.links if _why_not(link) is None]
    if not meant:
        whys = "; ".join(f"connection {one.connection.id}: {_why_not(one)}" for one in seen.links)
        raise StopProcess(f"nothing of person {user} can be sent: {whys}")
    of_positions = fields and all(isinstance(field_of(name), PositionField) for name in fields)
    if of_positions:
        meant = [link for link in meant if link.subject.triggered]
    if not meant:
        raise StopProcess(
            f"position data of person {user} does not go out yet: it begins when a position is "
            "created or changed in Huma (R-52)"
        )
    return Resend(
        tuple(link.connection.id for link in meant),
        tuple(note for link in meant if (note := _note(seen, link)) is not None),
    )


def _why_not(link: LinkSeen) -> str | None:
    if link.connection.activated_at is None:
        return "not active: run `sync run` first"
    state = link.subject.state
    return None if state in SENT else state.value


def _note(seen: PersonSeen, link: LinkSeen) -> str | None:
    """Say what a lock will make of it (R-71, R-101)."""
    if seen.facts.active is False:
        return f"connection {link.connection.id}: ends as skipped: locked"
    groups, group = seen.facts.groups, link.connection.group
    if groups is not None and group is not None and group not in groups:
        return f"connection {link.connection.id}: ends as skipped: out of scope"
    return None
