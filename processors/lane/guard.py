"""The guard against mass changes: how many people may change in an hour (R-93).

Contract end: a promotion makes every position field dirty, so being dirty says nothing about it.
It counts where it is about to be written and is another date than the confirmed one; what was never
confirmed counts as "no end", or the first event of a position of everybody who was linked by email
would count. So it is judged after mapping, before anything is sent, and with it whatever else is
sensitive and was dirty for another reason (a reactivation sends what changed under the lock).

Somebody new counts among the people, and not among the sensitive: a new bank account replaces none.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from processors.lane.parcel import Parcel
from processors.ports.lane import Origin
from schemas.employee import Target
from schemas.guard import SENSITIVE_TARGETS, Crowd, GuardLimits, HoldReason


@dataclass(frozen=True, slots=True)
class Guard:
    """The port `processors.ports.guard.GuardRule`; both parts are settings."""

    defaults: GuardLimits
    window: float

    def allowed(self, limits: GuardLimits, linked: int) -> Crowd:
        """Return how many people may change: the number, or the share of the linked, if greater.

        >>> Guard(GuardLimits(50, 20, 5, 2), 3600.0).allowed(GuardLimits(50, 20, 5, 2), 1200)
        Crowd(people=240, sensitive=24)
        """
        return Crowd(
            max(limits.people, limits.percent * linked // 100),
            max(limits.sensitive_people, limits.sensitive_percent * linked // 100),
        )

    def judge(self, changed: Crowd, allowed: Crowd) -> HoldReason | None:
        """Return which limit was passed; more than what is allowed passes it."""
        if changed.people > allowed.people:
            return HoldReason.PEOPLE
        return HoldReason.SENSITIVE if changed.sensitive > allowed.sensitive else None


def exposed(parcels: Iterable[Parcel]) -> dict[str, int]:
    """Return whose sensitive values a Huma event is about to change, with the newest turn of them.

    >>> exposed([])
    {}
    """
    found: dict[str, int] = {}
    for one in parcels:
        if one.creates:
            continue
        besides = one.values.keys() - {
            target for targets in one.sent.values() for target in targets
        }
        for name, targets in one.sent.items():
            dirty, written = one.turns[name], targets | besides
            if dirty.origin is Origin.EVENT and any(_changes(one, target) for target in written):
                found[one.subject.user] = max(dirty.turn, found.get(one.subject.user, 0))
    return found


def _changes(one: Parcel, target: Target) -> bool:
    """Say whether a write gives a sensitive target another value than the one we know."""
    if target not in SENSITIVE_TARGETS or target not in one.values:
        return False
    known, value = one.subject.confirmed, one.values[target]
    if target not in known:
        return target is not Target.EMPLOYMENT_TO or value is not None
    return known[target] != value
