"""Kills, stops and broken answers, at random and under load: the promises hold (`design.md`).

`make faults N=200` plays more rounds. A failure names its seed, with which the same faults and load
come again, at moments that are as much alike as the machine lets them be.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psycopg
import pytest

from connectors.broker.apache import Apache
from console.demo.cast import cast
from console.demo.stage import Stage
from console.demo.zones import zones
from tests.faults import opening
from tests.faults.calendar import Calendar
from tests.faults.deck import SEED, deal
from tests.faults.judge import Judge
from tests.faults.lives import Lives
from tests.faults.load import Load
from tests.faults.publishing import Plain
from tests.faults.rounds import Rounds
from tests.faults.world import SETTINGS, World, prepare

PEOPLE = 160
ON_POSTGRESQL = 3
"""Rounds besides."""

pytestmark = [pytest.mark.java, pytest.mark.timeout(0)]


@pytest.mark.rule("R-52", "R-54", "R-60", "R-61", "R-71", "R-74", "R-75", "R-78", "R-79")
@pytest.mark.rule("R-82", "R-83", "R-85", "R-98", "R-100", "R-101", "R-103")
def test_the_promises_hold_under_faults(
    own_apache: Apache, tmp_path: Path, rounds: int, seed: int
) -> None:
    """Whatever is killed or answers wrongly, no event is lost, doubled, or takes effect late."""
    play(own_apache, tmp_path, f"sqlite:///{tmp_path / 'store.db'}", rounds, seed)


@pytest.mark.postgres
@pytest.mark.rule("R-82", "R-83", "R-85")
def test_the_promises_hold_on_postgresql(
    own_apache: Apache, postgresql: str, tmp_path: Path, rounds: int, seed: int
) -> None:
    """A few rounds more on the other store, which holds up others in ways of its own."""
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE faults")
    play(own_apache, tmp_path, f"{postgresql}/faults", min(rounds, ON_POSTGRESQL), seed + 1)


def play(broker: Apache, folder: Path, url: str, rounds: int, seed: int) -> None:
    """Play so many rounds on the store of this address, which is empty."""
    say(f"{SEED}={seed}")
    random, now = Random(seed), datetime.now(UTC)  # noqa: S311 - repeatable
    calendar, today = Calendar(zones(now)), now.date()
    players = cast(seed, PEOPLE, calendar.early.date)
    everybody = opening.everybody(players, random)
    settings = {**SETTINGS, "STORE__URL": url}
    with Stage(folder, broker.servers, seed, settings, calendar.early.zone) as stage:
        stage.open(players)
        sides = [
            opening.whole(stage, players, calendar),
            opening.of_group(stage, players, calendar, today),
        ]
        world = World(broker, stage, url)
        try:
            world.start("delivery", prepare(stage, "delivery", "delivery"))
            for side in sides:
                opening.link(stage, side)
            world.start("intake", prepare(stage, "intake", "intake"))
            load = Load(everybody, sides, random, today, calendar)
            judge, plain = Judge(world, load), Plain(broker.servers, random)
            table = Rounds(world, judge, load, Lives(load), plain, random)
            for number, card in enumerate(deal(random, rounds), 1):
                began = time.monotonic()
                problems = table.play(card)
                say(f"round {number}: {card.name}, {time.monotonic() - began:.1f} s")
                where = f"{SEED}={seed}, round {number}: {card.name}"
                assert not problems, "\n".join([where, *problems])
            problems = judge.at_the_end()
            assert not problems, "\n".join([f"{SEED}={seed}", *problems])
            assert table.met >= rounds // 2, "too few kills met a request in flight"
        finally:
            world.close()


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
