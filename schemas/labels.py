"""Values of labels that are known beforehand: their series exist, as 0, before anything happens.

An alert on the first of its kind needs the zero before it.
"""

from enum import StrEnum
from itertools import product
from typing import Final

from schemas.advice import REASONS, Kind
from schemas.connection import LaneState
from schemas.desk import LetterState
from schemas.events import EventType
from schemas.guard import HoldReason
from schemas.outcome import Result
from schemas.reasons import Code
from schemas.topics import DEAD_LETTERS, OUTCOMES

Values = tuple[tuple[str, ...], ...]


class Api(StrEnum):
    """Whose credential it is."""

    XLEDGER = "xledger"
    HUMA = "huma"


OTHER: Final = "other"
"""Stands for what this version does not know, so that labels stay few."""
UNENDED: Final = (LetterState.OPEN, LetterState.RETRYING, LetterState.PARKED)
"""States of a letter that somebody or something has still to end."""


def class_of(code: str) -> str:
    """Return the class of the letters with a code.

    >>> class_of("not JSON"), class_of("of a later version")
    ('schema', 'other')
    """
    known = CLASSES.get(code)
    return OTHER if known is None else known


CLASSES: Final = {
    one.code.value: one.letter.value for one in REASONS.values() if one.letter is not None
}
"""Of every code that a dead letter can have."""


def _codes(kind: Kind) -> list[str]:
    return [code.value for code in Code if REASONS[code].kind is kind]


TYPES: Final[Values] = (*((one.value,) for one in EventType), (OTHER,))
ENDS: Final[Values] = (
    *((one.value, "") for one in (Result.APPLIED, Result.UNCHANGED, Result.SUPERSEDED)),
    *((Result.SKIPPED.value, code) for code in _codes(Kind.SKIP)),
    *((Result.DEAD_LETTERED.value, code) for code in _codes(Kind.FAIL)),
)
RESULTS: Final[Values] = tuple((one.value,) for one in Result)
LANE_STATES: Final[Values] = tuple((one.value,) for one in LaneState)
HOLD_REASONS: Final[Values] = tuple((one.value,) for one in HoldReason)
APIS: Final[Values] = tuple((one.value,) for one in Api)
LETTER_STATES: Final[Values] = tuple((one.value,) for one in UNENDED)
LETTER_CODES: Final[Values] = (
    *((class_of(code), code) for code in _codes(Kind.FAIL)),
    (OTHER, OTHER),
)
CODES: Final[Values] = tuple((code,) for code in _codes(Kind.FAIL))
LETTER_CLASSES: Final[Values] = tuple((one,) for one in dict.fromkeys(CLASSES.values()))
READ_BY_WATCH: Final[Values] = tuple(
    product(
        (OUTCOMES.name, DEAD_LETTERS.name),
        ("stored", "repeated", "unreadable", "cannot be stored"),
    )
)
