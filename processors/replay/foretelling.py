"""Letters foretold, many at once: bytes, records, people, forecasts; and what of them is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from processors.ports.desk import Letter
from processors.ports.replay import (
    LetterRecord,
    LetterRecords,
    Missing,
    ReplayStore,
    Sending,
    Unsent,
)
from processors.replay.forecast import foretell, person_of, unsent
from processors.replay.sending import Prepared, Rules, prepare, stands
from processors.watch.error_log import SAYS_NOTHING
from schemas.desk import Forecast, Foretold
from schemas.reasons import Code

AT_ONCE: Final = 500
"""Letters foretold together: few enough that the store is never held for long."""
READ: Final = 2000
"""Letters whose bytes are read together: many, since they stand apart on the topic."""
NEVER: Final = {*SAYS_NOTHING, Code.CONNECTION_REMOVED, Code.DELETED, Code.NOT_ACTIVE}
"""What blocks, and would leave the letter open, or without an outcome, if it were sent."""

Held = Mapping[tuple[int, int], LetterRecord | Missing]


@dataclass(frozen=True, slots=True)
class Judged:
    """A letter, what a replay of it would come to, and what is done about it now.

    `whole`: its own bytes are still there; else a request for the same fields goes instead.
    """

    letter: Letter
    foretold: Foretold
    way: Sending | Unsent
    whole: bool = True


class Foretelling:
    """Foretells letters.

    Args:
        store: letters and people, as they are.
        records: letters' bytes.
        rules: how letters are sent again.
    """

    def __init__(self, store: ReplayStore, records: LetterRecords, rules: Rules) -> None:
        self._store = store
        self._records = records
        self._rules = rules

    def all(self, letters: Sequence[Letter], run: str) -> Iterator[Judged]:
        """Foretell letters, in their order, so many at once."""
        for start in range(0, len(letters), READ):
            yield from self.some(letters[start : start + READ], run)

    def some(self, letters: Sequence[Letter], run: str) -> list[Judged]:
        """Foretell letters, as sent by this run; their bytes are read together.

        Raises:
            BrokerUnavailable: they cannot be read.
        """
        held = self._records.read([_place(letter) for letter in letters])
        return [
            judged
            for start in range(0, len(letters), AT_ONCE)
            for judged in self._together(letters[start : start + AT_ONCE], held, run)
        ]

    def _together(self, letters: Sequence[Letter], held: Held, run: str) -> list[Judged]:
        world = self._store.around()
        at = datetime.fromtimestamp(world.now / 1000, UTC)
        connected = world.connections.by_organization
        ready = [
            prepare(letter, held[_place(letter)], self._rules, connected, run, at)
            for letter in letters
        ]
        whose = [None if isinstance(one, Unsent) else person_of(one) for one in ready]
        people = self._store.people([key for key in whose if key is not None], world)
        found = []
        for letter, one, key in zip(letters, ready, whose, strict=True):
            whole = stands(held[_place(letter)], letter)
            if isinstance(one, Unsent):
                found.append(Judged(letter, unsent(one), one, whole))
            else:
                foretold = foretell(letter, one, None if key is None else people.get(key), world)
                found.append(Judged(letter, foretold, way_of(foretold, one), whole))
        return found


def _place(letter: Letter) -> tuple[int, int]:
    return letter.partition, letter.offset


def way_of(foretold: Foretold, prepared: Prepared) -> Sending | Unsent:
    """Return what is sent, or why it is not: it would fail again, or leave the letter as it is.

    What a lock or a link stops is sent: its end closes the letter with the reason (R-72).
    """
    blocked = foretold.forecast is Forecast.BLOCKED
    if foretold.forecast is Forecast.WILL_FAIL or (
        blocked and (foretold.code is None or foretold.code in NEVER)
    ):
        return Unsent(said(foretold))
    return prepared.sending


def said(foretold: Foretold) -> str:
    """Return why, in a few words."""
    return foretold.why or (foretold.code.value if foretold.code is not None else "")
