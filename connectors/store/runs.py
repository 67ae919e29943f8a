"""Jobs of a manual sync, as commands plan and watch them (R-27)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import orjson
from sqlalchemy import select, update

from connectors.store import audit
from connectors.store.clock import now_ms
from connectors.store.engine import Store
from connectors.store.tables import connection as connections
from connectors.store.tables import run
from schemas.errors import NotFound, StopProcess

LINK_MATCHING: Final = "link-matching"
OPEN: Final = ("planned", "running", "interrupted")


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A job as a command shows it. Times are the store's, in milliseconds."""

    id: str
    connection: str
    kind: str
    state: str
    planned_at: int
    started_at: int | None
    ended_at: int | None
    counts: Mapping[str, int]
    failure: str | None


class Runs:
    """Jobs, as commands plan and watch them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plan(self, connection: str, organization: str, actor: str) -> ShownRun:
        """Plan a job of link matching.

        Raises:
            StopProcess: one is under way (R-27).
        """
        id_ = str(uuid4())
        with self._store.begin() as transaction:
            transaction.execute(  # of two who plan at once the second sees the first one's
                select(connections.c.id).where(connections.c.id == connection).with_for_update()
            )
            under_way = transaction.execute(
                select(run.c.id, run.c.planned_at).where(
                    run.c.connection == connection, run.c.state.in_(OPEN)
                )
            ).first()
            if under_way is not None:
                raise StopProcess(f"a sync of this connection is already running: {under_way.id}")
            transaction.execute(
                run.insert().values(
                    id=id_,
                    connection=connection,
                    organization=organization,
                    kind=LINK_MATCHING,
                    state="planned",
                    actor=actor,
                    planned_at=now_ms(),
                )
            )
            audit.add(transaction, organization, connection, actor, "sync.planned", rule="R-27")
        return self.get(id_)

    def get(self, id_: str) -> ShownRun:
        """Return one.

        Raises:
            NotFound: there is none with this id.
        """
        found = self._shown(run.c.id == id_)
        if not found:
            raise NotFound(f"there is no run {id_}: see `sync show`")
        return found[0]

    def of(self, connection: str) -> list[ShownRun]:
        """Return a connection's, the newest first."""
        return self._shown(run.c.connection == connection)

    def give_up(self, id_: str) -> bool:
        """End a job that nobody took; False when somebody has it after all."""
        with self._store.begin() as transaction:
            ended = transaction.execute(
                update(run)
                .where(run.c.id == id_, run.c.state == "planned")
                .values(state="failed", ended_at=now_ms(), failure="no delivery process took it")
            )
            return bool(ended.rowcount)

    def _shown(self, condition: Any) -> list[ShownRun]:
        with self._store.read() as transaction:
            rows = transaction.execute(
                select(run).where(condition).order_by(run.c.planned_at.desc())
            ).all()
        return [
            ShownRun(
                row.id, row.connection, row.kind, row.state, row.planned_at, row.started_at,
                row.ended_at, orjson.loads(row.progress), row.failure,
            )
            for row in rows
        ]  # fmt: skip
