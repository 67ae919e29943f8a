"""(g): many letters of one cause: written straight into the topics, counted, and sent again."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

from confluent_kafka import Producer
from sqlalchemy import func, select

from benchmarks.company import simulated
from benchmarks.events import Record, event, organizations, publish, uuid
from benchmarks.figures import OURS, Aim, Figure
from benchmarks.ground import POSTGRESQL, SQLITE, Ground, broker, ground
from benchmarks.lone import changed, confirmed
from benchmarks.options import Options
from connectors.kafka.tail import tail
from connectors.store.tables import letter
from console.demo.programs import Program
from schemas.about import About
from schemas.connection import Connection
from schemas.letter import Failure, Place, build
from schemas.outcome import FieldEnd, FieldOutcome, Outcome, Result
from schemas.reasons import Code, LetterClass
from schemas.topics import DEAD_LETTERS, EVENTS, OUTCOMES

LETTERS: Final = 100_000
LEAST: Final = 2_000
LISTED: Final = 5
"""So often counts are asked for in each round."""
WITHIN_SECONDS: Final = 1.0
WITHIN_MS: Final = 1000
"""What real time means (R-80)."""
REQUESTS: Final = 3.0
"""So many requests a replay may take for 1,000 people."""
API_MS: Final = 50
LONGEST: Final = 900.0
LOOK_SECONDS: Final = 0.2
BETWEEN: Final = 1.0
"""Seconds between two lone changes, so that they meet the replay at different moments."""
CODE: Final = Code.EXHAUSTED


def letters(options: Options) -> list[Figure]:
    """Measure (g)."""
    count = options.scaled(LETTERS, LEAST)
    folded: dict[str, list[float]] = {SQLITE: [], POSTGRESQL: []}
    listed: dict[str, list[float]] = {SQLITE: [], POSTGRESQL: []}
    requests: list[float] = []
    alone: list[float] = []
    meanwhile: list[float] = []
    for _ in range(options.rounds):
        for kind in (SQLITE, POSTGRESQL):
            with (
                broker(options.folder) as servers,
                ground(options.folder, servers, kind) as place,
            ):
                round_ = _Round(place, servers, count)
                folded[kind].append(round_.fold())
                listed[kind].append(round_.list())
                if kind == SQLITE:
                    one, many, sent = round_.replay(servers)
                    alone.append(one)
                    meanwhile.append(many)
                    requests.append(1000 * sent / count)
    title = f"{count:,} letters of one cause"
    return [
        *(
            Figure("g", f"{title}: `list --by code`, {kind}", "s", {OURS: listed[kind]},
                   Aim("at most", WITHIN_SECONDS))
            for kind in listed
        ),
        *(
            Figure("g", f"{title}: letters and outcomes that watch folds, {kind}", "records/s",
                   {OURS: folded[kind]})
            for kind in folded
        ),
        Figure("g", f"{title}: requests of a replay per 1,000 people", "", {OURS: requests},
               Aim("at most", REQUESTS)),
        Figure("g", f"{title}: a lone change meanwhile, median", "ms",
               {OURS: meanwhile, "the same before it": alone}, Aim("at most", WITHIN_MS)),
    ]  # fmt: skip


class _Round:
    """One organisation, each of whose people but one has a letter."""

    def __init__(self, place: Ground, servers: str, count: int) -> None:
        self._place, self._count = place, count
        self._xledger = simulated(place)
        self._xledger.set({"latency_ms": API_MS})
        self._organization = organizations(1)[0]
        users = [uuid(number) for number in range(count + 1)]
        self._one, self._people = users[0], users[1:]
        self._connection = place.connect(self._organization, self._xledger.company)
        place.link(self._connection, users, self._xledger.hire(len(users)))
        told = list(_told(self._connection, self._people))
        publish(servers, OUTCOMES.name, (outcome for outcome, _ in told))
        publish(servers, DEAD_LETTERS.name, (written for _, written in told))
        self._changes = 0
        self._watch = place.programs.program("watch", "run", "watch")

    def fold(self) -> float:
        """Return how many records watch folds a second."""
        self._watch.start()
        began = time.monotonic()
        self._until(lambda: self._open() == self._count, self._watch)
        return 2 * self._count / (time.monotonic() - began)

    def list(self) -> float:
        """Return the median of seconds that a count of all letters takes, the program's start out.

        The command's own start is measured beside it, and taken off.
        """
        took = []
        for _ in range(LISTED):
            started = self._took("dead-letters", "list", "--by", "code", "--id", "0000")
            took.append(self._took("dead-letters", "list", "--by", "code") - started)
        return max(0.0, median(took))

    def replay(self, servers: str) -> tuple[float, float, int]:
        """Send all again; returns lone changes' medians before and meanwhile, and the requests."""
        programs = self._place.programs
        for role in ("intake", "delivery"):
            programs.program(role, "run", role).start()
        producer = Producer({"bootstrap.servers": servers, "linger.ms": 0})
        with tail({"bootstrap.servers": servers}, OUTCOMES.name) as outcomes:

            def change() -> float:
                self._changes += 1
                record = changed(self._organization, self._one, self._changes)
                return confirmed(producer, record, outcomes, self._one)

            change()  # waits for the roles to start
            alone = median(change() for _ in range(20))
            before = len(self._xledger.requests())
            run = programs.program(
                "replay", "dead-letters", "replay", "--code", CODE.value, "--reason", "benchmark",
                "--execute", "--json",
            )  # fmt: skip
            run.launch()
            took = []
            ends = time.monotonic() + LONGEST
            while run.running or self._open():
                if time.monotonic() > ends:
                    raise TimeoutError(f"letters are still open: see {run.log}")
                took.append(change())
                time.sleep(BETWEEN)
            lone_ones = len(took)
        return alone, median(took), len(self._xledger.requests()) - before - lone_ones

    def _took(self, *command: str) -> float:
        began = time.monotonic()
        self._place.programs.command(*command)
        return time.monotonic() - began

    def _open(self) -> int:
        with self._place.store.read() as connection:
            query = select(func.count()).select_from(letter).where(letter.c.state != "resolved")
            return int(connection.execute(query).scalar_one())

    def _until(self, over: Callable[[], bool], program: Program) -> None:
        ends = time.monotonic() + LONGEST
        while not over():
            if time.monotonic() > ends:
                raise TimeoutError(f"it took too long: see {program.log}")
            time.sleep(LOOK_SECONDS)


def _told(connection: Connection, people: Sequence[str]) -> Iterator[tuple[Record, Record]]:
    """Yield an outcome and a letter of each: Xledger refused a phone number."""
    now = datetime.now(UTC)
    turn = int(now.timestamp() * 1000) - LETTERS
    for number, user in enumerate(people):
        key, value, headers = event(
            connection.organization, user, "updated", number,
            {"changes": {"phone": f"+47{40_000_000 + number}"}},
        )  # fmt: skip
        raw = [(n, v.encode() if isinstance(v, str) else v) for n, v in headers]
        known = dict(raw)
        version = int(known["ce_revision"] or b"0")
        about = About(
            "/huma/users", str(number), "com.humahr.user.updated.v1", connection.organization,
            user, now, version,
        )  # fmt: skip
        failure = Failure(
            connection.id, "call", LetterClass.EXHAUSTED, CODE, ("phone",), {"phone": version},
            {"phone": turn}, 5, now, now, "benchmark",
        )  # fmt: skip
        end = FieldOutcome(FieldEnd.FAILED, CODE, version, turn)
        outcome = Outcome(
            about, connection.id, 0, Result.DEAD_LETTERED, CODE, (), {"phone": end}, now
        )
        place = Place(EVENTS.name, 0, number, int(now.timestamp() * 1000))
        told: list[tuple[str, str | bytes | None]] = list(build(raw, place, about, failure))
        yield (key, outcome.to_json(), []), (key, value, told)
