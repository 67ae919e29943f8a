"""What the roles export of the store (R-105)."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from connectors.store.desk_report import DeskReport
from console.gauges import desk_gauges, gauges, show_desk, show_work
from console.wiring import Wiring
from schemas.connection import LaneState
from schemas.errors import StoreUnavailable
from schemas.labels import CODES
from schemas.metrics import (
    BUILD,
    CONNECTIONS,
    FIRST_LETTER,
    OLDEST_LETTER,
    OLDEST_PENDING,
    OLDEST_REFUSAL,
    OLDEST_REPLAY,
    OLDEST_STATE,
    OPEN_LETTERS,
    WAITING_LETTERS,
    Metric,
)
from schemas.reasons import Code

NEVER = {code: 0.0 for (code,) in CODES}
OPEN = DeskReport(
    {"open": 3, "parked": 1},
    {Code.REFUSED: 2, "of a later version": 1},
    5.0,
    6.0,
    NEVER | {Code.REFUSED: 4.0},
)
MENDED = DeskReport({}, {}, 0.0, 0.0, NEVER | {Code.REFUSED: 4.0})


@pytest.fixture
def wiring(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiring]:
    """A process's parts on an empty store."""
    monkeypatch.setenv("HUMA_XLEDGER_STORE__URL", store_url)
    made = Wiring(os.environ)
    yield made
    made.close()


def value(wiring: Wiring, metric: Metric, *labels: str) -> float | None:
    """Return what is exported."""
    named = dict(zip(metric.labels, labels, strict=True))
    return wiring.telemetry.registry.get_sample_value(metric.name, named)


@pytest.mark.rule("R-105")
def test_an_empty_store_is_exported_as_zeros(wiring: Wiring) -> None:
    """Every state of a lane among them, held too."""
    show_work(wiring)
    show_desk(wiring)
    assert value(wiring, OLDEST_PENDING) == 0
    assert value(wiring, OLDEST_LETTER) == 0
    for state in LaneState:
        assert value(wiring, CONNECTIONS, state.value) == 0
        assert value(wiring, OLDEST_STATE, state.value) == 0
    assert value(wiring, OLDEST_REFUSAL, "huma") == 0


@dataclass
class Desk:
    """Reports to come, one a look; None: the store is away."""

    stop: threading.Event
    reports: list[DeskReport | None] = field(default_factory=list)

    def __call__(self) -> DeskReport:
        """Return the next one; the last look ends the loop."""
        report = self.reports.pop(0)
        if not self.reports:
            self.stop.set()
        if report is None:
            raise StoreUnavailable("the store is away")
        return report


@pytest.mark.rule("R-105")
def test_a_code_without_open_letters_goes_back_to_zero(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code that is not known here counts as other; what was seen first stays."""
    monkeypatch.setattr(wiring, "desk_report", Desk(threading.Event(), [OPEN, MENDED]))
    show_desk(wiring)
    assert value(wiring, WAITING_LETTERS, "open") == 3
    assert value(wiring, WAITING_LETTERS, "retrying") == 0
    assert value(wiring, OPEN_LETTERS, "data", Code.REFUSED) == 2
    assert value(wiring, OPEN_LETTERS, "other", "other") == 1
    assert (value(wiring, OLDEST_LETTER), value(wiring, OLDEST_REPLAY)) == (5, 6)
    show_desk(wiring)
    assert value(wiring, WAITING_LETTERS, "open") == 0
    assert value(wiring, OPEN_LETTERS, "data", Code.REFUSED) == 0
    assert value(wiring, OPEN_LETTERS, "other", "other") == 0
    assert (value(wiring, OLDEST_LETTER), value(wiring, OLDEST_REPLAY)) == (0, 0)
    assert value(wiring, FIRST_LETTER, Code.REFUSED) == 4


@pytest.mark.rule("R-105")
def test_what_was_exported_last_stays_while_the_store_is_away(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop goes on, and ends when it is told to."""
    stop = threading.Event()
    monkeypatch.setattr("console.gauges.DESK_SECONDS", 0.0)
    monkeypatch.setattr(wiring, "desk_report", Desk(stop, [OPEN, None]))
    desk_gauges(wiring)(stop)
    assert value(wiring, OLDEST_LETTER) == 5


@pytest.mark.rule("R-105")
def test_the_version_is_exported_before_the_store_is_asked(wiring: Wiring) -> None:
    """Whatever comes of it."""
    stop = threading.Event()
    stop.set()
    gauges(wiring)(stop)
    assert value(wiring, BUILD, wiring.version) == 1
