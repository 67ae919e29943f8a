"""What is waiting, for the gauges (R-105)."""

import pytest

from connectors.store.reports import Report, report
from connectors.store.tables import outbox, pending
from processors.ports.intake import Ending
from schemas.about import About
from schemas.outcome import Result
from schemas.reasons import Code
from tests.fixtures.stored import KARI, OLA, SOURCE, Stored


@pytest.mark.rule("R-105")
def test_an_empty_store_waits_for_nothing(stored: Stored) -> None:
    """Zero stands for nothing, not for 1970."""
    assert report(stored.store) == Report(0, 0, 0, {})


@pytest.mark.rule("R-105")
def test_the_oldest_of_each_kind_is_told(stored: Stored) -> None:
    """In seconds since 1970, with the number of rows, and of connections by state."""
    one, two = stored.connect("c1"), stored.connect("c2")
    stored.connect("c3")
    stored.connections.pause(two.id, "admin")
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(one, OLA, 2, {"phone": "2"})
    stored.set(pending, pending.c.offset == 2, received_at=5_000)
    for id_ in ("a", "b"):
        skipped = Ending(About(SOURCE, id_), None, 0, Result.SKIPPED, Code.NOT_OURS)
        with stored.intake.transaction() as transaction:
            transaction.end([skipped])
    first = min(stored.rows(outbox.c.id))
    stored.set(outbox, outbox.c.id == first[0], written_at=7_000)
    assert report(stored.store) == Report(5.0, 7.0, 2, {"running": 2, "paused": 1})
