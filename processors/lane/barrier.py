"""The gate's conditions, read again when work is taken (`design.md`, Taking work)."""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.fields import inputs_of
from processors.ports.lane import Dirty, Facts, FieldEnd, Origin, Result
from schemas.connection import LinkState
from schemas.person import Field
from schemas.reasons import Code

SKIPPED_LINKS = {
    LinkState.UNLINKED: Code.NOT_LINKED,
    LinkState.EXISTS: Code.EXISTS_IN_XLEDGER,
    LinkState.DECLINED: Code.DECLINED,
    LinkState.AMBIGUOUS: Code.AMBIGUOUS,
    LinkState.DELETED: Code.DELETED,
}
"""Links that nothing is written for (`rules.md`, Links). Gone fails instead."""


@dataclass(frozen=True, slots=True)
class Lock:
    """From which revision on nothing goes out, and what it is called (R-71, R-101)."""

    revision: int
    code: Code


def stop(facts: Facts, state: LinkState) -> tuple[Result, Code] | None:
    """Return how everything of a person ends unsent, or None when something may be sent."""
    if facts.deleted:
        return Result.SKIPPED, Code.DELETED
    if facts.type not in (None, "user"):
        return Result.SKIPPED, Code.NOT_A_PERSON
    if state is LinkState.GONE:
        return Result.FAILED, Code.EMPLOYEE_GONE
    if state in SKIPPED_LINKS:
        return Result.SKIPPED, SKIPPED_LINKS[state]
    return None


def lock_of(facts: Facts, group: str | None) -> Lock | None:
    """Return the person's lock: deactivated, or out of the connection's group; the older one."""
    locks = []
    if facts.active is False:
        locks.append(Lock(facts.active_version, Code.LOCKED))
    if group is not None and facts.groups is not None and group not in facts.groups:
        locks.append(Lock(facts.groups_version, Code.OUT_OF_SCOPE))
    return min(locks, key=lambda lock: lock.revision, default=None)


def locked_end(
    dirty: Dirty, field: Field, lock: Lock, versions: Mapping[str, int], *, begun: bool
) -> FieldEnd | None:
    """Return how a dirty field ends under a lock, or None when it is still sent, once (R-71).

    A retry after a failure, and a request of ours, end as locked, unless they go with a creation
    that was `begun`, which is finished. A value younger than the lock is not sent: the older event
    that dirtied the field is superseded.
    """
    again = dirty.attempts > 0 or dirty.origin is Origin.REQUEST
    if dirty.version > lock.revision or (again and not begun):
        return FieldEnd(dirty.field, dirty.turn, Result.SKIPPED, lock.code)
    if younger(field, lock, versions):
        return FieldEnd(dirty.field, dirty.turn, Result.SUPERSEDED)
    return None


def younger(name: Field, lock: Lock, versions: Mapping[str, int]) -> bool:
    """Say whether what a field would write is younger than the lock: then it is not sent."""
    return max((versions.get(one, -1) for one in inputs_of(name)), default=-1) > lock.revision
