"""The gate: does this event change anything for this connection? The questions, in order."""

from collections.abc import Callable
from typing import Final

from processors.gate.active import active, after_activation
from processors.gate.case import Case, Stop, follow, in_scope
from processors.gate.deleted import deleted
from processors.gate.locked import locked
from processors.gate.person import person
from processors.gate.position_data import withheld
from processors.gate.scope import scope
from processors.gate.stale import stale
from processors.gate.wanted import wanted

__all__ = [
    "QUESTIONS", "Case", "Stop", "after_activation", "follow", "in_scope", "judge", "withheld",
]  # fmt: skip

QUESTIONS: Final[tuple[Callable[[Case], Stop | None], ...]] = (
    active, deleted, scope, person, locked, stale, wanted,
)  # fmt: skip
"""Whose event it is at all was asked of the record's key before (R-98)."""


def judge(case: Case) -> Stop | None:
    """Return why the event ends here, or None: its fields are to be sent."""
    for question in QUESTIONS:
        stop = question(case)
        if stop is not None:
            return stop
    return None
