"""A replay at work: a canary, then waves at a limited rate, until all have ended (R-91).

All that it knows is in the store, so that it goes on after a kill exactly where it was; how letters
end is written there by watch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from processors.ports.desk import Letter
from processors.ports.replay import Numbered, Progress, ReplayStore, Run, Unsent
from processors.replay.foretelling import AT_ONCE, Foretelling
from processors.replay.pace import Pace, failed_too_often, wave
from processors.watch.error_log import SAYS_NOTHING
from schemas.desk import ReplayState
from schemas.errors import RetryLater, StopProcess
from schemas.outcome import Result

BEATS: Final = 3 * 60_000
"""Milliseconds after which a heartbeat is old: one comes each minute (R-109)."""
AHEAD: Final = 2
"""Unsent letters looked at, for each person that may go: several may be of one person."""
ERASED: Final = "erased"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What bounds a run; each is a setting (`settings.Replay`). Seconds, unless said otherwise.

    Attributes:
        pace: of each connection.
        least: letters that must have ended before failures are counted.
        look: between two looks at how letters end.
        silence: without any end, after which it is said.
        patience: without any end, after which the run stops.
    """

    pace: Pace
    least: int
    look: float
    silence: float
    patience: float


class Stopped(StopProcess):
    """The run stopped, and can be gone on with."""


@dataclass(slots=True)
class Execution:
    """One execution of a run.

    Attributes:
        store: the rows.
        foretelling: judges letters once more, just before they go.
        run: as it was started.
        limits: see there.
        clock: monotonic seconds.
        wait: lets seconds pass.
        show: hears how it is getting on, each time it looks.
        say: hears sentences that a human should read.
    """

    store: ReplayStore
    foretelling: Foretelling
    run: Run
    limits: RunLimits
    clock: Callable[[], float]
    wait: Callable[[float], None]
    show: Callable[[Progress], None]
    say: Callable[[str], None]
    _waves: dict[str | None, float] = field(default_factory=dict)
    _waits: str | None = None
    _ended: int = 0
    _heard: float = 0.0
    _told: bool = False

    def go(self) -> Progress:
        """Send what is left, and wait for its ends.

        Raises:
            Stopped: too many failed, or nothing ends; the run can be gone on with.
        """
        self._heard = self.clock()
        try:
            self._canary()
            while True:
                progress = self._ends()
                if not progress.unsent:
                    break
                self._wave(progress)
                self.wait(self.limits.look)
            progress = self._settle()
        except Stopped as stopped:
            self.store.end(self.run.id, ReplayState.STOPPED, str(stopped))
            raise
        except KeyboardInterrupt:
            self.store.end(self.run.id, ReplayState.STOPPED, "stopped by hand")
            raise
        self.store.end(self.run.id, ReplayState.FINISHED)
        return progress

    def _canary(self) -> None:
        """Send a few, and see that each of them ends well."""
        sent = 0
        while sent < self.run.canary:
            left = self.run.canary - sent
            some = self._patiently(partial(self.store.next, self.run.id, left))
            if not some:
                break
            sent += self._send(some)
        progress = self._settle()
        failed = failures_of(progress)
        if failed:
            raise Stopped(
                f"the canary: {failed} of {progress.settled} letters did not end well, so nothing "
                f"else was sent; mend the cause, then go on with --resume {self.run.id}"
            )

    def _settle(self) -> Progress:
        """Wait until whatever was sent has ended."""
        progress = self._ends()
        while progress.waits_for:
            self.wait(self.limits.look)
            progress = self._ends()
        return progress

    def _ends(self) -> Progress:
        """Look how letters end; stop when too many fail, or none ends for too long."""
        progress = self._patiently(
            lambda: self.store.progress(self.run.id, self.run.started_at)
        )  # since our own start: another may let the run go on meanwhile
        self.show(progress)
        failed = failures_of(progress)
        well = progress.settled - failed
        if failed_too_often(well, failed, self.run.failures, self.limits.least):
            raise Stopped(
                f"{failed} of the {progress.settled} letters that ended did not end well, more "
                f"than {self.run.failures} %; mend the cause, then go on with --resume "
                f"{self.run.id}"
            )
        self._listen(progress)
        return progress

    def _listen(self, progress: Progress) -> None:
        """Say when nothing ends, and why that may be; stop when it lasts."""
        now = self.clock()
        ended = progress.letters - progress.unsent - progress.refused - progress.waits_for
        if not progress.waits_for or ended != self._ended:
            self._ended, self._heard, self._told = ended, now, False
            return
        quiet = now - self._heard
        if quiet < self.limits.silence:
            return
        sentence = f"{progress.waits_for} letters were sent and none ends: {silence_of(progress)}"
        if quiet >= self.limits.patience:
            raise Stopped(f"{sentence}; then go on with --resume {self.run.id}")
        if not self._told:
            self._told = True
            self.say(sentence)

    def _wave(self, progress: Progress) -> None:
        """Send as many people of each connection as may go now."""
        pace, now = self.limits.pace, self.clock()

        def free(one: str | None) -> int:
            due = now - self._waves.get(one, -pace.seconds) >= pace.seconds
            return max(0, pace.people - progress.under_way.get(one, 0)) if due else 0

        # whoever takes none now, for however long, keeps nobody behind them waiting
        resting = {one for one in {*progress.under_way, *self._waves} if not free(one)}
        some = self._patiently(lambda: self.store.next(self.run.id, AHEAD * pace.people, resting))
        if not some:
            return
        room = {one: free(one) for one in {letter.connection for letter in some}}
        letters = self._letters(some)
        people = {
            id_: id_ if letter.person is None else letter.person for id_, letter in letters.items()
        }
        given = [(one.number, one.connection, people.get(one.letter)) for one in some]
        going = set(wave(given, room, 0))
        mine = [one for one in some if one.number in going]
        if self._send(mine):
            self._waves |= dict.fromkeys((one.connection for one in mine), now)

    def _send(self, some: Sequence[Numbered]) -> int:
        """Judge letters as they are now, claim them, leave their records; returns how many."""
        sent = 0
        for start in range(0, len(some), AT_ONCE):
            part = some[start : start + AT_ONCE]
            sent += self._patiently(partial(self._sent, part))
        return sent

    def _sent(self, some: Sequence[Numbered]) -> int:
        letters = self._letters(some)
        there = [letters[one.letter] for one in some if one.letter in letters]
        ways = {one.letter.id: one.way for one in self.foretelling.some(there, self.run.id)}
        return self.store.send(
            self.run.id, {one.number: ways.get(one.letter, Unsent(ERASED)) for one in some}
        )

    def _letters(self, some: Sequence[Numbered]) -> dict[str, Letter]:
        found: dict[str, Letter] = {}
        for start in range(0, len(some), AT_ONCE):
            ids = [one.letter for one in some[start : start + AT_ONCE]]
            found |= self._patiently(partial(self.store.letters_of, ids))
        return found

    def _patiently(self, call: Callable[[], T]) -> T:
        """Return what a call returns, however long store, Kafka or the outbox are not ready."""
        while True:
            try:
                found = call()
            except RetryLater as away:
                if str(away) != self._waits:
                    self._waits = str(away)
                    self.say(self._waits)
                self.wait(away.retry_after or self.limits.look)
            else:
                self._waits = None
                return found


def failures_of(progress: Progress) -> int:
    """Return how many did not end well: failed, or skipped so that the letter stays as it is."""
    return sum(
        many
        for (result, code), many in progress.ended.items()
        if result == Result.DEAD_LETTERED.value or code in SAYS_NOTHING
    )


def silence_of(progress: Progress) -> str:
    """Say why no end may come, and what to look at."""
    beat = progress.beat_at
    if beat is None:
        return "watch has never seen a heartbeat; is `run watch` running?"
    minutes = (progress.now - beat) // 60_000
    if progress.now - beat > BEATS:
        return (
            f"the newest heartbeat that watch saw is {minutes} minutes old; are `run intake`, "
            "`run delivery` and `run watch` running?"
        )
    return "watch is well, so it is the lanes that wait; see `connections list`"
