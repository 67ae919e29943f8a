"""(a) and (b): what passes intake by, beside Quix Streams' no-op and a bare loop; and its memory.

(a) 95 % of the topic belongs to organisations without a connection: passed by their key alone. The
rest belongs to one with an active connection, and is stored. (b) Records without a key, of
organisations without a connection: each is decoded and validated, and only then passed.
"""

from typing import Final

from benchmarks.events import Mix, fill, organizations, uuid
from benchmarks.figures import OURS, Aim, Figure
from benchmarks.ground import broker, ground
from benchmarks.options import Options
from benchmarks.peers.running import BARE, QUIX, measure
from benchmarks.reading import Read, read
from schemas.topics import EVENTS

EVENTS_OF_A: Final = 1_000_000
EVENTS_OF_B: Final = 500_000
LEAST: Final = 100_000
ORGANIZATIONS: Final = 20
"""One of them is connected: 5 %."""
PEOPLE: Final = 50_000
PEERS: Final = (QUIX, BARE)
MOST_MEMORY: Final = 200.0


def passed_by_key(options: Options) -> list[Figure]:
    """Measure (a), and intake's memory beside it."""
    count = options.scaled(EVENTS_OF_A, LEAST)
    mix = Mix(count, organizations(ORGANIZATIONS), min(PEOPLE, count // ORGANIZATIONS))
    title = f"intake of {count:,} events, 95 % of organisations without a connection"
    speed, reads = _measured(options, "a", title, mix, mix.organizations[0], 1.3)
    memory = {
        OURS: [one.peak for one in reads],
        "after a tenth of them": [one.early for one in reads],
    }
    title = f"memory of intake at most, {count:,} events waiting at its start"
    return [speed, Figure("m", title, "MiB", memory, Aim("at most", MOST_MEMORY))]


def decoded(options: Options) -> list[Figure]:
    """Measure (b)."""
    count = options.scaled(EVENTS_OF_B, LEAST)
    mix = Mix(count, organizations(ORGANIZATIONS), PEOPLE, keyed=False)
    title = f"intake of {count:,} events decoded, validated, skipped"
    speed, _ = _measured(options, "b", title, mix, uuid(0), 0.8)
    return [speed]


def _measured(
    options: Options, letter: str, title: str, mix: Mix, connected: str, times: float
) -> tuple[Figure, list[Read]]:
    rounds: dict[str, list[float]] = {name: [] for name in (OURS, *PEERS)}
    reads: list[Read] = []
    with broker(options.folder) as servers:
        fill(servers, EVENTS.name, mix)
        for _ in range(options.rounds):
            with ground(options.folder, servers) as place:
                connection = place.connect(connected)
                place.link(connection, [uuid(number) for number in range(mix.people)])
                reads.append(read(place, mix.events))
            rounds[OURS].append(reads[-1].rate)
            for peer in PEERS:
                rounds[peer].append(measure(peer, servers, EVENTS.name, mix.events))
    return Figure(letter, title, "events/s", rounds, Aim("at least", times, QUIX)), reads
