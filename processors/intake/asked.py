"""What requests of ours, and returns, make dirty: "everything that differs" (R-74, R-112)."""

from collections.abc import Collection

from processors.fields import FIELDS, field_of, targets_of
from processors.gate.person import PERSON
from processors.mapping.required import REQUIRED
from processors.ports.intake import IntakeTransaction, Standing, StoredLink, StoredPerson
from schemas.connection import LinkState
from schemas.events import EventType, Request
from schemas.person import HumaField, PersonKey, PositionField
from schemas.reasons import Code


def differing(
    transaction: IntakeTransaction,
    connection: str,
    key: PersonKey,
    stored: StoredLink,
    also: Collection[str],
) -> list[str]:
    """Return the fields to compare: an event changed them since the link, or we confirmed them.

    Position fields take part once they were triggered (R-52, R-112). The lane finds out what
    differs. Of who is still to be created everything goes out.

    Args:
        transaction: the store's.
        connection: where.
        key: who.
        stored: what the link is.
        also: fields that events of this batch changed without making them dirty.
    """
    if stored.state in {LinkState.WANTED, LinkState.CREATING}:
        return _known(transaction, key)
    link = (connection, key.user)
    touched, confirmed = transaction.touched([link]).get(link, (frozenset(), frozenset()))
    of_person = [
        name.value
        for name in HumaField
        if name in touched
        or name in also
        or any(target in confirmed for target in targets_of(name))
    ]
    return [*of_person, *(name.value for name in PositionField if stored.triggered)]


def _known(transaction: IntakeTransaction, key: PersonKey) -> list[str]:
    """Return the fields that are known of a person, and those that nobody is created without."""
    known = transaction.versions([(key, name.value) for name in FIELDS])
    return [name.value for name in FIELDS if (key, name.value) in known or name in REQUIRED]


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
