"""Forecasts and replays of letters, as the commands use them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from uuid import uuid4

from connectors.kafka.letters import KafkaLetters
from connectors.store.replays import StoredReplays
from console.wiring.base import Base
from processors.ports.replay import NewReplay, Progress, Sending
from processors.replay.foretelling import Foretelling, Judged
from processors.replay.pace import pace
from processors.replay.plan import in_order, numbered
from processors.replay.run import Execution, RunLimits
from processors.replay.sending import Rules
from schemas.desk import LetterState, Selection
from schemas.personal import Personal
from schemas.reading import Reading
from schemas.topics import REQUESTS

KIB: Final = 1024
OPEN: Final = (LetterState.OPEN,)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a replay is to go; None takes the setting's default.

    Attributes:
        reason: why.
        canary: letters that must end well first.
        share: percent of each connection's allowance.
        stop_at: percent of failures at which it stops.
    """

    reason: Personal[str]
    canary: int | None = None
    share: int | None = None
    stop_at: int | None = None


class Replaying(Base):
    """What sends letters again."""

    def foretell(self, selection: Selection) -> list[Judged]:
        """Foretell letters, in the order in which they would be sent; open ones unless told."""
        self.require_store()
        meant = selection if selection.states else replace(selection, states=OPEN)
        letters = in_order(self._replays.letters(meant))
        return list(self._foretelling.all(letters, "forecast"))

    def plan_replay(self, selection: Selection, judged: Sequence[Judged], wanted: Wanted) -> str:
        """Store a run of these letters; returns its id."""
        given = self.settings.replay
        canary = given.canary if wanted.canary is None else wanted.canary
        new = NewReplay(
            uuid4().hex[:12],
            self.actor,
            wanted.reason,
            selection,
            canary,
            given.share if wanted.share is None else wanted.share,
            given.stop_at if wanted.stop_at is None else wanted.stop_at,
        )
        self._replays.plan(new, numbered(judged, canary))
        return new.id

    def replay_progress(self, run: str) -> Progress:
        """Return how a run is getting on; NotFound: there is none."""
        self.require_store()
        return self._replays.progress(run)

    def execute_replay(
        self,
        run: str,
        reason: Personal[str],
        show: Callable[[Progress], None],
        say: Callable[[str], None],
    ) -> Progress:
        """Let a run go on until all of its letters have ended.

        Raises:
            Stopped: it stopped before; says why.
            NotFound: there is none, or it has finished.
        """
        self.require_store()
        self._replays.start(run, self.actor, reason)
        started = self._replays.run(run)
        given, lanes = self.settings.replay, self.settings.delivery
        limits = RunLimits(
            pace(lanes.requests, lanes.window, lanes.people, started.share),
            given.least,
            given.look,
            given.silence,
            given.patience,
        )
        execution = Execution(
            self._replays, self._foretelling, started, limits, time.monotonic, time.sleep, show, say
        )
        return execution.go()

    @staticmethod
    def to_send(judged: Sequence[Judged]) -> int:
        """Return how many of these letters a replay would send."""
        return sum(1 for one in judged if isinstance(one.way, Sending))

    @property
    def reading(self) -> Reading:
        """How intake reads what is sent again."""
        given = self.settings.intake
        return Reading(REQUESTS.ours, given.max_value_kib * KIB, given.future, given.version_from)

    @cached_property
    def _replays(self) -> StoredReplays:
        return StoredReplays(
            self.store, self.keyring, self.settings.outbox.for_requests, self.settings.sync.preview
        )

    @cached_property
    def _foretelling(self) -> Foretelling:
        rules = Rules(self.reading, self.settings.watch.replays)
        return Foretelling(self._replays, KafkaLetters(self.kafka), rules)
