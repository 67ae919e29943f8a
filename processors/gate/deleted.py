"""Was the person deleted? Then nothing follows, in whatever order it arrives (R-78, R-79)."""

from processors.gate.case import Case, Stop
from schemas.reasons import Code


def deleted(case: Case) -> Stop | None:
    """Stop for everybody who is, or was just, deleted."""
    return Stop(Code.DELETED) if case.person.deleted else None
