"""What the demo counts of the outcomes topic."""

import json
from datetime import UTC, datetime
from typing import Any

from console.demo.tally import Tally
from schemas.events import EventType
from schemas.reading import OUR_SOURCE

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def outcome(id_: str, type_: EventType, source: str = "/huma/users", **more: Any) -> bytes:
    """Return a record of the topic; it took a second."""
    event = {"source": source, "id": id_, "type": type_.value, "time": NOON.isoformat()}
    at = NOON.replace(second=1).isoformat()
    told = {"id": id_, "event": event, "round": 0, "result": "applied", "at": at, **more}
    return json.dumps(told).encode()


def test_an_outcome_counts_once() -> None:
    """A repeat under the same id is none; its seconds are those until the confirmation."""
    tally = Tally()
    tally.take([outcome("1", EventType.USER_UPDATED)] * 2)
    assert (len(tally), tally.day, tally.ends) == (1, [1.0], {("applied", ""): 1})


def test_whom_the_clock_asked_for_is_counted_apart() -> None:
    """Nobody in Huma made these changes; a heartbeat is of no person."""
    tally = Tally()
    tally.take(
        [
            outcome("1", EventType.DAY_TURNED, OUR_SOURCE, user="kari"),
            outcome("2", EventType.DAY_TURNED, OUR_SOURCE, user="kari", result="unchanged"),
            outcome("3", EventType.HEARTBEAT, OUR_SOURCE),
        ]
    )
    assert (len(tally), tally.day, tally.looked_at) == (0, [], {"kari"})


def test_a_replay_is_counted_apart() -> None:
    """The event had its outcome; that of a later round is the replay's."""
    tally = Tally()
    tally.take(
        [
            outcome("1", EventType.USER_UPDATED, result="dead-lettered", reason="exhausted"),
            outcome("2", EventType.USER_UPDATED, round=1),
        ]
    )
    assert tally.ends == {("dead-lettered", "exhausted"): 1}
    assert (len(tally), tally.replayed) == (1, {"applied": 1})
