"""(f): a day that turns for everybody at once, and a lone change made meanwhile (R-60, R-80)."""

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from confluent_kafka import Producer
from sqlalchemy import func, select, update

from benchmarks.company import Simulated, simulated
from benchmarks.delivery import ALLOWED, LEAST, LONGEST, LOOK_SECONDS
from benchmarks.events import organizations, uuid
from benchmarks.figures import OURS, Aim, Figure
from benchmarks.ground import Ground, broker, ground
from benchmarks.lone import changed, confirmed
from benchmarks.options import Options
from connectors.kafka.tail import Tail, tail
from connectors.store.intake import StoredIntake
from connectors.store.tables import confirmed as confirmed_targets
from connectors.store.tables import link
from processors.ports.intake import Value
from schemas.connection import Connection
from schemas.employee import Target
from schemas.person import Json, PersonKey
from schemas.topics import OUTCOMES

TURNING: Final = 100_000
CHANGES: Final = 20
BETWEEN: Final = 1.0
"""Seconds between two lone changes, so that they meet the flood at different moments."""
WITHIN_MS: Final = 1000
"""What real time means (R-80)."""
API_MS: Final = 50
DAY: Final = timedelta(days=1)
AT_ONCE: Final = 5000


def turning(options: Options) -> list[Figure]:
    """Measure (f)."""
    count = options.scaled(TURNING, LEAST)
    shares: list[float] = []
    requests: list[float] = []
    alone: list[float] = []
    meanwhile: list[float] = []
    for _ in range(options.rounds):
        with (
            broker(options.folder) as servers,
            ground(options.folder, servers) as place,
            tail({"bootstrap.servers": servers}, OUTCOMES.name) as outcomes,
        ):
            xledger = simulated(place)
            xledger.set({"latency_ms": API_MS})
            round_ = _Round(place, xledger, servers, outcomes, count)
            alone.append(round_.lone_changes(CHANGES))
            round_.turn()
            meanwhile.append(round_.changes_meanwhile())
            sent = round_.sent()
        shares.append(len(sent) / ((max(sent) - min(sent)).total_seconds() * ALLOWED))
        requests.append(1000 * len(sent) / count)
    title = f"{count:,} people whose position turns on one day"
    return [
        Figure(
            "f", f"{title}: share of the limiter's allowance", "", {OURS: shares},
            Aim("at least", 0.9),
        ),
        Figure("f", f"{title}: requests per 1,000", "", {OURS: requests}),
        Figure(
            "f", f"{title}: a lone change meanwhile, median", "ms",
            {OURS: meanwhile, "the same before it": alone}, Aim("at most", WITHIN_MS),
        ),
    ]  # fmt: skip


class _Round:
    """One organisation, whose people but one turn."""

    def __init__(
        self, place: Ground, xledger: Simulated, servers: str, outcomes: Tail, count: int
    ) -> None:
        self._place, self._xledger, self._outcomes = place, xledger, outcomes
        self._organization = organizations(1)[0]
        users = [uuid(number) for number in range(count + 1)]
        self._one, self._people = users[0], users[1:]
        self._connection = place.connect(self._organization, xledger.company)
        place.link(self._connection, users, xledger.hire(len(users)))
        self._today = datetime.now(ZoneInfo(self._connection.zone)).date()
        _give_positions(place, self._connection, self._people, self._today)
        self._producer = Producer({"bootstrap.servers": servers, "linger.ms": 0})
        self._changes = 0
        self._before = 0
        for role in ("intake", "delivery"):
            place.programs.program(role, "run", role).start()
        self._change()  # waits for the roles to start

    def lone_changes(self, count: int) -> float:
        """Return the median of so many, in milliseconds."""
        return median(self._change() for _ in range(count))

    def turn(self) -> None:
        """Let the day be the one on which everybody's choice turns."""
        self._before = len(self._xledger.requests())
        with self._place.store.begin() as transaction:
            transaction.execute(
                update(link)
                .where(link.c.connection == self._connection.id, link.c.person != self._one)
                .values(triggered=True, next_flip_on=self._today.isoformat())
            )

    def changes_meanwhile(self) -> float:
        """Return the median of changes made until the last of the people has turned."""
        took: list[float] = []
        ends = time.monotonic() + LONGEST
        while self._left():
            if time.monotonic() > ends:
                raise TimeoutError("people still wait")
            if self._begun():
                took.append(self._change())
                time.sleep(BETWEEN)
            time.sleep(LOOK_SECONDS)
        return median(took)

    def sent(self) -> Sequence[datetime]:
        """Return when the requests of the flood came."""
        return self._xledger.requests()[self._before :]

    def _change(self) -> float:
        self._changes += 1
        record = changed(self._organization, self._one, self._changes)
        return confirmed(self._producer, record, self._outcomes, self._one)

    def _begun(self) -> bool:
        return len(self._xledger.requests()) > self._before

    def _left(self) -> bool:
        title = confirmed_targets.c.target == Target.CONTACT_JOB_TITLE.value
        with self._place.store.read() as connection:
            query = select(func.count()).select_from(confirmed_targets).where(title)
            return connection.execute(query).scalar_one() < len(self._people)


def _give_positions(
    place: Ground, connection: Connection, people: Sequence[str], today: date
) -> None:
    """Give everybody a position that ended yesterday, and one that begins today."""
    before = (today - DAY).isoformat()
    old: dict[str, Json] = {
        "contractStartDate": "2020-01-01",
        "contractEndDate": before,
        "title": {"name": "Old"},
    }
    new: dict[str, Json] = {"contractStartDate": today.isoformat(), "title": {"name": "New"}}
    intake = StoredIntake(place.store, place.keyring, 1, 1.0)
    for first in range(0, len(people), AT_ONCE):
        keys = [PersonKey(connection.organization, u) for u in people[first : first + AT_ONCE]]
        with intake.transaction() as transaction:
            transaction.merge_positions(
                [
                    Value(key, name, 0, b"", {"id": name, **position})
                    for key in keys
                    for name, position in (("old", old), ("new", new))
                ]
            )
