"""(c): events accepted and durable, on both stores, beside a Faust agent that does nothing."""

from typing import Final

from benchmarks import postgresql
from benchmarks.events import Mix, fill, organizations, uuid
from benchmarks.figures import OURS, Aim, Figure
from benchmarks.ground import POSTGRESQL, SQLITE, broker, ground
from benchmarks.options import Options
from benchmarks.peers.running import FAUST, measure
from benchmarks.reading import read
from schemas.topics import EVENTS

COUNT: Final = 100_000
LEAST: Final = 20_000


def accepted(options: Options) -> list[Figure]:
    """Measure (c): one change for each of so many linked people; 1.7 fields an event."""
    count = options.scaled(COUNT, LEAST)
    mix = Mix(count, organizations(1), count)
    users = [uuid(number) for number in range(count)]
    kinds = [SQLITE] if postgresql.missing() else [SQLITE, POSTGRESQL]
    ours: dict[str, list[float]] = {kind: [] for kind in kinds}
    theirs: list[float] = []
    with broker(options.folder) as servers:
        fill(servers, EVENTS.name, mix)
        for _ in range(options.rounds):
            for kind in kinds:
                with ground(options.folder, servers, kind) as place:
                    place.link(place.connect(mix.organizations[0]), users)
                    ours[kind].append(read(place, count).rate)
            theirs.append(measure(FAUST, servers, EVENTS.name, count))
    return [
        Figure(
            "c",
            f"{count:,} events accepted and durable, {kind}",
            "events/s",
            {OURS: ours[kind], FAUST: theirs},
            Aim("at least", 1.0, FAUST),
        )
        for kind in kinds
    ]
