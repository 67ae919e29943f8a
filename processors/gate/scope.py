"""Is the person in the connection's group (R-100, R-101)?"""

from processors.gate.case import Case, Stop, in_scope
from schemas.reasons import Code


def scope(case: Case) -> Stop | None:
    """Stop for who is outside of the group."""
    inside = in_scope(case.person, case.standing.connection.group)
    return None if inside else Stop(Code.OUT_OF_SCOPE)
