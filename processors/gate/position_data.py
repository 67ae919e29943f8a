"""Does position data go out for this link? The cut-off gates the trigger (R-52, R-53, R-54)."""

from typing import Final

from schemas.events import Event, EventType
from schemas.reasons import Code

TRIGGERS: Final = frozenset(
    {EventType.USER_CREATED, EventType.POSITION_CREATED, EventType.POSITION_UPDATED}
)


def withheld(event: Event, *, after: bool, triggered: bool) -> Code | None:
    """Return why an event's positions are only kept, or None: every position field is looked at.

    A position that was only deleted triggers nothing.

    Args:
        event: it carries positions.
        after: it was made at or after the activation.
        triggered: an earlier event, or the person's creation, did.
    """
    if not after:
        return Code.BEFORE_ACTIVATION
    return None if triggered or event.type in TRIGGERS else Code.NO_POSITION_DATA
