"""Is the person locked? The lock is a version: the revision of the deactivation (R-70, R-71)."""

from processors.gate.case import Case, Stop
from schemas.reasons import Code


def locked(case: Case) -> Stop | None:
    """Stop what is younger than the lock; what is older is still sent, once."""
    facts = case.person
    younger = case.again or case.event.revision > facts.active_version
    if facts.active is False and younger:
        return Stop(Code.LOCKED)
    return None
