"""How a replay is getting on, counted from its rows (R-91)."""

from collections import defaultdict

from sqlalchemy import Connection, case, func, select

from connectors.store.clock import read_now
from connectors.store.tables import heartbeat, replay_letter
from processors.ports.replay import Progress


def progress(transaction: Connection, id_: str, since: int) -> Progress:
    """Return a run's progress; what ended counts where it was sent at `since` or later."""
    columns = replay_letter.c
    mine = columns.replay == id_
    waits = columns.round.is_(None) & columns.result.is_(None)
    passed = columns.round.is_(None) & columns.result.is_not(None)
    letters, unsent, refused = transaction.execute(
        select(
            func.count(), func.sum(case((waits, 1), else_=0)), func.sum(case((passed, 1), else_=0))
        ).where(mine)
    ).one()
    under_way = transaction.execute(
        select(columns.connection, func.count())
        .where(mine, columns.round.is_not(None), columns.result.is_(None))
        .group_by(columns.connection)
    )
    ended: dict[tuple[str, str | None], int] = defaultdict(int)
    for result, code, many in transaction.execute(
        select(columns.result, columns.code, func.count())
        .where(
            mine, columns.round.is_not(None), columns.result.is_not(None), columns.sent_at >= since
        )
        .group_by(columns.result, columns.code)
    ):
        ended[result, code] += many
    beat = transaction.execute(select(func.min(heartbeat.c.beat_at))).scalar_one()
    return Progress(
        letters, int(unsent or 0), int(refused or 0), {row[0]: row[1] for row in under_way},
        ended, beat, read_now(transaction),
    )  # fmt: skip
