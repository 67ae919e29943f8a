"""Runs the real intake over a full topic, and times it by the offsets that it stores."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ground import Ground
from connectors.store import offsets
from schemas.topics import EVENTS

LOOK_SECONDS: Final = 0.01
STUCK_SECONDS: Final = 60.0
FEWEST_MOVES: Final = 3
MIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Read:
    """How a topic was read.

    Attributes:
        rate: events a second, from the first to the last-but-one time that offsets moved: the
            last move may have waited for its second to be over.
        early: the process's memory after a tenth of the topic, MiB.
        peak: the most that it ever took, MiB.
    """

    rate: float
    early: float
    peak: float


def read(ground: Ground, count: int) -> Read:
    """Start intake, wait until it stored the end of the topic, and stop it.

    Raises:
        TimeoutError: it stands still.
    """
    program = ground.programs.program("intake", "run", "intake")
    program.start()
    moves: list[tuple[float, int]] = []
    early = 0.0
    looked = time.perf_counter()
    while not moves or moves[-1][1] < count:
        now, read_ = time.perf_counter(), stored(ground)
        if read_ > (moves[-1][1] if moves else 0):
            moves.append((now, read_))
            looked = now
            if not early and read_ >= count / 10:
                early = memory(program.pid)[0]
        elif now - looked > STUCK_SECONDS:
            raise TimeoutError(f"intake stands still at {read_} of {count}: see {program.log}")
        time.sleep(LOOK_SECONDS)
    peak = memory(program.pid)[1]
    program.stop()
    assert len(moves) >= FEWEST_MOVES, "too few events to measure"
    (begin, first), (end, last) = moves[0], moves[-2]
    return Read((last - first) / (end - begin), early, peak)


def memory(pid: int) -> tuple[float, float]:
    """Return what a process holds in memory, and the most that it ever held, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    values = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
    now, most = (int(values[name].split()[0]) / MIB for name in ("VmRSS", "VmHWM"))
    return now, most


def stored(ground: Ground) -> int:
    """Return how many events of the topic the store has offsets behind."""
    with ground.store.read() as connection:
        found = offsets.stored(connection)
    return sum(offset for place, offset in found.items() if place.topic == EVENTS.name)
