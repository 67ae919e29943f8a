"""Whom Huma cannot give waits alone; everybody else is read, and goes out (R-97)."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from connectors.store.tables import organization
from processors.lane.asking_huma import reader_of
from processors.ports.huma import HumaListed, HumaPerson
from processors.ports.lane import LaneStore, Unread
from schemas.errors import Unavailable
from tests.fixtures.stored import ORGANIZATION
from tests.fixtures.working import Bench, person, whole


class BrokenHuma:
    """One organisation's Huma that fails for one person."""

    def __init__(self, broken: str) -> None:
        self.broken = broken
        self.asked: list[str] = []

    async def read(self, user: str) -> HumaPerson:
        """See the port."""
        self.asked.append(user)
        if user == self.broken:
            raise Unavailable("Huma answered with status 500")
        number = int(user.rpartition("-")[2])
        return HumaPerson(user, "user", True, (), whole(number), {})  # noqa: FBT003 - active

    def list_people(self) -> AsyncIterator[HumaListed]:
        """See the port."""
        raise NotImplementedError

    async def organization(self) -> str:
        """See the port."""
        raise NotImplementedError


@pytest.mark.rule("R-97")
def test_one_whom_huma_cannot_give_stops_nobody_else(bench: Bench) -> None:
    """That one waits for the probe; Huma is not away, and who comes later is read at once."""
    for number in (1, 2, 3):
        bench.hire(number, complete=False)
    huma = BrokenHuma(person(1).user)
    bench.reads = lambda claimed: reader_of(
        bench.stored.lanes, claimed.lease, lambda: huma, 8, 60.0, bench.numbers
    )
    waits, goes = bench.change({1: {"phone": "1"}, 2: {"phone": "2"}})
    bench.run(bench.all_ended(goes))
    bench.run(bench.all_ended(*bench.change({3: {"phone": "3"}})))
    assert ("ok", ORGANIZATION) in bench.stored.rows(organization.c.huma_state, organization.c.id)
    assert huma.asked.count(person(1).user) == 1
    assert waits not in bench.results()


@pytest.mark.rule("R-97")
def test_a_look_that_found_nobody_is_not_repeated_at_once(bench: Bench) -> None:
    """Among 100,000 who wait it takes a while: no other one for four times as long."""
    lease, now, looks = bench.stored.claim(bench.connection), [0.0], []

    class Slow:
        """A store in which nobody is to be read, and a look takes a second."""

        def unread(self, *_: object) -> list[Unread]:
            """See the port."""
            looks.append(now[0])
            now[0] += 1
            return []

    store = cast("LaneStore", Slow())
    read = reader_of(
        store, lease, lambda: BrokenHuma(""), 8, 60.0, bench.numbers, lambda: now[0]
    )  # fmt: skip

    async def often() -> None:
        for _ in range(25):
            await read()
            now[0] += 1

    asyncio.run(often())
    assert looks == [0, 5, 10, 15, 20, 25, 30]
