"""One round: a fault put into the running system under load, until every event has its outcome."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from tests.faults.deck import REFUSING, UPDATE, Blow, Card
from tests.faults.judge import Judge
from tests.faults.lives import Lives
from tests.faults.load import Load, Patch
from tests.faults.publishing import Plain
from tests.faults.world import World, state_of, stop_file
from tests.fixtures.waiting import until

SECONDS: Final = {"slow": 1.2, "late-commit": 1.0, "hang": 5.0, "timeout-after-commit": 5.0}
"""How long a fault keeps a request; what is written late is written within the settle time."""
PATIENT: Final = 150.0
"""Seconds in which anything happens that is to happen, however busy the machine."""
WAKING: Final = 4.0
"""Seconds that a process which should be dead gets to do harm."""
LATER: Final = 0.3
ALONE: Final = frozenset({Blow.JOIN, Blow.STOP, Blow.STOP_UNSENT})
"""Blows to one owner of a lane, who gives it back when the connection changes."""
TURNS: Final = 0.5
"""Share of the other rounds in which a midnight passes."""


class Rounds:
    """Plays cards on a world.

    Args:
        world: that runs.
        judge: says when a round is over, and what speaks against the promises.
        load: what changes.
        lives: and what happens to people.
        plain: publishes what Huma would not.
        random: the moments.

    Attributes:
        met: rounds in which a killed role had a request in flight.
    """

    def __init__(
        self, world: World, judge: Judge, load: Load, lives: Lives, plain: Plain, random: Random
    ) -> None:
        self._world = world
        self._judge = judge
        self._load = load
        self._lives = lives
        self._plain = plain
        self._random = random
        self._began = 0
        self.met = 0

    def play(self, card: Card) -> list[str]:
        """Play one; returns what speaks against the promises."""
        world = self._world
        write = self._random.choice(card.writes)
        self._load.begin(refusing=REFUSING in card.faults)
        self._lives.begin()
        if card.blow is Blow.STOP_UNSENT:
            stop_file(world.stage.folder).write_text(write, "utf-8")
        self._turn(card)
        self._strike(card, write, self._begin(card))
        return self._judge.after_round()

    def _wait(self, look: Callable[[], object]) -> None:
        """Wait until something is so, but not for what a role that ended will never do."""

        def seen() -> bool:
            over = self._world.ended()
            assert not over, "; ".join(over)
            return bool(look())

        try:
            until(seen, PATIENT)
        except AssertionError as never:
            raise AssertionError("\n".join([str(never), *self._world.how_it_stands()])) from None

    def _begin(self, card: Card) -> Patch:
        """Let Xledger suffer the card's faults, and change people; returns the changes."""
        token = self._load.sides[0].token if card.blow is Blow.JOIN else "*"
        self._world.stage.theatre.break_xledger(faults_of(card, token))
        self._began = self._world.journal.newest()
        first = self._load.changes(12)
        self._world.publish(first)
        self._world.publish(self._load.hires(4))
        return first

    def _turn(self, card: Card) -> None:
        """Let a midnight pass for a connection, perhaps, while everything else happens."""
        if card.blow not in ALONE and self._random.random() < TURNS:
            side = self._load.turn()
            self._world.turn(side)

    def _strike(self, card: Card, write: str, first: Patch) -> None:
        world = self._world
        match card.blow:
            case Blow.NONE:
                self._wait(lambda: world.journal.suffered("slow", self._began))
                self._more(first)
            case Blow.KILL_INTAKE:
                self._more(first)
                time.sleep(self._random.random() * LATER)
                world.kill("intake")
                self._more(first)
                world.start("intake")
            case Blow.STOP:
                self._stop(lambda: self._catch(card, write), first)
            case Blow.STOP_UNSENT:
                self._stop(lambda: self._wait_for_the_stop(card, write), first)
            case Blow.JOIN:
                self._join(card, write)
            case _:
                self._kill(card, write, first)

    def _more(self, first: Patch) -> None:
        """Change what is under way once more, others too, and publish what Huma would not."""
        world, load = self._world, self._load
        recalled = self._lives.recall()
        world.publish(load.again(first))
        for patch in (*recalled, *self._lives.some(), *self._lives.vanish()):
            world.publish(patch)
        known = [one for one in world.witness.events.values() if one.decodable]
        if known:
            some = self._random.sample(known, min(len(known), 4))
            world.published += self._plain.repeat(some)
            world.published += self._plain.strangers(self._random.choice(known))
        world.publish(load.changes(25))

    def _catch(self, card: Card, write: str) -> None:
        """Stop delivery at a random moment of a write that is in flight, as the journal shows."""
        world = self._world
        token = self._load.sides[0].token if card.blow is Blow.JOIN else None

        def caught() -> bool:
            if world.journal.in_flight(write, token):
                time.sleep(self._random.random() * LATER)
                world.freeze("delivery")
                if world.journal.in_flight(write, token):
                    return True
                world.thaw("delivery")
            if world.journal.suffered(card.faults[0], self._began):
                self._begin(card)  # it was over too soon: once more
            return False

        self._wait(caught)
        world.stage.theatre.break_xledger(())
        self.met += 1

    def _kill(self, card: Card, write: str, first: Patch) -> None:
        world, broker = self._world, self._world.broker
        self._catch(card, write)
        world.kill("delivery")
        starting = threading.Thread(target=broker.start)
        if card.blow is Blow.KILL_BOTH:
            world.kill("intake")
        elif card.blow is Blow.KILL_BROKER:
            broker.kill()
            starting.start()
        world.start("delivery")
        self._more(first)
        if card.blow is Blow.KILL_BOTH:
            world.start("intake")
        elif card.blow is Blow.KILL_BROKER:
            starting.join()

    def _join(self, card: Card, write: str) -> None:
        """Let one more of each role join, who must leave the lane alone until its owner is dead."""
        world, one = self._world, self._load.sides[0].connection
        self._wait(lambda: world.journal.suffered(card.faults[0], self._began))
        epoch, late = world.ledger.epoch(one), world.late()
        world.start("successor", world.another("delivery"))
        world.start("joining", world.another("intake"))
        first = self._begin(card)
        self._more(first)
        self._catch(card, write)
        if world.ledger.epoch(one) != epoch and world.late() == late:
            self._judge.note("a lane was taken over while its owner lived")
        world.kill("delivery")
        world.roles["intake"].stop()
        world.roles["delivery"] = world.roles.pop("successor")
        world.roles["intake"] = world.roles.pop("joining")
        self._more(first)

    def _stop(self, stop: Callable[[], None], first: Patch) -> None:
        """Stop delivery past its lease, let another take over and finish, and wake it."""
        world = self._world
        stopped = world.roles["delivery"]
        stop()
        epoch = world.ledger.epoch()
        world.start("successor", world.another("delivery"))
        self._more(first)
        self._wait(lambda: world.ledger.epoch() > epoch)
        world.roles["delivery"] = world.roles.pop("successor")
        self._judge.wait_for_outcomes()
        stopped.signal(signal.SIGCONT)
        ends = time.monotonic() + WAKING
        while stopped.running and time.monotonic() < ends:
            time.sleep(0.05)
        if stopped.running:
            self._judge.note("a process that was stopped past its lease went on when it woke")
            stopped.kill()

    def _wait_for_the_stop(self, card: Card, write: str) -> None:
        """Wait until delivery has stopped itself before it sends, holding nothing of the store."""
        world = self._world

        def stopped() -> bool:
            self._wait(lambda: state_of(world.roles["delivery"]) == "T")
            if world.ledger.writable():
                return True
            stop_file(world.stage.folder).write_text(write, "utf-8")
            world.thaw("delivery")
            self._begin(card)
            return False

        self._wait(stopped)


def faults_of(card: Card, token: str) -> Iterator[dict[str, Any]]:
    """Return what Xledger suffers in a round; where nothing is killed, first a slow update."""
    if not card.in_flight and card.blow is not Blow.STOP_UNSENT:
        yield {"match": {"operation": f"{UPDATE}*"}, "fault": "slow", "seconds": 0.8, "times": 1}
    for fault in card.faults:
        for write in card.writes:
            match = {"operation": f"{write}*", "token": token}
            one: dict[str, Any] = {"match": match, "fault": fault}
            one |= {"seconds": SECONDS[fault]} if fault in SECONDS else {}
            yield one | {"times": 1}
