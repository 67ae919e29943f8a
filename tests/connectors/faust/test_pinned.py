"""Why nothing is left to Faust's own commits: what the pinned version does (`docs/adr/0015`).

Each test states what is so, not what should be: an upgrade that mends it, or makes it worse, fails
here, and whoever upgrades reads the decision again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import faust
import pytest

from processors.ports.source import Place
from tests.connectors.faust.conftest import Ground
from tests.fixtures.records import write

pytestmark = pytest.mark.java

PINNED: Final = "0.15.3"
SECONDS: Final = 30
FIVE: Final = [str(number).encode() for number in range(5)]


def test_the_version_is_the_one_that_was_looked_at() -> None:
    """What is told below is known of this version alone."""
    assert version("faust-streaming") == PINNED


@asynccontextmanager
async def worker(
    ground: Ground, folder: Path, agent: Callable[[Any], Any], concurrency: int = 1
) -> AsyncIterator["faust.App"]:
    """Run a worker as Faust has it: it acknowledges and commits by itself."""
    app = faust.App(
        ground.group, broker=f"kafka://{ground.servers}", datadir=str(folder),
        broker_commit_interval=0.1, topic_allow_declare=False, topic_disable_leader=True,
        web_enabled=False, store="memory://", stream_wait_empty=False,
    )  # fmt: skip
    topic = app.topic(ground.topic, value_type=bytes, value_serializer="raw")
    app.agent(topic, concurrency=concurrency)(agent)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def until_committed(ground: Ground, offset: int) -> None:
    """Wait until the brokers have this offset."""
    async with asyncio.timeout(SECONDS):
        while (await asyncio.to_thread(ground.committed) or 0) < offset:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.05)


def test_with_two_at_once_a_commit_passes_an_event_in_work(ground: Ground, tmp_path: Path) -> None:
    """The first event is in work; the committed offset is behind the last (its issue 606)."""
    write(ground.servers, Place(ground.topic, 0), *FIVE)
    in_work: list[bytes] = []

    async def agent(stream: Any) -> None:
        async for value in stream:
            if value == FIVE[0]:
                in_work.append(value)
                await asyncio.sleep(SECONDS)
                in_work.remove(value)

    async def play() -> None:
        async with worker(ground, tmp_path, agent, concurrency=2):
            await until_committed(ground, len(FIVE))
            assert in_work == [FIVE[0]]

    asyncio.run(play())


def test_an_exception_in_an_agent_commits_its_event(ground: Ground, tmp_path: Path) -> None:
    """The event that was not handled counts as read."""
    write(ground.servers, Place(ground.topic, 0), FIVE[0])
    seen: list[bytes] = []

    async def agent(stream: Any) -> None:
        async for value in stream:
            seen.append(value)
            raise RuntimeError("not handled")

    async def play() -> None:
        async with worker(ground, tmp_path, agent):
            await until_committed(ground, 1)

    asyncio.run(play())
    assert seen == [FIVE[0]]


def test_a_batch_that_is_cancelled_counts_as_read(ground: Ground, tmp_path: Path) -> None:
    """`take` acknowledges its events however its consumer ends: a polite stop loses them."""
    write(ground.servers, Place(ground.topic, 0), *FIVE)
    done: list[bytes] = []

    async def play() -> None:
        begun = asyncio.Event()

        async def agent(stream: Any) -> None:
            async for values in stream.take(len(FIVE), within=1):
                begun.set()
                await asyncio.sleep(SECONDS)
                done.extend(values)

        async with worker(ground, tmp_path, agent):
            async with asyncio.timeout(SECONDS):
                await begun.wait()

    asyncio.run(play())
    assert (done, ground.committed()) == ([], len(FIVE))
