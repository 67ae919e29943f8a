"""Replays as rows: planned, sent letter by letter in the order kept, and how they end (R-91)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, case, func, select, update

from connectors.store import audit, bulk
from connectors.store.clock import read_now
from connectors.store.engine import Store
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.letters import letter_of, which
from connectors.store.organizations import hold
from connectors.store.outbox import NewRow, write
from connectors.store.replay_states import around, people_now
from connectors.store.tables import heartbeat, letter, outbox, replay, replay_letter
from processors.ports.desk import Letter
from processors.ports.replay import (
    Around,
    NewReplay,
    Numbered,
    PersonNow,
    Progress,
    Run,
    Sending,
    Unsent,
)
from schemas.desk import Forecast, ReplayState, Selection
from schemas.errors import Limited, NotFound
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.topics import REQUESTS

SOON: Final = 5.0
"""Seconds after which it is worth trying again."""
NOT_SENT: Final = "not sent"
TAKEN: Final = "another replay of it is under way, or it is resolved"
GONE: Final = "organisation erased"
CLAIM: Final = """
UPDATE letter SET replay_count = k.n, run = k.r, state = 'retrying' FROM {keys} AS k
WHERE letter.id = k.id AND letter.replay_count = k.n - 1
AND letter.state NOT IN ('retrying', 'resolved') RETURNING letter.id
"""


class StoredReplays:
    """The port `processors.ports.replay.ReplayStore`.

    Args:
        store: the store.
        keyring: opens and seals values.
        rows: of the outbox, at which replays wait.
        preview: seconds after which an open preview has expired (R-07).
    """

    def __init__(self, store: Store, keyring: Keyring, rows: int, preview: float) -> None:
        self._store = store
        self._keyring = keyring
        self._rows = rows
        self._preview = preview

    def letters(self, selection: Selection) -> Sequence[Letter]:
        """See the port."""
        with self._store.read() as transaction:
            rows = transaction.execute(select(letter).where(which(selection)))
            return [letter_of(row) for row in rows]

    def letters_of(self, ids: Collection[str]) -> Mapping[str, Letter]:
        """See the port."""
        query = select(letter).where(letter.c.id.in_(ids))
        with self._store.read() as transaction:
            found = [letter_of(row) for row in transaction.execute(query)] if ids else []
        return {one.id: one for one in found}

    def around(self) -> Around:
        """See the port."""
        with self._store.read() as transaction:
            return around(transaction, self._preview)

    def people(self, keys: Sequence[PersonKey], world: Around) -> Mapping[PersonKey, PersonNow]:
        """See the port."""
        with self._store.read() as transaction:
            return people_now(transaction, self._keyring, keys, world)

    def plan(self, run: NewReplay, letters: Sequence[Numbered]) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            now = read_now(transaction)
            why = audit.sealed(transaction, self._keyring, NOBODY, run.reason)
            transaction.execute(
                replay.insert().values(
                    id=run.id, actor=run.actor, reason=why, selection=_selection(run.selection),
                    state=ReplayState.PLANNED.value, canary=run.canary, share=run.share,
                    failures=run.failures, planned_at=now,
                )
            )  # fmt: skip
            bulk.insert(
                transaction,
                replay_letter,
                ("replay", "number", "letter", "organization", "connection", "forecast"),
                [
                    (run.id, one.number, one.letter, one.organization, one.connection,
                     one.forecast.value)
                    for one in letters
                ],
                "",
            )  # fmt: skip

    def run(self, id_: str) -> Run:
        """See the port."""
        with self._store.read() as transaction:
            return _run(transaction, id_)

    def start(self, id_: str, actor: str, reason: Personal[str]) -> None:
        """See the port; the audit has a row for each connection that is concerned."""
        with self._store.begin() as transaction:
            run = _run(transaction, id_)
            if run.state is ReplayState.FINISHED:
                raise NotFound(f"replay {id_} has finished: there is nothing left to send")
            transaction.execute(
                update(replay)
                .where(replay.c.id == id_)
                .values(
                    state=ReplayState.RUNNING.value, why=None, ended_at=None,
                    started_at=read_now(transaction),
                )
            )  # fmt: skip
            mine = replay_letter.c.replay == id_
            concerned = transaction.execute(
                select(replay_letter.c.organization, replay_letter.c.connection)
                .where(mine)
                .distinct()
            ).all()
            for organization, one in sorted(concerned, key=repr):
                whose = organization or NOBODY
                why = audit.sealed(transaction, self._keyring, whose, reason)
                audit.add(
                    transaction, whose, one, actor, "letters.replayed", object_=f"replay:{id_}",
                    rule="R-91", reason=why,
                )  # fmt: skip

    def end(self, id_: str, state: ReplayState, why: str | None = None) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            transaction.execute(
                update(replay)
                .where(replay.c.id == id_)
                .values(state=state.value, why=why, ended_at=read_now(transaction))
            )

    def next(self, id_: str, limit: int) -> Sequence[Numbered]:
        """See the port."""
        columns = replay_letter.c
        query = (
            select(replay_letter)
            .where(columns.replay == id_, columns.round.is_(None), columns.result.is_(None))
            .order_by(columns.number)
            .limit(limit)
        )
        with self._store.read() as transaction:
            return [
                Numbered(
                    row.number, row.letter, row.organization, row.connection,
                    Forecast(row.forecast),
                )
                for row in transaction.execute(query)
            ]  # fmt: skip

    def send(self, id_: str, letters: Mapping[int, Sending | Unsent]) -> int:
        """See the port."""
        with self._store.begin() as transaction:
            query: Any = select(func.count()).select_from(outbox)
            if transaction.execute(query).scalar_one() >= self._rows:
                raise Limited(
                    f"the outbox holds {self._rows:,} rows or more, a quarter of OUTBOX__LIMIT: "
                    "the replay waits until Kafka has taken them",
                    "outbox",
                    SOON,
                )
            now = read_now(transaction)
            letters = _still(transaction, id_, letters)
            erased = _erased(transaction, letters.values())
            claimed = _claim(transaction, id_, letters.values(), erased)
            sent: dict[int, Sending] = {}
            unsent: dict[int, str] = {}
            for number, one in sorted(letters.items()):
                if isinstance(one, Unsent):
                    unsent[number] = one.why
                elif one.letter in claimed:
                    sent[number] = one
                else:
                    unsent[number] = GONE if one.organization in erased else TAKEN
            write(transaction, self._keyring, [_row(one) for one in sent.values()], now)
            _note(transaction, id_, sent, unsent, now)
            return len(sent)

    def progress(self, id_: str) -> Progress:
        """See the port."""
        columns = replay_letter.c
        mine = columns.replay == id_
        with self._store.read() as transaction:
            run = _run(transaction, id_)
            left = case((columns.round.is_(None) & columns.result.is_(None), 1), else_=0)
            refused = case((columns.round.is_(None) & columns.result.is_not(None), 1), else_=0)
            letters, unsent, not_sent = transaction.execute(
                select(func.count(), func.sum(left), func.sum(refused)).where(mine)
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
                    mine,
                    columns.round.is_not(None),
                    columns.result.is_not(None),
                    columns.sent_at >= (run.started_at or 0),
                )
                .group_by(columns.result, columns.code)
            ):
                ended[result, code] += many
            beat = transaction.execute(select(func.min(heartbeat.c.beat_at))).scalar_one()
            return Progress(
                letters, int(unsent or 0), int(not_sent or 0),
                {row[0]: row[1] for row in under_way}, ended, beat, read_now(transaction),
            )  # fmt: skip


def _run(transaction: Connection, id_: str) -> Run:
    row: Any = transaction.execute(select(replay).where(replay.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"there is no replay {id_}")
    return Run(
        row.id, row.actor, ReplayState(row.state), row.canary, row.share, row.failures, row.why,
        row.started_at,
    )  # fmt: skip


def _selection(selection: Selection) -> str:
    def text(value: object) -> str:
        assert isinstance(value, datetime)
        return value.isoformat()

    known = {name: value for name, value in asdict(selection).items() if value}
    return orjson.dumps(known, default=text).decode()


def _still(
    transaction: Connection, id_: str, letters: Mapping[int, Sending | Unsent]
) -> dict[int, Sending | Unsent]:
    """Return those that are still to be sent, and hold their rows: a run may go on twice at once.

    They are held in order, as letters are.
    """
    columns = replay_letter.c
    query = (
        select(columns.number)
        .where(
            columns.replay == id_,
            columns.number.in_(letters),
            columns.round.is_(None),
            columns.result.is_(None),
        )
        .order_by(columns.number)
        .with_for_update()
    )
    return {number: letters[number] for number in transaction.execute(query).scalars()}


def _erased(transaction: Connection, letters: Collection[Sending | Unsent]) -> set[str]:
    """Hold the organisations whose keys seal; returns those that are gone."""
    whose = {one.organization for one in letters if isinstance(one, Sending)}
    gone = set()
    for organization in sorted(one for one in whose if one is not None):
        try:
            hold(transaction, organization)
        except NotFound:
            gone.add(organization)
    return gone


def _claim(
    transaction: Connection, id_: str, letters: Collection[Sending | Unsent], erased: set[str]
) -> frozenset[str]:
    """Claim letters for the next round; returns those that nobody else had (`design.md`, R-91)."""
    meant = sorted(
        (one.letter, one.round, id_)
        for one in letters
        if isinstance(one, Sending) and one.organization not in erased
    )
    if not meant:
        return frozenset()
    held = select(letter.c.id).where(letter.c.id.in_([one[0] for one in meant]))
    transaction.execute(held.order_by(letter.c.id).with_for_update())
    rows = bulk.select(
        transaction,
        [("id", letter.c.id), ("n", letter.c.replay_count), ("r", letter.c.run)],
        meant,
        CLAIM,
    )
    return frozenset(row[0] for row in rows)


def _row(one: Sending) -> NewRow:
    return NewRow(
        REQUESTS.name, one.key, one.value, one.headers,
        organization=one.organization or NOBODY, whose=one.person,
    )  # fmt: skip


def _note(
    transaction: Connection,
    id_: str,
    sent: Mapping[int, Sending],
    unsent: Mapping[int, str],
    now: int,
) -> None:
    """Store what was sent, and why the rest was not."""
    columns = replay_letter.c
    bulk.select(
        transaction,
        [
            ("replay", columns.replay), ("number", columns.number), ("n", columns.round),
            ("outcome", columns.outcome), ("at", columns.sent_at),
        ],
        [(id_, number, one.round, one.outcome, now) for number, one in sent.items()],
        'UPDATE replay_letter SET round = k.n, outcome = k.outcome, sent_at = k."at" '
        "FROM {keys} AS k WHERE replay_letter.replay = k.replay "
        "AND replay_letter.number = k.number",
    )  # fmt: skip
    bulk.select(
        transaction,
        [
            ("replay", columns.replay), ("number", columns.number), ("result", columns.result),
            ("code", columns.code),
        ],
        [(id_, number, NOT_SENT, why) for number, why in unsent.items()],
        "UPDATE replay_letter SET result = k.result, code = k.code "
        "FROM {keys} AS k WHERE replay_letter.replay = k.replay "
        "AND replay_letter.number = k.number",
    )  # fmt: skip
