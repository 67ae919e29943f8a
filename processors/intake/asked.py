"""What requests of ours, and returns, make dirty: "everything that differs" (R-74, R-112)."""

from collections.abc import Collection

from processors.fields import field_of, targets_of
from processors.gate.person import PERSON
from processors.mapping.required import REQUIRED
from processors.ports.intake import IntakeTransaction, Standing, StoredLink, StoredPerson
from schemas.connection import LinkState
from schemas.events import EventType, Request
from schemas.person import HumaField, PositionField
from schemas.reasons import Code


def differing(
    transaction: IntakeTransaction,
    link: tuple[str, str],
    stored: StoredLink,
    also: Collection[str],
) -> list[str]:
    """Return the fields to compare: an event changed them since the link, or we confirmed them.

    Position fields take part once they were triggered (R-52, R-112). The lane finds out what
    differs. Who is still to be created needs the required fields to be looked at, since a creation
    sends everything; the others count too, for it may be under way, and have read the person
    before they changed.

    Args:
        transaction: the store's.
        link: connection and user.
        stored: what the link is.
        also: fields that events of this batch changed without making them dirty.
    """
    touched, confirmed = transaction.touched([link]).get(link, (frozenset(), frozenset()))
    begins = stored.state in {LinkState.WANTED, LinkState.CREATING}
    needed = {*touched, *also, *(REQUIRED if begins else ())}
    of_person = [
        name.value
        for name in HumaField
        if name in needed or any(target in confirmed for target in targets_of(name))
    ]
    return [*of_person, *(name.value for name in PositionField if stored.triggered)]


def named(request: Request, stored: StoredLink) -> set[str]:
    """Return the fields that a request names and that can be sent; a day turns position fields."""
    fields = {name for name in map(field_of, request.fields) if name is not None}
    if request.type is EventType.DAY_TURNED and not fields:
        fields = set(PositionField)
    return {name.value for name in fields if stored.triggered or isinstance(name, HumaField)}


def stop_of(person: StoredPerson, standing: Standing, state: LinkState) -> Code | None:
    """Say why a request of ours ends at once, or None; the lane asks everything again."""
    if standing.connection.activated_at is None:
        return Code.NOT_ACTIVE
    if person.deleted:
        return Code.DELETED
    if person.type not in {None, PERSON}:
        return Code.NOT_A_PERSON
    if person.active is False:
        return Code.LOCKED
    return Code.NOT_LINKED if state is LinkState.UNLINKED else None
