"""Is the connection active? Before its first run events are skipped, not failed (R-03, R-07)."""

from processors.gate.case import Case, Stop
from schemas.reasons import Code


def active(case: Case) -> Stop | None:
    """Stop unless the connection is active or a preview of it is open."""
    standing = case.standing
    takes = standing.connection.activated_at is not None or standing.preview
    return None if takes else Stop(Code.NOT_ACTIVE)
