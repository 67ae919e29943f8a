"""(d): a flood of changed people, and (n): of new ones, that waits for delivery."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import exists, select

from benchmarks.company import simulated
from benchmarks.events import Mix, Record, event, fill, organizations, publish, uuid
from benchmarks.figures import OURS, Aim, Figure
from benchmarks.ground import Ground, broker, ground
from benchmarks.options import Options
from benchmarks.reading import memory, stored
from connectors.store.tables import dirty
from console.demo.programs import Program
from schemas.topics import EVENTS
from simulators.huma.people import generate

CHANGED: Final = 100_000
CREATED: Final = 20_000
LEAST: Final = 5_000
ALLOWED: Final = 18 / 5
"""Requests a second that the limiter allows."""
LOOK_SECONDS: Final = 0.2
LONGEST: Final = 900.0
MOST_MEMORY: Final = 200.0


def flood(options: Options) -> list[Figure]:
    """Measure (d), and delivery's memory beside it."""
    count = options.scaled(CHANGED, LEAST)
    mix = Mix(count, organizations(1), count)
    users = [uuid(number) for number in range(count)]
    shares: list[float] = []
    requests: list[float] = []
    people: list[float] = []
    peaks: list[float] = []
    for _ in range(options.rounds):
        with broker(options.folder) as servers, ground(options.folder, servers) as place:
            xledger = simulated(place)
            connection = place.connect(mix.organizations[0], xledger.company)
            place.link(connection, users, xledger.hire(count))
            fill(servers, EVENTS.name, mix)
            peaks.append(_deliver(place, count))
            sent = xledger.requests()
        shares.append(_share(sent))
        requests.append(1000 * len(sent) / count)
        people.append(count / len(sent))
    title = f"a flood of {count:,} changed people"
    return [
        Figure(
            "d", f"{title}: share of the limiter's allowance", "", {OURS: shares},
            Aim("at least", 0.97),
        ),
        Figure(
            "d", f"{title}: requests per 1,000", "", {OURS: requests}, Aim("at most", 2.2)
        ),
        Figure("d", f"{title}: confirmed per request", "people", {OURS: people}),
        Figure(
            "m", f"memory of delivery at most, {count:,} people waiting", "MiB", {OURS: peaks},
            Aim("at most", MOST_MEMORY),
        ),
    ]  # fmt: skip


def creations(options: Options) -> list[Figure]:
    """Measure (n): requests for so many people who are new."""
    count = options.scaled(CREATED, LEAST // 5)
    organization = organizations(1)[0]
    requests: list[float] = []
    for seed in range(options.rounds):
        with broker(options.folder) as servers, ground(options.folder, servers) as place:
            xledger = simulated(place)
            place.connect(organization, xledger.company)
            users = generate(seed, count, datetime.now(UTC).date())["users"]
            publish(servers, EVENTS.name, _hired(organization, users))
            _deliver(place, count)
            requests.append(1000 * len(xledger.requests()) / count)
    title = f"{count:,} new people: requests per 1,000"
    return [Figure("d", title, "", {OURS: requests}, Aim("at most", 6.6))]


def _hired(organization: str, users: Mapping[str, Any]) -> Iterator[Record]:
    for number, (user, values) in enumerate(users.items()):
        yield event(organization, user, "created", number, {"user": values})


def _deliver(place: Ground, count: int) -> float:
    """Let intake store a flood, then delivery send it; returns delivery's memory at most, in MiB.

    One after the other: both at once would measure how they share this machine's cores.

    Raises:
        TimeoutError: something still waits.
    """
    intake = place.programs.program("intake", "run", "intake")
    delivery = place.programs.program("delivery", "run", "delivery")
    intake.start()
    _until(lambda: stored(place) >= count, intake)
    delivery.start()
    _until(lambda: not _waits(place), delivery)
    peak = memory(delivery.pid)[1]
    delivery.stop()
    intake.stop()
    return peak


def _until(over: Callable[[], bool], program: Program) -> None:
    ends = time.monotonic() + LONGEST
    while not over():
        if time.monotonic() > ends:
            raise TimeoutError(f"it took too long: see {program.log}")
        time.sleep(LOOK_SECONDS)


def _waits(place: Ground) -> bool:
    with place.store.read() as connection:
        return bool(
            connection.execute(select(exists(select(dirty.c.turn).where(dirty.c.open)))).scalar()
        )


def _share(sent: Sequence[datetime]) -> float:
    """Return which share of the allowance was used, from the first request to the last."""
    seconds = (max(sent) - min(sent)).total_seconds()
    return len(sent) / (seconds * ALLOWED)
