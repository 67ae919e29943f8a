"""Watch lives while its group moves, as Kafka has it, or while it says what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from connectors.telemetry import Prometheus, Vitals
from processors.ports.source import Place
from processors.ports.watch import Reached, WatchStore
from processors.watch.pulse import PART, Pulse
from schemas.errors import BrokerUnavailable
from tests.fixtures.watched import Watched, beat

A, B = Place("t", 0), Place("t", 1)


@dataclass
class World:
    """A group, its agents, and a clock."""

    reached_: dict[Place, Reached] = field(default_factory=dict)
    mine: frozenset[Place] | None = frozenset({A, B})
    waits: str | None = None
    now: float = 0.0
    away: bool = False
    until: dict[Place, int] = field(default_factory=lambda: {A: 5000})

    def reached(self) -> Mapping[Place, Reached]:
        """Return how far the group is."""
        if self.away:
            raise BrokerUnavailable("Kafka does not answer")
        return self.reached_

    def waiting(self) -> str | None:
        """Return what the agents wait for."""
        return self.waits

    def assigned(self) -> frozenset[Place] | None:
        """Return what is theirs."""
        return self.mine

    def read_until(self, place: Place) -> int | None:
        """Return the newest that was read."""
        return self.until.get(place)


@dataclass
class Looked:
    """A pulse, and what it comes to."""

    world: World
    store: WatchStore
    telemetry: Prometheus = field(default_factory=Prometheus)

    def __post_init__(self) -> None:
        self.vitals = Vitals([PART], 10.0, self.telemetry, lambda: self.world.now)
        self.pulse = Pulse(
            self.world, self.world, self.store, self.telemetry, self.vitals, 1.0,
            lambda: 1000 + self.world.now,
        )  # fmt: skip

    def after(self, seconds: float, **reached: tuple[int | None, int]) -> bool:
        """Say whether it lives after so long, with the group so far (committed, end)."""
        self.world.now += seconds
        places = {"a": A, "b": B}
        self.world.reached_ |= {
            places[name]: Reached(at, 0, end) for name, (at, end) in reached.items()
        }
        self.pulse.look()
        return self.vitals.live() == []

    def value(self, name: str, **labels: str) -> float | None:
        """Return what is exported."""
        return self.telemetry.registry.get_sample_value(f"huma_xledger_{name}", labels)


@pytest.fixture
def looked(watched: Watched) -> Looked:
    """A pulse of a group of one worker."""
    return Looked(World(), watched.port)


def test_a_group_that_has_read_all_lives(looked: Looked) -> None:
    """Nothing comes, nothing moves, and nothing is wrong."""
    assert looked.after(9, a=(3, 3), b=(None, 0))
    assert looked.after(99, a=(3, 3))
    assert looked.vitals.ready() == []


@pytest.mark.rule("R-105")
def test_a_partition_that_stands_still_is_seen_beside_one_that_moves(looked: Looked) -> None:
    """Its lag grows, its offset does not."""
    assert looked.after(1, a=(3, 5), b=(3, 5))
    assert looked.after(9, a=(3, 6), b=(4, 6))
    assert not looked.after(9, a=(3, 7), b=(5, 7))
    assert looked.after(1, a=(4, 7), b=(5, 7))


def test_slow_is_not_still(looked: Looked) -> None:
    """Each partition moved since the last beat, one look or the other."""
    looked.after(1, a=(0, 99), b=(0, 99))
    for step in range(1, 20):
        assert looked.after(4, a=(step, 99), b=(step - 1, 99))
        assert looked.after(4, a=(step, 99), b=(step, 99))


def test_what_it_waits_for_is_no_death(looked: Looked) -> None:
    """Not ready, and alive: the store, or Kafka, is away."""
    looked.world.waits = "the store does not answer"
    for _ in range(5):
        assert looked.after(9, a=(3, 9))
    assert looked.vitals.ready() == ["watch: the store does not answer"]
    looked.world.waits, looked.world.away = None, True
    assert looked.after(9)
    assert looked.vitals.ready() == ["watch: Kafka does not answer"]


def test_who_never_joins_the_group_does_not_live(looked: Looked) -> None:
    """Whoever has joined lives, also without a partition: others have them."""
    looked.world.mine = None
    assert not looked.after(11, a=(3, 9))
    assert any("joined" in why for why in looked.vitals.ready())
    looked.world.mine = frozenset()
    assert looked.after(1)


def test_what_others_leave_unread_is_theirs(looked: Looked) -> None:
    """A partition that is not ours says nothing of us."""
    looked.world.mine = frozenset({A})
    for _ in range(5):
        assert looked.after(9, a=(3, 3), b=(1, 9))


def test_records_that_are_gone_are_not_unread(looked: Looked) -> None:
    """Retention took them before anybody read them."""
    looked.world.reached_[A] = Reached(None, 50, 50)
    assert looked.after(99)
    assert looked.after(99)
    assert looked.value("watch_unread_records", topic="t") == 0


@pytest.mark.rule("R-105", "R-109")
def test_what_is_exported(looked: Looked, watched: Watched) -> None:
    """What is unread, until when it was read, and the oldest heartbeat."""
    looked.after(1, a=(3, 5), b=(None, 4))
    assert looked.value("watch_unread_records", topic="t") == 6
    assert looked.value("oldest_unread_timestamp_seconds", topic="t") == 5
    assert looked.value("oldest_heartbeat_timestamp_seconds") == 0
    watched.watching.outcomes([beat(0, 2), beat(1, 1)])
    looked.after(1, a=(5, 5), b=(4, 4))
    assert looked.value("oldest_unread_timestamp_seconds", topic="t") == 0
    assert looked.value("oldest_heartbeat_timestamp_seconds") == 1_795_435_260


@pytest.mark.rule("R-105")
def test_what_nothing_was_read_of_since_the_start_grows_old(looked: Looked) -> None:
    """A worker that keeps nothing is seen; each partition counts, however the others move."""
    looked.world.until.clear()
    looked.after(1, a=(3, 5), b=(3, 5))
    looked.world.until[A] = 1_003_000
    looked.after(3, a=(4, 5))
    assert looked.value("oldest_unread_timestamp_seconds", topic="t") == 1001
    looked.world.mine = frozenset({A})
    looked.after(1)
    assert looked.value("oldest_unread_timestamp_seconds", topic="t") == 1003


@pytest.mark.rule("R-105")
def test_what_came_since_all_was_read_is_no_older(looked: Looked) -> None:
    """A partition in which little happens was read last long ago: that is no age."""
    looked.after(50, a=(3, 3), b=(0, 0))
    looked.after(1, a=(3, 4))
    assert looked.value("oldest_unread_timestamp_seconds", topic="t") == 1050
