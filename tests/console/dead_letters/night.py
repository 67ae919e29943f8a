"""A night at the desk, always the same: what failed, the commands somebody types, what they say.

Intake, a lane, the relay's work and watch run in this process, on a real store, while a command
waits. Three things are made the same each time: ids that are drawn, the times at which letters were
written, and the clock by which a replay waits. Kafka's topic of dead letters is a dictionary.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from structlog.testing import capture_logs

from connectors.store import written
from connectors.store.delivery import StoredLanes
from connectors.store.tables import confirmed, failure, guarded, lane, letter, timeline
from connectors.store.tables import connection as connections
from processors.lane.guard import Guard
from schemas.connection import LaneState
from schemas.employee import Target
from schemas.guard import GuardLimits
from tests.console.conftest import Operator
from tests.fixtures.arrivals import Arrivals
from tests.fixtures.replaying import REFUSED, Replaying
from tests.fixtures.stored import BOUNDS, Stored
from tests.fixtures.working import Bad, person

CONNECTION: Final = UUID("3f0e8a52-7c1d-4b96-a5d4-1e6b0c9f2a77")
RUN: Final = UUID("6f1c2d3e-4a5b-4000-8000-000000000000")
NIGHT: Final = 1_795_403_100_000
"""2026-11-23 04:05 in Oslo, in milliseconds."""
HOUR: Final = 3_600_000
AUDITED: Final = NIGHT + 36_800
"""When everything was written to Xledger: the audit cannot be dated back."""
PROGRAM: Final = "huma-xledger 0.1.0"
REFUSAL: Final = f"Phone {REFUSED} is not a valid number"
GUARD: Final = Guard(GuardLimits(50, 20, 5, 2), 3600.0)
DRAWN: Final[Mapping[str, UUID]] = {
    "connectors.store.connections.uuid4": CONNECTION,
    "console.wiring.replaying.uuid4": RUN,
}
"""What is drawn by chance, by where."""


@dataclass
class Night:
    """An operator, and the world that the commands are about."""

    operator: Operator
    stored: Stored
    arrivals: Arrivals
    patch: pytest.MonkeyPatch
    world: Replaying = field(init=False)

    def __post_init__(self) -> None:
        for place, id_ in DRAWN.items():
            self.patch.setattr(place, lambda id_=id_: id_)
        add: Callable[..., None] = written.add
        self.patch.setattr(written, "add", lambda *given: add(*given[:-1], AUDITED))
        self.world = Replaying(self.stored, self.arrivals)
        self.stored.set(connections, connections.c.id == str(CONNECTION), name="Fjord AS")
        for module in ("desk", "replaying"):
            self.patch.setattr(f"console.wiring.{module}.KafkaLetters", lambda _: self.world)
        clock = SimpleNamespace(monotonic=lambda: self.world.clock, sleep=self.wait)
        self.patch.setattr("console.wiring.replaying.time", clock)

    def wait(self, seconds: float) -> None:
        """Let the world go on while a command waits."""
        self.world.clock += seconds
        with capture_logs():  # another process's, where there is one
            self.world.live()

    def types(self, line: str) -> str:
        """Give a command as it is typed; returns what it said, errors first."""
        program, *arguments = shlex.split(line)
        assert program == "huma-xledger"
        said = self.operator.types(*arguments)
        assert said.code == 0, said.err
        return (said.err + said.out).rstrip("\n")

    def fall(self) -> None:
        """Let the night's failures happen: most of one cause, a few of others."""
        world = self.world
        world.bench.xledger.bad = [Bad(Target.CONTACT_PHONE, REFUSED, text=REFUSAL)]
        world.bench.hire(*range(1, 49))
        for number in range(1, 49):
            names = {"email": f"p{number}@x.no", "givenName": "Given", "familyName": "Family"}
            world.change(number, 4, **names)
        world.live()
        for number in range(1, 41):
            world.change(number, 5, phone=REFUSED)
        for number in range(41, 44):
            world.change(number, 5, bankAccount={"number": "12345678902", "country": "NO"})
        world.arrivals.arrive(
            "user.updated", {}, 5, user=person(44).user, id_="e44/5", value=b"{half a rec"
        )
        world.live()
        self.date()
        world.change(39, 6, phone="41230039")  # HR corrects one: its letter closes by itself
        world.arrivals.arrive("user.deactivated", {}, 6, user=person(40).user)
        world.live()

    def date(self) -> None:
        """Let everything have failed at night, a second apart, in the order of the events."""
        rows = self.stored.rows(letter.c.event, letter.c.id)
        rows.sort(key=lambda row: [int(part) for part in row[0][1:].split("/")])
        with self.stored.store.begin() as transaction:
            transaction.execute(update(confirmed).values(at=NIGHT - HOUR))
            for number, (event, id_) in enumerate(rows):
                at = NIGHT + number * 1000
                failed = {"first_failed_at": at, "last_failed_at": at}
                known = {"written_at": at, "source_timestamp": at - 500, "program": PROGRAM}
                for statement in (
                    update(letter).where(letter.c.id == id_).values(**failed, **known),
                    update(failure).where(failure.c.letter == id_).values(**failed),
                    update(timeline).where(timeline.c.event == event).values(at=at),
                ):
                    transaction.execute(statement)

    def mend(self) -> None:
        """Let Xledger take these numbers from now on."""
        self.world.bench.xledger.bad = []

    def change_many(self) -> None:
        """Let a mass change meet the guard, when nobody has changed for an hour."""
        with self.stored.store.begin() as transaction:
            transaction.execute(delete(guarded))
        bench = self.world.bench
        bench.lanes = StoredLanes(self.stored.store, self.stored.keyring, BOUNDS, GUARD)
        for number in range(1, 13):
            self.world.change(number, 9, email=f"new{number}@x.no")
        self.arrivals.read()
        bench.run(lambda: bench.status()[0] == LaneState.HELD.value)
        self.stored.set(lane, lane.c.connection == str(CONNECTION), since=NIGHT + HOUR)
