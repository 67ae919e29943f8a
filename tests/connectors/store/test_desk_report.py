"""Which letters wait for people, for the gauges (R-105)."""

from typing import Any

import pytest
from sqlalchemy import insert

from connectors.store.desk_report import DeskReport, desk_report
from connectors.store.tables import letter, replay_letter
from schemas.labels import CODES
from schemas.reasons import Code
from tests.fixtures.watched import NOON, Happened, Watched, applied, failed

NEVER = {code: 0.0 for (code,) in CODES}
START = NOON / 1000


@pytest.mark.rule("R-105")
def test_where_nothing_failed_nothing_waits(watched: Watched) -> None:
    """Zero stands for nothing; each code that there is has never been."""
    assert desk_report(watched.store) == DeskReport({}, {}, 0, 0, NEVER)


@pytest.mark.rule("R-105")
def test_open_letters_are_counted_by_code(watched: Watched) -> None:
    """With the first failure of the oldest; one that is mended counts no more."""
    watched.see(
        Happened("e1", {"email": failed(1)}, 0),
        Happened("e2", {"phone": failed(2)}, 1),
        Happened("e3", {"gender": failed(3, Code.EXHAUSTED)}, 2),
        Happened("e4", {"email": applied(4)}, 3),
    )
    told = desk_report(watched.store)
    assert told.letters == {"open": 2}
    assert told.open == {Code.REFUSED: 1, Code.EXHAUSTED: 1}
    assert told.oldest_open == START + 60


@pytest.mark.rule("R-105")
def test_a_letter_that_is_sent_again_is_open_all_the_same(watched: Watched) -> None:
    """Parked ones are counted apart, and are not the oldest: nobody works on them."""
    for number, state in enumerate(("parked", "retrying", "ignored", "open")):
        watched.see(Happened(f"e{number}", {f"field{number}": failed(1)}, number))
        _set(watched, letter.c.event == f"e{number}", state=state)
    told = desk_report(watched.store)
    assert told.letters == {"parked": 1, "retrying": 1, "open": 1}
    assert told.open == {Code.REFUSED: 2}
    assert told.oldest_open == START + 60


@pytest.mark.rule("R-105")
def test_the_first_letter_of_a_code_is_told_also_when_it_is_mended(watched: Watched) -> None:
    """What was seen once is never new again."""
    watched.see(
        Happened("e1", {"email": failed(1)}, 5),
        Happened("e2", {"email": applied(2)}, 6),
        Happened("e3", {"email": failed(3)}, 7),
    )
    assert desk_report(watched.store).first == NEVER | {Code.REFUSED: START + 300}


@pytest.mark.rule("R-105")
def test_a_code_of_another_version_is_counted_and_has_no_first(watched: Watched) -> None:
    """Whoever exports it decides how it is named."""
    watched.see(Happened("e1", {"email": failed(1)}))
    _set(watched, letter.c.event == "e1", code="of a later version")
    told = desk_report(watched.store)
    assert (told.open, told.first) == ({"of a later version": 1}, NEVER)


@pytest.mark.rule("R-91", "R-105")
def test_the_oldest_replay_that_has_not_ended_is_told(watched: Watched) -> None:
    """Those that were not sent yet, and those that ended, are not it."""
    rows = [(1, None, None), (2, 9_000, None), (3, 8_000, None), (4, 7_000, "applied")]
    with watched.store.begin() as connection:
        connection.execute(
            insert(replay_letter),
            [
                {"replay": "r", "number": number, "letter": f"l{number}", "forecast": "",
                 "sent_at": sent, "result": result}
                for number, sent, result in rows
            ],
        )  # fmt: skip
    assert desk_report(watched.store).oldest_replay == 8.0


def _set(watched: Watched, which: Any, **values: Any) -> None:
    with watched.store.begin() as connection:
        connection.execute(letter.update().where(which).values(**values))
