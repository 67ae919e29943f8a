"""What watch works out is the same on both databases, whoever works beside it."""

import threading

import pytest

from connectors.store.tables import failure, heartbeat, letter
from processors.watch.watching import Watching
from schemas.events import EventType
from schemas.outcome import Result
from schemas.reasons import Code
from tests.fixtures.stored import OLA
from tests.fixtures.watched import REPLAYS, Happened, Watched, applied, beat, failed, skipped


@pytest.mark.rule("R-72", "R-78", "R-89", "R-90", "R-109")
def test_everything_at_once(watched: Watched) -> None:
    """One batch of each topic, with all kinds in it."""
    happened = [
        Happened("e1", {"email": failed(1), "phone": failed(1)}),
        Happened("e2", {"email": applied(2)}, 1),
        Happened("e3", {"phone": skipped(Code.LOCKED)}, 2),
        Happened("e4", {"email": failed(3)}, 3, connection="c2"),
        Happened("e4", {"email": failed(4, Code.EXHAUSTED)}, 4, round=1, connection="c2"),
        Happened("b1", connection=None, result=Result.DEAD_LETTERED, reason=Code.NOT_JSON),
        Happened("b2", connection=None, result=Result.DEAD_LETTERED, reason=Code.NOT_JSON,
                 person=OLA),
        Happened("gone", at=5, person=OLA, type=EventType.USER_DELETED, reason=Code.DELETED),
    ]  # fmt: skip
    letters = [record for one in happened if (record := one.letter_record) is not None]
    for _ in range(2):
        watched.watching.letters(letters)
        watched.watching.outcomes([beat(0, 1), *(one.outcome_record for one in happened)])
    assert watched.letters() == {
        "e1": ("resolved", "locked"), "e4": ("open", None), "b1": ("open", None),
        "b2": ("resolved", "deleted"),
    }  # fmt: skip
    rows = watched.rows(failure, letter, heartbeat)
    assert [(row["field"], row["closed_as"], row["attempts"]) for row in rows["failure"]] == [
        ("email", "applied", 1), ("phone", "locked", 1), ("", "deleted", 0), ("email", None, 2),
    ]  # fmt: skip
    assert len(rows["heartbeat"]) == 1


@pytest.mark.rule("R-89")
def test_two_workers_at_once_come_to_the_same(watched: Watched) -> None:
    """Each has some of the records; nothing of one is lost to the other."""
    people = 40
    happened = [
        one
        for n in range(people)
        for one in (
            Happened(
                f"a{n}", {"email": failed(1)}, person=OLA._replace(user=f"{n:08}" + OLA.user[8:])
            ),
            Happened(
                f"b{n}",
                {"email": applied(2)},
                1,
                person=OLA._replace(user=f"{n:08}" + OLA.user[8:]),
            ),
        )
    ]
    letters = [record for one in happened if (record := one.letter_record) is not None]
    outcomes = [one.outcome_record for one in happened]
    problems: list[BaseException] = []

    def work(first: int) -> None:
        watching = Watching(watched.port, REPLAYS, watched.telemetry)
        try:
            for at in range(first, len(outcomes), 8):
                watching.outcomes(outcomes[at : at + 4])
                watching.letters(letters[at // 2 : at // 2 + 4])
        except BaseException as problem:  # noqa: BLE001 - told below
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 4, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert set(watched.letters().values()) == {("resolved", "applied")}
    assert len(watched.letters()) == people
