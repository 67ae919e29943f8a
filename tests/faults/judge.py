"""Says when a round is over, and what then speaks against the promises."""

import time
from collections.abc import Iterator
from typing import Final

from console.demo.cast import Cast
from console.demo.proof import prove
from tests.faults import promises
from tests.faults.ledger import Snapshot
from tests.faults.load import Load
from tests.faults.values import CANARY
from tests.faults.world import World
from tests.fixtures.waiting import until

LONGEST: Final = 60.0
"""Seconds: a round that is not over by then never will be."""
SHOWN: Final = 5


class Judge:
    """Looks at a world from outside: topics, store, Xledger's journal and state.

    Args:
        world: that runs.
        cast: with what should stand in Xledger.
        load: with what was changed.
    """

    def __init__(self, world: World, cast: Cast, load: Load) -> None:
        self._world = world
        self._cast = cast
        self._load = load
        self._organization: str = world.stage.huma["organization"]
        self._order = promises.Order()
        self._requests = 0
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._over = False

    def note(self, problem: str) -> None:
        """Keep something that speaks against the promises."""
        self._notes.append(problem)

    def after_round(self) -> list[str]:
        """Wait for every outcome, and return what speaks against the promises."""
        self.wait_for_outcomes()
        if not self._over:
            return [*self._notes, *self._problems]  # whatever else is amiss follows from these
        self._world.look_at_metrics()
        return [*self._notes, *self._topics(), *self._xledger()]

    def wait_for_outcomes(self) -> None:
        """Wait until every event has its outcome and nothing waits; look at the store meanwhile."""
        ends = time.monotonic() + LONGEST
        self._over = False
        while not self._problems:
            snapshot = self._world.ledger.snapshot()
            self._world.witness.read(0.05)
            self._problems += self._offsets(snapshot)
            self._over = self._all_told(snapshot)
            if self._over:
                return
            self._problems += self._world.ended()
            if time.monotonic() > ends:
                self._problems += self._unfinished(snapshot)

    def at_the_end(self) -> list[str]:
        """Return which values or tokens were seen where they must not be (promise 5)."""
        world = self._world
        tokens = [token["token"] for token in world.stage.xledger["tokens"]]
        words = [CANARY, "fjordmat.example", world.stage.huma["client_secret"], *tokens]
        numbers = self._load.values.numbers(self._cast)
        places = {
            "the logs": world.logs(),
            "the metrics": world.seen,
            "keys, headers and outcomes": world.witness.outside,
            "the store in clear": world.ledger.clear(),
        }
        return [*promises.nothing_seen(places, words, numbers)]

    def _offsets(self, snapshot: Snapshot) -> list[str]:
        witness = self._world.witness

        def against() -> list[str]:
            return [*promises.effects_before_offsets(snapshot, witness, self._organization)]

        if against():  # what was told meanwhile may not have been read yet
            end = witness.ends()
            until(lambda: witness.read_to(end))
        return against()[:SHOWN]

    def _all_told(self, snapshot: Snapshot) -> bool:
        witness = self._world.witness
        ends: dict[int, int] = {}
        for place in witness.places:
            ends[place.partition] = max(ends.get(place.partition, 0), place.offset + 1)
        return (
            witness.records == self._world.published
            and not snapshot.pending
            and not snapshot.asked
            and not snapshot.leaving
            and all(snapshot.next.get(number) == end for number, end in ends.items())
            and not promises.untold(witness, self._organization)
        )

    def _unfinished(self, snapshot: Snapshot) -> Iterator[str]:
        untold = promises.untold(self._world.witness, self._organization)
        yield (
            f"promise 1: after {LONGEST:.0f} s {len(untold)} events have no outcome, of which "
            f"{len(snapshot.pending)} are pending and {len(snapshot.leaving)} in the outbox; "
            f"{self._world.witness.records} of {self._world.published} records read"
        )

    def _topics(self) -> Iterator[str]:
        witness, connection = self._world.witness, self._world.stage.connection
        yield from promises.one_outcome_each(witness, self._organization, connection)
        yield from promises.letters_deserved(witness)

    def _xledger(self) -> Iterator[str]:
        world, load = self._world, self._load
        entries = world.journal.entries(self._requests)
        self._requests = entries[-1]["number"] if entries else self._requests
        yield from self._order.kept(entries, load.history)
        (ours, *_) = world.stage.xledger["tokens"]
        companies = world.journal.companies()
        company = companies.pop(ours["company"])
        yield from promises.nobody_elses(entries, ours["name"], companies)
        yield from promises.one_record_each(company, load.history, load.unsettled)
        codes = set(load.unsettled.values())
        settled = [e for e in world.stage.employees() if e["employee.code"] not in codes]
        for unexplained in prove(self._cast, settled).unexplained:
            yield f"in the end: {unexplained}"
