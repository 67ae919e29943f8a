"""Replays as rows: planned, sent letter by letter in the order kept, and how they end (R-91)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select, update

from connectors.store import audit, bulk
from connectors.store.clock import read_now
from connectors.store.engine import Store
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.letters import letter_of, which
from connectors.store.replay_states import around, people_now
from connectors.store.replays_progress import progress
from connectors.store.replays_sent import send
from connectors.store.tables import letter, outbox, replay, replay_letter
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

SOON: Final = 5.0
"""Seconds after which it is worth trying again."""


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

    def next(
        self, id_: str, limit: int, resting: Collection[str | None] = ()
    ) -> Sequence[Numbered]:
        """See the port."""
        columns = replay_letter.c
        awake = columns.connection.not_in([one for one in resting if one is not None])
        nobodys = columns.connection.is_(None)
        query = (
            select(replay_letter)
            .where(columns.replay == id_, columns.round.is_(None), columns.result.is_(None))
            .where(~nobodys & awake if None in resting else nobodys | awake)
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
            return send(transaction, self._keyring, id_, letters)

    def progress(self, id_: str, since: int | None = None) -> Progress:
        """See the port."""
        with self._store.read() as transaction:
            run = _run(transaction, id_)
            return progress(transaction, id_, (run.started_at or 0) if since is None else since)


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
