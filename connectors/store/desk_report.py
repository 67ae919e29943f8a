"""What waits for people at the desk, for the gauges: letters and replays (R-105)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from connectors.store.engine import Store
from connectors.store.tables import letter, replay_letter
from schemas.desk import LetterState
from schemas.labels import CODES, UNENDED

OPEN: Final = frozenset({LetterState.OPEN.value, LetterState.RETRYING.value})


@dataclass(frozen=True, slots=True)
class DeskReport:
    """Times are seconds since 1970, 0 when there is none.

    Attributes:
        letters: how many nothing has ended, by state; states without any are absent.
        open: how many are open or sent again just now, by code.
        oldest_open: when the oldest of these failed first.
        oldest_replay: when the oldest replay that has not ended was sent.
        first: when the first letter of each code that this program writes failed.
    """

    letters: Mapping[str, int]
    open: Mapping[str, int]
    oldest_open: float
    oldest_replay: float
    first: Mapping[str, float]


def desk_report(store: Store) -> DeskReport:
    """Look at the store once; each question is answered by an index alone."""
    with store.read() as connection:
        counted = connection.execute(
            select(letter.c.state, letter.c.code, func.count())
            .where(letter.c.state.in_([state.value for state in UNENDED]))
            .group_by(letter.c.state, letter.c.code)
        ).all()
        letters: dict[str, int] = {}
        by_code: dict[str, int] = {}
        for state, code, count in counted:
            letters[state] = letters.get(state, 0) + count
            if state in OPEN:
                by_code[code] = by_code.get(code, 0) + count
        sent = connection.execute(
            select(func.min(replay_letter.c.sent_at)).where(replay_letter.c.result.is_(None))
        ).scalar_one()
        return DeskReport(
            letters, by_code, _oldest_open(connection), (sent or 0) / 1000, _first(connection)
        )


def _oldest_open(connection: Connection) -> float:
    oldest = [
        connection.execute(
            select(func.min(letter.c.first_failed_at)).where(letter.c.state == state)
        ).scalar_one()
        for state in sorted(OPEN)
    ]
    return min((one for one in oldest if one is not None), default=0) / 1000


def _first(connection: Connection) -> dict[str, float]:
    """Return the first failure of each code; a look into an index for each of the few codes."""
    codes = [code for (code,) in CODES]
    row = connection.execute(
        select(
            *(
                select(func.min(letter.c.first_failed_at))
                .where(letter.c.code == code)
                .scalar_subquery()
                for code in codes
            )
        )
    ).one()
    return {code: (first or 0) / 1000 for code, first in zip(codes, row, strict=True)}
