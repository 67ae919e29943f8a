"""Does the event say anything new for us? Staleness is per field (R-83, R-111)."""

from processors.gate.case import Case, Stop
from schemas.events import EventType
from schemas.reasons import Code


def stale(case: Case) -> Stop | None:
    """Stop an event without a newer supported field, unless it brings a person back."""
    event = case.event
    if case.fresh or case.returned:
        return None
    if case.withheld is not None:
        return Stop(case.withheld)
    if event.fields or event.positions:
        return Stop(Code.STALE)
    if event.type is EventType.USER_UPDATED and event.active is None and event.groups is None:
        return Stop(Code.NO_SUPPORTED_FIELD)
    return Stop(Code.NOTHING_TO_DO)
