"""Is this a person? Service users stay out on every path (R-17)."""

from typing import Final

from processors.gate.case import Case, Stop
from schemas.reasons import Code

PERSON: Final = "user"


def person(case: Case) -> Stop | None:
    """Stop for users of another type; one whose type is unknown counts as a person."""
    return None if case.person.type in (None, PERSON) else Stop(Code.NOT_A_PERSON)
