"""The job `link-matching`: lists both sides, links exact matches, activates; writes no field.

It is work of the connection's lane, since it uses the connection's token. Interrupted, it begins
again: the listings must be complete (R-18), and links that are there stay.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from processors.ends import count_ends
from processors.mapping.email import same_email_key
from processors.ports.huma import Huma, HumaListed
from processors.ports.lane import Lease
from processors.ports.sync import Run, SyncStore
from processors.ports.telemetry import Telemetry
from processors.ports.xledger import ListedEmployee, Xledger
from processors.sync.matching import email_of, match
from schemas.connection import Connection
from schemas.errors import NotFound, PauseConnection, RetryLater, StoreUnavailable

PAGE: Final = 10_000
"""Xledger's largest page (`xledger-api.md` 1.3)."""
TRIES: Final = 5
CHUNK: Final = 500

log = structlog.get_logger()


def jobs_of(
    store: SyncStore,
    lease: Lease,
    connection: Connection,
    xledger: Xledger,
    huma: Callable[[], Huma],
    pause: float,
    telemetry: Telemetry,
) -> Callable[[], Awaitable[bool]]:
    """Return what does a planned job of a lane, and says whether there was one.

    Args:
        store: jobs and links.
        lease: of the lane.
        connection: the lane's.
        xledger: the token's client.
        huma: the organisation's Huma, made when first needed.
        pause: seconds between tries of a page.
        telemetry: counts the events that end with a job that failed.
    """

    async def jobs() -> bool:
        run = await asyncio.to_thread(store.next_run, lease)
        if run is None:
            return False
        try:
            await _link(store, lease, run, connection, xledger, huma(), pause)
        except StoreUnavailable:
            raise  # the lane waits, and the job begins again
        except (RetryLater, PauseConnection, NotFound) as trouble:
            log.warning("sync.failed", connection=connection.id, run=run.id, why=str(trouble))
            ended = await asyncio.to_thread(store.fail, lease, run, str(trouble))
            count_ends(telemetry, ended)
        return True

    return jobs


async def _link(
    store: SyncStore,
    lease: Lease,
    run: Run,
    connection: Connection,
    xledger: Xledger,
    huma: Huma,
    pause: float,
) -> None:
    people: dict[str, HumaListed] = {}
    async for person in huma.list_people():
        people[person.id] = person
        if len(people) % (CHUNK * 10) == 0:
            await asyncio.to_thread(store.progress, lease, run, {"people": len(people)})
    await asyncio.to_thread(store.progress, lease, run, {"people": len(people)})
    employees = await _employees(xledger, pause)
    counts = {"people": len(people), "employees": len(employees)}
    await asyncio.to_thread(store.progress, lease, run, counts)
    company = connection.company
    existing = await asyncio.to_thread(store.existing, lease, company)
    matches = match(list(people.values()), employees, existing, connection.group)
    everybody = [
        (person, None if person.email is None else same_email_key(person.email))
        for person in people.values()
    ]
    for start in range(0, len(everybody), CHUNK):
        chunk = everybody[start : start + CHUNK]
        await asyncio.to_thread(store.remember_people, lease, chunk)
    emails = [(employee, email_of(employee)) for employee in employees]
    await asyncio.to_thread(store.remember_employees, lease, emails)
    linked = 0
    for start in range(0, max(1, len(matches.linked)), CHUNK):
        links = matches.linked[start : start + CHUNK]
        ambiguous = matches.ambiguous if start == 0 else ()
        linked += await asyncio.to_thread(store.link, lease, company, links, ambiguous)
    counts |= matches.counts() | {"linked": linked}
    await asyncio.to_thread(store.finish, lease, run, counts)
    log.info("sync.finished", connection=connection.id, run=run.id, count=linked)


async def _employees(xledger: Xledger, pause: float) -> list[ListedEmployee]:
    """List every employee once: a record that changes meanwhile moves to the end (R-18)."""
    found: dict[str, ListedEmployee] = {}
    after: str | None = None
    tries = 0
    while True:
        try:
            page = await xledger.list_employees(after, PAGE)
        except RetryLater as away:
            tries += 1
            if tries >= TRIES:
                raise
            await asyncio.sleep(away.retry_after or pause)
            continue
        tries = 0
        for employee in page.employees:
            found[employee.employee] = employee
        if page.after is None:
            return list(found.values())
        after = page.after
