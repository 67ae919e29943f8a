"""The loops that export what waits in the store (R-105)."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from console.crew import Work
from console.wiring import Wiring
from schemas.connection import LaneState
from schemas.errors import RetryLater
from schemas.labels import LETTER_CODES, OTHER, UNENDED, Api, class_of
from schemas.metrics import (
    BUILD,
    CONNECTIONS,
    FIRST_LETTER,
    OLDEST_LETTER,
    OLDEST_MAIL,
    OLDEST_OUTBOX,
    OLDEST_PENDING,
    OLDEST_REFUSAL,
    OLDEST_REPLAY,
    OLDEST_STATE,
    OPEN_LETTERS,
    OUTBOX_ROWS,
    WAITING_LETTERS,
)

SECONDS: Final = 5.0
DESK_SECONDS: Final = 15.0
"""Between two looks at the letters: alerts on them are a matter of minutes."""

log = structlog.get_logger()


def gauges(wiring: Wiring) -> Work:
    """Return the loop that exports what waits for the roles, and how lanes stand."""
    wiring.telemetry.set(BUILD, 1, wiring.version)
    return _loop(SECONDS, lambda: show_work(wiring))


def desk_gauges(wiring: Wiring) -> Work:
    """Return the loop that exports which letters wait for people; one role runs it."""
    return _loop(DESK_SECONDS, lambda: show_desk(wiring))


def show_work(wiring: Wiring) -> None:
    """Look once at what waits for the roles.

    Raises:
        RetryLater: the store is away.
    """
    report, telemetry = wiring.report(), wiring.telemetry
    telemetry.set(OLDEST_PENDING, report.oldest_pending)
    telemetry.set(OLDEST_OUTBOX, report.oldest_outbox)
    telemetry.set(OLDEST_MAIL, report.oldest_mail)
    telemetry.set(OUTBOX_ROWS, report.outbox_rows)
    for state in LaneState:
        telemetry.set(CONNECTIONS, report.connections.get(state, 0), state.value)
        telemetry.set(OLDEST_STATE, report.since.get(state, 0), state.value)
    for api in Api:
        telemetry.set(OLDEST_REFUSAL, report.refused.get(api, 0), api.value)


def show_desk(wiring: Wiring) -> None:
    """Look once at the letters; a code that has none any more goes back to 0.

    Raises:
        RetryLater: the store is away.
    """
    report, telemetry = wiring.desk_report(), wiring.telemetry
    for state in UNENDED:
        telemetry.set(WAITING_LETTERS, report.letters.get(state, 0), state.value)
    counts: Counter[str] = Counter()
    for code, count in report.open.items():
        counts[code if code in report.first else OTHER] += count
    for _, code in LETTER_CODES:
        telemetry.set(OPEN_LETTERS, counts[code], class_of(code), code)
    telemetry.set(OLDEST_LETTER, report.oldest_open)
    telemetry.set(OLDEST_REPLAY, report.oldest_replay)
    for code, first in report.first.items():
        telemetry.set(FIRST_LETTER, first, code)


def _loop(seconds: float, show: Callable[[], None]) -> Work:
    def work(stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                show()
            except RetryLater as away:
                log.info("gauges.wait", why=str(away))
            stop.wait(seconds)

    return work
