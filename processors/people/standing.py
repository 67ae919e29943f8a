"""How an Xledger field stands: sent, equal to what was confirmed, or why it is neither (R-84)."""

from dataclasses import dataclass
from enum import StrEnum

from processors.lane.barrier import lock_of, stop
from processors.people.judged import Judged
from processors.people.link_says import lacking
from processors.ports.people import LinkSeen
from schemas.advice import REASONS
from schemas.employee import Mapped, Target
from schemas.person import Field, PositionField
from schemas.reasons import Code


class Stands(StrEnum):
    """How a target stands; a label for programs."""

    SENT = "will be sent"
    EQUAL = "equal to confirmed"
    DIFFERS = "differs"
    NOTHING = "nothing to write"


@dataclass(frozen=True, slots=True)
class TargetStanding:
    """How one target of one field stands, in words."""

    stands: Stands
    says: str


def standing_of(
    name: Field, target: Target, link: LinkSeen, judged: Judged, *, complete: bool
) -> TargetStanding:
    """Return how a target of a field stands, as the lane would judge now.

    Args:
        name: the field.
        target: one of its targets.
        link: the person in the connection.
        judged: the same, judged.
        complete: whether all is known of the person (R-97).
    """
    result = judged.found.results[name]
    confirmed = link.subject.confirmed
    if not isinstance(result, Mapped) or target not in result.targets:
        return TargetStanding(Stands.NOTHING, "Nothing is written to it; Xledger keeps its own.")
    if target in judged.parcel.values:
        with_creation = "with the creation" if judged.parcel.creates else "to Xledger"
        return TargetStanding(Stands.SENT, f"Will be sent {with_creation}.")
    if target in confirmed and confirmed[target] == result.targets[target]:
        return TargetStanding(Stands.EQUAL, "Equal to what Xledger confirmed.")
    if target not in confirmed and result.targets[target] is None:
        return TargetStanding(Stands.NOTHING, "Empty, and never written to Xledger.")
    differs = "Differs from what Xledger confirmed" if target in confirmed else "Was never written"
    return TargetStanding(Stands.DIFFERS, f"{differs}. {because(name, link, complete=complete)}")


def because(name: Field, link: LinkSeen, *, complete: bool) -> str:
    """Return why what differs is not sent."""
    subject = link.subject
    stopped = stop(subject.facts, subject.state)
    lock = lock_of(subject.facts, link.connection.group)
    code: Code | None = None
    if stopped is not None:
        code = stopped[1]
    elif lock is not None:
        code = lock.code
    elif not complete:
        return "Not all is known of the person, who is read from Huma with the next change."
    elif lacking(subject):
        return "A required field is missing: nothing is sent until it is there."
    elif isinstance(name, PositionField) and not subject.triggered:
        code = Code.NO_POSITION_DATA
    return "The next change of it in Huma sends it." if code is None else REASONS[code].says
