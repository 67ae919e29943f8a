"""Says when a round is over, and what then speaks against the promises."""

import time
from collections.abc import Iterator
from typing import Final

from schemas.topics import OUTCOMES, REQUESTS
from tests.faults import promises
from tests.faults.ledger import Snapshot
from tests.faults.load import Load
from tests.faults.values import CANARY
from tests.faults.witness import Told
from tests.faults.world import World
from tests.fixtures.waiting import until

LONGEST: Final = 60.0
"""Seconds: a round that is not over by then never will be."""
SHOWN: Final = 5


class Judge:
    """Looks at a world from outside: topics, store, Xledger's journal and state.

    Args:
        world: that runs.
        load: with what was changed, and what should stand in Xledger; nothing was yet.
    """

    def __init__(self, world: World, load: Load) -> None:
        self._world = world
        self._load = load
        self._first = [person.user for person in load.everybody.values()]
        self._connections = [side.connection for side in load.sides]
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
        return [*self._notes, *self._topics(), *self._xledger(), *self._deleted()]

    def wait_for_outcomes(self) -> None:
        """Wait until every event has its outcome and nothing waits; look at the store meanwhile."""
        ends = time.monotonic() + LONGEST
        self._over = False
        while not self._problems:
            days = {side.connection: side.day.date for side in self._load.sides}
            snapshot = self._world.ledger.snapshot(days)
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
        values = self._load.values
        users = (person.user for person in self._load.everybody.values())
        numbers = values.numbers([*self._first, *users])
        places = {
            "the logs": world.logs(),
            "the metrics": world.seen,
            "keys, headers and outcomes": world.witness.outside,
            promises.IN_CLEAR: world.ledger.clear(),
        }
        return [*promises.nothing_seen(places, words, numbers, values.days())]

    def _offsets(self, snapshot: Snapshot) -> list[str]:
        witness = self._world.witness

        def against() -> list[str]:
            return [
                *promises.effects_before_offsets(
                    snapshot, witness, self._organization, self._connections
                )
            ]

        if against():  # what was told meanwhile may not have been read yet
            end = witness.ends(OUTCOMES)
            until(lambda: witness.read_to(end))
        return against()[:SHOWN]

    def _all_told(self, snapshot: Snapshot) -> bool:
        witness = self._world.witness
        ends: dict[int, int] = {}
        for place in witness.places:
            ends[place.partition] = max(ends.get(place.partition, 0), place.offset + 1)
        return (
            witness.records == self._world.published
            and snapshot.quiet
            and all(snapshot.next.get(number) == end for number, end in ends.items())
            and not self._untold()
            and all(
                snapshot.next_request.get(place.partition, 0) == end
                for place, end in witness.ends(REQUESTS).items()
            )
            and witness.asked.keys() <= {told.event for told in witness.answered}
        )

    def _untold(self) -> list[Told]:
        return promises.untold(self._world.witness, self._organization, self._connections)

    def _unfinished(self, snapshot: Snapshot) -> Iterator[str]:
        yield (
            f"promise 1: after {LONGEST:.0f} s {len(self._untold())} outcomes are missing; "
            f"{len(snapshot.pending)} events are pending, {len(snapshot.leaving)} outcomes and "
            f"{snapshot.asked} requests wait, {snapshot.due} links are due; "
            f"{self._world.witness.records} of {self._world.published} records read"
        )

    def _deleted(self) -> Iterator[str]:
        vanished = {user for side in self._load.sides for user in side.unsettled}
        gone = {person.id for person in self._load.everybody.values() if person.deleted}
        for table, count in self._world.ledger.left_of(gone | vanished).items():
            yield f"in the end: {count} rows of deleted people in {table}"

    def _topics(self) -> Iterator[str]:
        witness = self._world.witness
        yield from promises.one_outcome_each(witness, self._organization, self._connections)
        yield from promises.answered_once(witness)
        yield from promises.letters_deserved(witness)

    def _xledger(self) -> Iterator[str]:
        world, history = self._world, self._load.values.history
        entries = world.journal.entries(self._requests)
        self._requests = entries[-1]["number"] if entries else self._requests
        yield from self._order.kept(entries, history)
        companies = world.journal.companies()
        ours = {side.token: companies.pop(side.company) for side in self._load.sides}
        yield from promises.nobody_elses(entries, ours, companies)
        for side in self._load.sides:
            company = ours[side.token]
            yield from promises.one_record_each(company, history, side.unsettled)
            for problem in side.against(company):
                yield f"in the end, with {side.token}: {problem}"
