"""Plays the demo: the stage, the working day, the flood, the summary and the proof."""

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from console.demo.cast import cast
from console.demo.picture import Picture, picture
from console.demo.proof import prove
from console.demo.stage import Stage
from console.demo.story import Chapter, Story
from console.demo.summary import lines_of
from console.demo.tally import Tally
from console.demo.theatre import Theatre
from console.wiring import Wiring
from schemas.topics import OUTCOMES

QUICK: Final = {
    "DELIVERY__LEASE": "8",
    "DELIVERY__RENEWAL": "2",
    "DELIVERY__REQUEST_TIMEOUT": "4",
    "DELIVERY__SETTLE": "3",
    "STORE__LOCK_TIMEOUT": "5",
    "STORE__IDLE_TIMEOUT": "5",
    "KAFKA__SESSION_TIMEOUT": "6",
}
"""The defaults' proportions, a tenth as long: so that a lost answer settles while one watches."""
DRAIN_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.1
COUNT_SECONDS: Final = 1.0


class Reader(Protocol):
    """Something that a topic's new values are read from."""

    def poll(self, seconds: float) -> Iterable[bytes]:
        """Return the values that came, waiting so long for the first ones."""
        ...


@dataclass(slots=True)
class Watcher:
    """Sees what comes of the changes, and shows it."""

    reader: Reader
    theatre: Theatre
    picture: Picture
    tally: Tally
    published: int = 0
    counted: float = 0.0

    def look(self, seconds: float) -> None:
        """Read outcomes for so long, and show them."""
        ends = time.monotonic() + seconds
        while True:
            left = ends - time.monotonic()
            self.tally.take(self.reader.poll(max(0.0, min(LOOK_SECONDS, left))))
            if time.monotonic() - self.counted > COUNT_SECONDS:
                self.counted = time.monotonic()
                self.theatre.count_requests()
            self.picture.show(self.published, self.tally, self.theatre.requests)
            if left <= 0:
                return

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Look on until something is so; False when it is not in time."""
        ends = time.monotonic() + seconds
        while not done():
            if time.monotonic() > ends:
                return False
            self.look(LOOK_SECONDS)
        return True


def play(
    wiring: Wiring, people: int, flood: int, seed: int, folder: Path | None, *, keep: bool
) -> bool:
    """Play it, and return whether the proof holds.

    Args:
        wiring: builds the broker.
        people: how many are in Huma.
        flood: changes at once at the end.
        seed: the same story again.
        folder: where to work; None: a temporary one.
        keep: leave everything running until a signal.

    Raises:
        StopProcess: something did not start; names its log.
    """
    started = time.monotonic()
    today = datetime.now(UTC).date()
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huma-xledger-")))
        folder.mkdir(parents=True, exist_ok=True)
        screen = stack.enter_context(picture())
        screen.say("Setting up: broker, simulated Huma and Xledger, store, roles")
        servers = stack.enter_context(wiring.broker(folder / "broker"))
        stage = stack.enter_context(Stage(folder, servers, seed, QUICK))
        players = cast(seed, people, today)
        stage.open(players)
        ready = {role: stage.role(role, role).start() for role in ("intake", "delivery")}
        linked = stage.link()
        screen.say(f"Connected {people:,} people of Huma; {linked['linked']:,} linked by email")
        reader = stack.enter_context(wiring.at(servers).tail(OUTCOMES.name))
        watcher = Watcher(reader, stage.theatre, screen, Tally())
        before = stage.theatre.count_requests()
        story = Story(players, today)
        _perform(watcher, story, flood)
        proof = prove(players, stage.employees())
        requests = stage.theatre.count_requests() - before
        seconds = time.monotonic() - started
        for line in lines_of(watcher.tally, requests, proof, watcher.published, seconds):
            screen.say(line)
        if keep:
            _keep(screen, stage, ready)
    return proof.holds and len(watcher.tally) == watcher.published


def _perform(watcher: Watcher, story: Story, flood: int) -> None:
    for chapter in story.day():
        _chapter(watcher, chapter)
    _wait_for_the_end(watcher)
    if flood:
        watcher.tally.flood_begins(datetime.now(UTC))
        _chapter(watcher, story.flood(flood))
        _wait_for_the_end(watcher)


def _chapter(watcher: Watcher, chapter: Chapter) -> None:
    watcher.picture.say(chapter.title)
    if chapter.faults:
        watcher.theatre.break_xledger(chapter.faults)
    for step in chapter.steps:
        watcher.published += watcher.theatre.change(step.patch())
        watcher.look(chapter.pause)


def _wait_for_the_end(watcher: Watcher) -> None:
    """Wait until every event has its outcome."""
    if not watcher.until(lambda: len(watcher.tally) >= watcher.published, DRAIN_SECONDS):
        missing = watcher.published - len(watcher.tally)
        watcher.picture.say(f"{missing:,} events have no outcome after {DRAIN_SECONDS:.0f} s")


def _keep(screen: Picture, stage: Stage, ready: dict[str, dict[str, str]]) -> None:
    """Leave everything running until a signal."""
    screen.say("Still running; Ctrl-C ends it")
    for role, line in ready.items():
        screen.say(f"  {role}: {line['url']}/metrics, {line['url']}/health/ready")
    screen.say(f"  simulated Xledger: {stage.xledger['url']}, {stage.xledger['url']}/_admin/state")
    screen.say(f"  simulated Huma: {stage.huma['url']}, {stage.huma['url']}/_admin/state")
    screen.say(f"  logs and store: {stage.folder}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
