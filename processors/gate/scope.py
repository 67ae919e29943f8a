"""Is the person in the connection's group? Leaving locks: a version, too (R-71, R-100, R-101)."""

from processors.gate.case import Case, Stop, in_scope
from schemas.connection import LinkState
from schemas.reasons import Code

MADE = frozenset({LinkState.CREATING, LinkState.LINKED})


def scope(case: Case) -> Stop | None:
    """Stop for who is outside of the group; what is older than their leaving is still sent, once.

    Somebody of whom nothing is made yet is outside, whenever they left.
    """
    facts, event = case.person, case.event
    if in_scope(facts, case.standing.connection.group):
        return None
    older = not case.again and event.revision <= facts.groups_version
    if older and case.state in MADE and (event.fields or event.positions):
        return None
    return Stop(Code.OUT_OF_SCOPE)
