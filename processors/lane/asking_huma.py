"""People who were never read whole are read from Huma before their first write (R-97).

Reads run several at a time, beside the lane: only the people concerned wait.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from processors.ends import count_ends
from processors.ports.huma import Huma
from processors.ports.lane import LaneStore, Lease, Unread
from processors.ports.telemetry import Telemetry
from processors.refetching import email_key_of
from schemas.errors import NotFound, PauseConnection, RetryLater

AT_ONCE: Final = 100
"""People looked for in one go; they are read a few at a time."""
PAUSE: Final = 4
"""So many times as long as a look that found nobody took, no other is taken: among very many who
wait for their turn it would take longer than sending them."""
LONGEST: Final = 5.0
"""Seconds; a busy machine alone may make a look that slow."""
OK: Final = "ok"
AWAY: Final = "away"

log = structlog.get_logger()


def reader_of(
    store: LaneStore,
    lease: Lease,
    huma: Callable[[], Huma],
    reads: int,
    probe: float,
    telemetry: Telemetry,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Return what reads the people of a lane that wait to be read.

    Args:
        store: the lanes' store.
        lease: of the lane.
        huma: the organisation's Huma, made when first needed.
        reads: people read at once.
        probe: seconds until an unreachable Huma is tried again, or who alone cannot be read.
        telemetry: counts the events of people whom Huma does not know.
        clock: monotonic seconds.
    """
    slots = asyncio.Semaphore(reads)
    not_before = clock()

    async def read_people() -> None:
        nonlocal not_before
        began = clock()
        if began < not_before:
            return
        people = await asyncio.to_thread(store.unread, lease, AT_ONCE)
        if not people:
            ended = clock()
            not_before = ended + min(PAUSE * (ended - began), LONGEST)
            return
        one = huma()
        reads = (_read(store, lease, one, user, slots, telemetry) for user in people)
        ends = await asyncio.gather(*reads, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        failed = {one.user: why for one, why in zip(people, ends, strict=True) if why is not None}
        state = min(map(str, failed.values()), default=OK)
        if failed and len(failed) < len(people) and state == AWAY:
            state = OK  # it answers: these people wait, and nobody else
            await asyncio.to_thread(store.read_later, lease, list(failed), probe)
        if await asyncio.to_thread(store.huma_state, lease, state, probe):
            log.warning("huma.state", connection=lease.connection, state=state)

    return read_people


async def _read(
    store: LaneStore,
    lease: Lease,
    huma: Huma,
    person: Unread,
    slots: asyncio.Semaphore,
    telemetry: Telemetry,
) -> str | None:
    """Read one person; returns why Huma cannot be asked, or None."""
    async with slots:
        try:
            read = await huma.read(person.user)
        except NotFound:
            ended = await asyncio.to_thread(store.unknown_in_huma, lease, person.user)
            count_ends(telemetry, ended)
            return None
        except PauseConnection:
            return "credential"
        except RetryLater:
            return AWAY
        await asyncio.to_thread(store.merge_read, lease, person, read, email_key_of(read))
        return None
