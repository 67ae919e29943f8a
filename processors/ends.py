"""Counts events' ends, once they are committed (R-80, R-91, R-105)."""

from collections import Counter
from collections.abc import Iterable

from processors.ports.intake import Ended
from processors.ports.telemetry import Telemetry
from schemas.labels import class_of
from schemas.metrics import CLOCK_SKEW, END_TO_END, LETTERS_WRITTEN, OUTCOMES, REPLAYS
from schemas.outcome import Result


def count_ends(telemetry: Telemetry, ends: Iterable[Ended]) -> None:
    """Count outcomes, letters and replays, and how long the applied ones took.

    A negative time counts as 0 (R-80).
    """
    counts: Counter[tuple[str, str]] = Counter()
    for end in ends:
        counts[end.result.value, end.reason.value if end.reason else ""] += 1
        if end.result is Result.DEAD_LETTERED:
            telemetry.count(LETTERS_WRITTEN, class_of(end.reason.value if end.reason else ""))
        if end.round:
            telemetry.count(REPLAYS, end.result.value)
        if end.seconds is not None:
            telemetry.observe(END_TO_END, max(0.0, end.seconds))
            if end.seconds < 0:
                telemetry.count(CLOCK_SKEW)
    for labels, count in counts.items():
        telemetry.count(OUTCOMES, *labels, by=count)
