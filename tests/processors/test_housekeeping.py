"""Housekeeping: one process, every so often, until there is nothing left."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from processors.housekeeping import Housekeeping
from processors.ports.intake import Ended
from schemas.errors import StoreUnavailable
from schemas.metrics import OUTCOMES
from schemas.outcome import Result
from schemas.reasons import Code
from tests.fixtures.arrivals import Numbers
from tests.fixtures.records import until


@dataclass
class House:
    """A store in which some things are old."""

    free: bool = True
    away: int = 0
    counts: list[int] = field(default_factory=lambda: [500, 20, 0])
    tombstones: list[int] = field(default_factory=lambda: [3, 0])
    desk: list[int] = field(default_factory=lambda: [500, 1, 0])
    claims: list[float] = field(default_factory=list)
    released: list[str] = field(default_factory=list)

    def claim(self, owner: str, seconds: float) -> bool:
        """See the port."""
        assert owner == "me"
        self.claims.append(seconds)
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the store is away")
        return self.free

    def release(self, owner: str) -> None:
        """See the port."""
        self.released.append(owner)

    def expire_previews(self) -> Sequence[Ended]:
        """See the port."""
        return [Ended(Result.SKIPPED, Code.NOT_ACTIVE)] * 2

    def forget_counts(self) -> int:
        """See the port."""
        return self.counts.pop(0)

    def forget_tombstones(self) -> int:
        """See the port."""
        return self.tombstones.pop(0)

    def forget_desk(self) -> int:
        """See the port."""
        return self.desk.pop(0)


def keep(house: House, every: float = 3600.0) -> tuple[Housekeeping, Numbers]:
    """Return housekeeping of this house."""
    numbers = Numbers()
    return Housekeeping(house, "me", every, numbers), numbers


@pytest.mark.rule("R-07", "R-78", "R-95", "R-105")
def test_a_turn_goes_on_until_nothing_is_left() -> None:
    """In as many short steps as it takes; what ends by it is counted."""
    house = House()
    housekeeping, numbers = keep(house)
    assert housekeeping.turn(threading.Event())
    assert (house.counts, house.tombstones, house.desk) == ([], [], [])
    assert numbers.of(OUTCOMES, "skipped", "not active") == 2
    assert house.claims == [3600.0]


def test_another_process_has_the_lease() -> None:
    """Nothing is touched."""
    house = House(free=False)
    housekeeping, numbers = keep(house)
    assert not housekeeping.turn(threading.Event())
    assert house.counts == [500, 20, 0]
    assert numbers.counts == {}


def test_a_stop_ends_a_turn_between_two_steps() -> None:
    """What is left waits for the next time."""
    house = House()
    stop = threading.Event()
    stop.set()
    keep(house)[0].turn(stop)
    assert house.counts == [500, 20, 0]


def test_it_goes_on_every_so_often_and_outlives_an_outage() -> None:
    """A store that is away is tried again; at the end the lease is given back."""
    house = House(away=1, counts=[0] * 1000, tombstones=[0] * 1000, desk=[0] * 1000)
    housekeeping, _ = keep(house, 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=housekeeping.run, args=(stop,))
    thread.start()
    until(lambda: len(house.claims) >= 3)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(house.counts) < 1000
    assert house.released == ["me"]
