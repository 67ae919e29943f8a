"""Histories in which things fail, and one letter of them sent again: foretold first, then for real.

On top of the lives of `tests.processors.life`: some values break our own rules, others Xledger's.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from hypothesis import strategies as st

from connectors.store.replays import StoredReplays
from processors.ports.intake import Value
from processors.ports.outbox import OutboxRow
from processors.ports.replay import LetterRecord, Missing, Sending, Unsent
from processors.ports.source import Place
from processors.replay.forecast import foretell, person_of, unsent
from processors.replay.sending import Prepared, Rules, prepare
from processors.watch.letters import filed
from schemas.connection import LaneState
from schemas.desk import Foretold
from schemas.employee import Target
from schemas.errors import Ambiguous
from schemas.topics import DEAD_LETTERS, OUTCOMES, REQUESTS
from tests.fixtures.sources import Arrived
from tests.fixtures.stored import ORGANIZATION
from tests.fixtures.working import Bad, person
from tests.processors.life.drawn import Change, History, histories, value_of
from tests.processors.life.model import TODAY
from tests.processors.life.world import Side, World
from tests.processors.positions.world import READINGS

NO_ANSWER: Final = Ambiguous("Xledger does not answer in time")
RULES: Final = Rules(READINGS[REQUESTS.name], 5)
NOON: Final = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
REVISIONS: Final = range(1, 40)
REFUSED: Final = {
    "phone": (Target.CONTACT_PHONE, 2, False),
    "givenName": (Target.CONTACT_FIRST_NAME, 5, False),
    "familyName": (Target.CONTACT_LAST_NAME, 7, True),
}
"""Which values Xledger refuses: those of each so-manieth revision; True: as nobody knows why."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What happens after a history.

    Attributes:
        settles: lanes work until nothing is left, else some is still pending.
        mended: Xledger takes everything from now on.
        corrected: a birth date that our rules refuse was read anew from Huma, and is one.
        paused: the connection is paused by hand.
        expired: the letter's bytes are gone.
        which: the letter, of those that there are.
    """

    settles: bool
    mended: bool
    corrected: bool
    paused: bool
    expired: bool
    which: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """One replay: what was foretold, and the outcomes of that round; None: nothing was sent."""

    foretold: Foretold
    code: str
    outcomes: Sequence[dict[str, Any]] | None
    codes: frozenset[str]


def endings() -> st.SearchStrategy[tuple[History, Ending]]:
    """Draw a history and what happens after it."""
    often = st.sampled_from([True, True, True, False])
    seldom = st.sampled_from([False] * 7 + [True])
    ending = st.builds(
        Ending, often, st.booleans(), st.booleans(), seldom, seldom, st.integers(0, 7)
    )
    return st.tuples(histories(3), ending)


class Player:
    """One history in one world."""

    def __init__(self, world: World, history: History) -> None:
        self.world = world
        self.history = history
        self.number = world.next()
        self.replays = StoredReplays(world.stored.store, world.stored.keyring, 10**6, 86_400.0)
        for side in world.sides:
            side.xledger.bad = [
                Bad(target, value_of(name, revision), retry=retry)
                for name, (target, every, retry) in REFUSED.items()
                for revision in REVISIONS
                if revision % every == 1
            ]
        if not history.newcomer:
            self._employ()

    def _employ(self) -> None:
        number = self.number
        names = ("phone", "birthDate", "givenName", "familyName")
        fields: dict[str, Any] = {name: value_of(name, 0) for name in names}
        fields |= {"employmentId": f"{number:05d}", "email": f"p{number}r1@x.no"}
        state: dict[str, Any] = {
            "type": "user",
            "status": {"active": True},
            "groups": [{"id": "g1"}],
        }
        self.world.employ(number, {"user": {**fields, **state}})

    def play(self, ending: Ending) -> None:
        """Let everything happen."""
        for number, runs in enumerate(self.history.runs):
            self._arrive(self.history.batch(number))
            for side, run in zip(self.world.sides, runs, strict=True):
                if run.works:
                    if run.trouble in {"lost", "lost after"}:
                        side.xledger.faults = [(NO_ANSWER, run.trouble == "lost after")]
                    self.world.deliver(side, _nothing, once=run.during)
                    side.xledger.faults = []
        if ending.settles:
            for side in self.world.sides:
                self.world.deliver(side, _nothing)
        if ending.mended:
            for side in self.world.sides:
                side.xledger.bad = []
        if ending.corrected:
            self._correct()

    def _correct(self) -> None:
        """Let Huma be read anew, which makes nothing dirty (R-97, R-112)."""
        key, name = person(self.number), "birthDate"
        with self.world.stored.intake.transaction() as transaction:
            known = transaction.people([key]).get(key)
            if known is None or known.deleted:
                return
            if transaction.versions([(key, name)]).get((key, name), -1) < known.revision:
                new = Value(key, name, known.revision, b"", value_of(name, 0))
                transaction.merge([new])

    def _arrive(self, changes: Sequence[Change]) -> None:
        records = []
        for one in changes:
            data = orjson.dumps(one.data).replace(b'"email":"r', b'"email":"p%dr' % self.number)
            if one.revision % 3 == 1:
                data = data.replace(b'"birthDate":"19', b'"birthDate":"18')
            if one.type == "user.created":
                code = b'"employmentId":"%05d",' % self.number
                data = data.replace(b'"user":{', b'"user":{' + code)
            records.append(self.world.record(self.number, one.revision, one.type, data))
        if records:
            self.world.arrive(records)

    def letters(self) -> list[OutboxRow]:
        """Return the letters that were written."""
        rows = self.world.stored.outbox.rows(0, 10_000)
        return [row for row in rows if row.topic == DEAD_LETTERS.name]

    def replay(self, row: OutboxRow, ending: Ending) -> Replayed:
        """Foretell a letter's replay, then let it happen, on the same state."""
        known = filed(row.key, row.headers, 0, row.id, 0).letter
        held = LetterRecord(row.key, row.value, row.headers)
        ready = prepare(
            known, Missing.EXPIRED if ending.expired else held, RULES, {ORGANIZATION}, "run", NOON
        )
        if isinstance(ready, Unsent):
            return Replayed(unsent(ready), known.code, None, frozenset())
        world = replace(self.replays.around(), now=int(NOON.timestamp() * 1000))
        if ending.paused:
            lanes = {
                one: replace(lane, state=LaneState.PAUSED) for one, lane in world.lanes.items()
            }
            world = replace(world, lanes=lanes)
        who = person_of(ready)
        found = {} if who is None else self.replays.people([who], world)
        foretold = foretell(known, ready, found.get(who) if who else None, world)
        outcomes = self._send(ready, paused=ending.paused)
        codes = {
            end["code"]
            for one in outcomes
            for end in one["fields"].values()
            if end["result"] == "failed"
        }
        return Replayed(foretold, known.code, outcomes, frozenset(codes))

    def _send(self, ready: Prepared, *, paused: bool) -> list[dict[str, Any]]:
        sending: Sending = ready.sending
        record = Arrived(
            Place(REQUESTS.name, 0), 10**6 + time.monotonic_ns(), sending.key, sending.value,
            list(sending.headers), int(NOON.timestamp() * 1000),
        )  # fmt: skip
        self.world.arrive([record])
        sides: Sequence[Side] = [s for s in self.world.sides if s.id == sending.connection]
        for side in sides:
            if not paused:
                self.world.deliver(side, _nothing)
        told = [
            orjson.loads(row.value or b"")
            for row in self.world.stored.outbox.rows(0, 10_000)
            if row.topic == OUTCOMES.name
        ]
        return [one for one in told if one["round"] == sending.round]


def _nothing() -> None:
    """Nobody looks on."""
