"""Looks on while the demo plays: what comes of the changes, and whether everything still runs."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from console.demo.picture import Picture
from console.demo.stage import Stage
from console.demo.tally import Tally

LOOK_SECONDS: Final = 0.1
COUNT_SECONDS: Final = 1.0


class Reader(Protocol):
    """Something that a topic's new values are read from."""

    def poll(self, seconds: float) -> Iterable[bytes]:
        """Return the values that came, waiting so long for the first ones."""
        ...


@dataclass(slots=True)
class Watcher:
    """Sees what comes of the changes, and shows it; starts again what ended."""

    reader: Reader
    stage: Stage
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
                self.stage.theatre.count_requests()
                for line in self.stage.revive():
                    self.picture.say(line)
            self.picture.show(self.published, self.tally, self.stage.theatre.requests)
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
