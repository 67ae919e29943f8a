"""A batch is kept whatever is in it; what cannot be kept is counted, and stops nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import pytest
from structlog.testing import capture_logs

from connectors.store.tables import heartbeat, timeline
from connectors.store.watching import StoredWatch
from connectors.telemetry import Prometheus
from processors.ports.watch import Seen, WatchTransaction
from processors.watch.watching import Watching
from schemas.errors import CannotStore, StoreUnavailable
from schemas.topics import DEAD_LETTERS, OUTCOMES
from tests.fixtures.watched import NOON, REPLAYS, Happened, Watched, applied, beat, failed

CANARY: Final = "Kari Nordmann"
EVENTS: Final = [Happened(f"e{n}", {"email": applied(n)}, n) for n in range(1, 9)]


CULPRIT: Final = EVENTS[2]


class Refusing(StoredWatch):
    """A store that can take no batch with event e3 in it."""

    @contextmanager
    def transaction(self) -> Iterator[WatchTransaction]:
        """Refuse at the end of the transaction, as PostgreSQL does."""
        with super().transaction() as transaction:
            yield transaction
            if transaction.told([CULPRIT.outcome.id]):
                raise CannotStore("no form for this")


def test_a_record_that_is_no_outcome_is_passed(watched: Watched) -> None:
    """It is counted, and said by its place alone."""
    good = EVENTS[0].outcome_record
    bad = replace(good, offset=7, value=f'{{"id": "{CANARY}"}}'.encode())
    with capture_logs() as logs:
        watched.watching.outcomes([bad, good])
    assert len(watched.rows(timeline)["timeline"]) == 1
    assert (watched.counted("unreadable", [bad]), watched.counted("stored", [good])) == (1, 1)
    assert [(one["event"], one["topic"], one["offset"], one["why"]) for one in logs] == [
        ("watch.passed", OUTCOMES.name, 7, "unreadable")
    ]
    assert CANARY not in str(logs) + repr(bad)


@pytest.mark.parametrize(
    "record",
    [
        Seen(DEAD_LETTERS.name, 0, 0, NOON, None, None, None),
        Seen(DEAD_LETTERS.name, 0, 0, NOON, None, CANARY.encode(), []),
        Seen(DEAD_LETTERS.name, 0, 0, NOON, None, None, [("huma-xledger-stage", b"call")]),
    ],
)
def test_a_record_that_is_no_letter_is_passed(watched: Watched, record: Seen) -> None:
    """Headers that cannot be read, none of ours, or not all."""
    good = Happened("e1", {"email": failed(1)}).letter_record
    assert good is not None
    watched.watching.letters([record, good])
    assert watched.letters() == {"e1": ("open", None)}
    assert watched.counted("unreadable", [record]) == 1


def test_a_record_that_the_store_cannot_take_is_found_and_passed(watched: Watched) -> None:
    """The batch is halved until it is alone: the others are kept."""
    telemetry = Prometheus()
    watching = Watching(Refusing(watched.store), REPLAYS, telemetry)
    with capture_logs() as logs:
        watching.outcomes([one.outcome_record for one in EVENTS])
    kept = {row["event"] for row in watched.rows(timeline)["timeline"]}
    assert kept == {one.event for one in EVENTS} - {"e3"}
    assert [one["why"] for one in logs] == ["cannot be stored"]
    count = "huma_xledger_watch_records_total"
    labels = {"topic": OUTCOMES.name, "result": "cannot be stored"}
    assert telemetry.registry.get_sample_value(count, labels) == 1


def test_a_store_that_is_away_is_for_the_caller_to_wait_for(watched: Watched) -> None:
    """Nothing is kept, nothing is counted: the batch is read again."""

    class Away(StoredWatch):
        @contextmanager
        def transaction(self) -> Iterator[WatchTransaction]:
            with super().transaction() as transaction:
                yield transaction
                raise StoreUnavailable("away")

    watching = Watching(Away(watched.store), REPLAYS, watched.telemetry)
    record = EVENTS[0].outcome_record
    with pytest.raises(StoreUnavailable):
        watching.outcomes([record])
    assert watched.rows(timeline)["timeline"] == []
    assert watched.counted("stored", [record]) == 0


@pytest.mark.rule("R-89")
def test_repeats_are_counted_apart(watched: Watched) -> None:
    """They change nothing."""
    records = [one.outcome_record for one in EVENTS]
    watched.watching.outcomes(records)
    before = watched.rows()
    watched.watching.outcomes(records)
    assert watched.rows() == before
    assert watched.counted("stored", records) == watched.counted("repeated", records) == 8


@pytest.mark.rule("R-109")
def test_the_newest_heartbeat_of_each_partition_stays(watched: Watched) -> None:
    """And the oldest of them is what tells that a partition stands still."""
    assert watched.port.oldest_heartbeat() is None
    watched.watching.outcomes([beat(0, 1), beat(1, 3), beat(0, 2), EVENTS[0].outcome_record])
    watched.watching.outcomes([beat(0, 1), beat(1, 5)])
    rows = {row["partition"]: row["beat_at"] for row in watched.rows(heartbeat)["heartbeat"]}
    assert rows == {0: NOON + 2 * 60_000, 1: NOON + 5 * 60_000}
    assert watched.port.oldest_heartbeat() == NOON + 2 * 60_000
    assert len(watched.rows(timeline)["timeline"]) == 1
