"""The operator's evening: one cause, mended; what it stopped is foretold, and sent again."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from console.demo.watcher import Watcher

PATIENT: Final = 60.0
REASON: Final = "the switchboard's number is accepted now"
OPEN: Final = ("--state", "open", "--state", "retrying", "--state", "parked")


@dataclass(slots=True)
class Evening:
    """What an operator types, and sees.

    Attributes:
        watcher: looks on meanwhile.
        open: letters that nothing has ended, when it is over; None: it was not played.
        seconds: that the replay took.
    """

    watcher: Watcher
    open: int | None = None
    seconds: float = 0.0
    _counts: list[tuple[str, int]] = field(default_factory=list)
    _foretold: list[tuple[str, int]] = field(default_factory=list)
    _ended: list[tuple[str, int]] = field(default_factory=list)

    def play(self, refused: int) -> None:
        """Find the cause, mend it, and send again what it stopped.

        Args:
            refused: so many letters are there to be seen; the log is a moment behind the topic.
        """
        say = self.watcher.picture.say
        self._counts = self._counted(lambda total: total >= refused)
        say(f"19:00  the error log: {_listed(self._counts) or 'nothing is open'}")
        if not self._counts:
            self.open = 0
            return
        code = max(self._counts, key=lambda count: count[1])[0]
        self.watcher.stage.theatre.break_xledger(())
        say(f"19:30  Xledger accepts the number; forecast of '{code}', without asking Xledger")
        meant = ("--code", code)
        forecast = self._ask("dead-letters", "forecast", *meant)["forecast"]
        self._foretold = [(one["forecast"], one["letters"]) for one in forecast]
        say(f"20:00  replay: a canary first; foretold: {_listed(self._foretold)}")
        began = time.monotonic()
        done = self._ask("dead-letters", "replay", *meant, "--reason", REASON, "--execute")
        self.seconds = time.monotonic() - began
        self._ended = [(one["result"], one["letters"]) for one in done["ended"]]
        self.open = sum(many for _, many in self._counted(lambda total: total == 0))

    def lines(self) -> Iterator[str]:
        """Yield what the summary says of it."""
        if self.open is None:
            return
        yield f"Dead letters in the evening: {_listed(self._counts) or 'none open'}"
        if self._foretold:
            yield f"  forecast: {_listed(self._foretold)}"
            yield f"  replayed in {self.seconds:.1f} s: {_listed(self._ended)}"
        yield f"  {self.open:,} open at the end"

    def _counted(self, enough: Callable[[int], bool]) -> list[tuple[str, int]]:
        """Return how many letters are open, by code, once they are enough, or time is up."""
        ends = time.monotonic() + PATIENT
        while True:
            found = self._ask("dead-letters", "list", "--by", "code", *OPEN)
            if enough(found["total"]) or time.monotonic() > ends:
                return [(one["code"], one["letters"]) for one in found["counts"]]

    def _ask(self, *arguments: str) -> Any:
        """Run a command to its end, and look on meanwhile."""
        answers: list[Any] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                answers.append(self.watcher.stage.programs.command(*arguments))
            except BaseException as failure:  # noqa: BLE001 - raised again below
                failures.append(failure)

        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive():
            self.watcher.look(0.1)
        thread.join()
        if failures:
            raise failures[0]
        return answers[0]


def _listed(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{many:,} {what}" for what, many in counts)
