"""Plays the demo: the stage, the working day, the flood, midnight, the summary and the proof."""

import signal
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from console.demo.cast import cast
from console.demo.evening import Evening
from console.demo.picture import Picture, picture
from console.demo.proof import prove
from console.demo.script import Chapter
from console.demo.stage import Stage
from console.demo.story import Story
from console.demo.summary import lines_of
from console.demo.tally import Tally
from console.demo.watcher import Watcher
from console.demo.zones import Zones, zones
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
DEMO: Final = {
    **QUICK,
    "DELIVERY__LEASE": "20",
    "DELIVERY__ATTEMPTS": "1",
    "SWEEP__EVERY": "1",
    "SWEEP__LEASE": "5",
}
"""Nobody is killed here, so a lease may be long; the clock is looked at while one watches, and a
refusal is believed at once."""
DRAIN_SECONDS: Final = 90.0


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
    where = zones(datetime.now(UTC))
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huma-xledger-")))
        folder.mkdir(parents=True, exist_ok=True)
        screen = stack.enter_context(picture())
        screen.say("Setting up: broker, simulated Huma and Xledger, store, roles")
        servers = stack.enter_context(wiring.broker(folder / "broker"))
        stage = stack.enter_context(Stage(folder, servers, seed, DEMO, where.before))
        players = cast(seed, people, where.today)
        stage.open(players)
        ready = {role: stage.role(role, role).start() for role in ("intake", "delivery", "watch")}
        linked = stage.link()
        screen.say(f"Connected {people:,} people of Huma; {linked['linked']:,} linked by email")
        stage.raise_limits(many := 2 * people)
        screen.say(f"Let {many:,} people change in an hour: everybody will; the guard allows few")
        reader = stack.enter_context(wiring.at(servers).tail(OUTCOMES.name))
        watcher = Watcher(reader, stage, screen, Tally())
        before = stage.theatre.count_requests()
        story = Story(players, where.today)
        evening = Evening(watcher)
        _perform(watcher, story, flood, where, evening)
        proof = prove(players, stage.employees())
        requests = stage.theatre.count_requests() - before
        seconds = time.monotonic() - started
        holds = proof.holds and len(watcher.tally) == watcher.published and not evening.open
        for line in lines_of(watcher, requests, proof, evening.lines(), seconds, holds=holds):
            screen.say(line)
        if keep:
            _keep(screen, stage, ready)
    return holds


def _perform(watcher: Watcher, story: Story, flood: int, where: Zones, evening: Evening) -> None:
    for chapter in story.day():
        _chapter(watcher, chapter)
    _wait_for_the_end(watcher)
    if flood:
        watcher.tally.flood_begins(datetime.now(UTC))
        _chapter(watcher, story.flood(flood))
        _wait_for_the_end(watcher)
    _chapter(watcher, story.corrections())
    _chapter(watcher, story.renumbering())
    _wait_for_the_end(watcher)
    evening.play(story.refused)
    _chapter(watcher, story.midnight())
    watcher.stage.move(where.after)
    expected = story.looked_at()
    if not watcher.until(lambda: expected <= watcher.tally.looked_at, DRAIN_SECONDS):
        missing = len(expected - watcher.tally.looked_at)
        watcher.picture.say(f"{missing:,} people were not looked at after {DRAIN_SECONDS:.0f} s")


def _chapter(watcher: Watcher, chapter: Chapter) -> None:
    if chapter.rested:
        _wait_for_the_end(watcher)
    watcher.picture.say(chapter.title)
    if chapter.faults:
        watcher.stage.theatre.break_xledger(chapter.faults)
    for step in chapter.steps:
        watcher.published += watcher.stage.theatre.change(step.patch())
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
