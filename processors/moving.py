"""Where reading is to go on, by hand: `offsets set --to N|earliest|latest|TIME` (R-81)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from processors.ports.source import Place
from schemas.attributes import read_time
from schemas.errors import StopProcess

Ranges = Mapping[Place, tuple[int, int]]
"""First offset and end of each partition."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where reading of a partition goes on; None: it has not begun."""

    place: Place
    next: int | None
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Move:
    """One planned move."""

    place: Place
    from_: int | None
    to: int


def standings(stored: Mapping[Place, int], ranges: Ranges) -> list[Standing]:
    """Return where reading goes on, beside what the topics hold."""
    return [
        Standing(place, stored.get(place), first, end)
        for place, (first, end) in sorted(ranges.items())
    ]


def plan(
    to: str,
    stored: Mapping[Place, int],
    ranges: Ranges,
    at: Callable[[int], Mapping[Place, int]],
    topic: str | None = None,
    partition: int | None = None,
) -> list[Move]:
    """Plan the moves of some partitions, or of all.

    Args:
        to: an offset, `earliest`, `latest`, or an RFC 3339 time.
        stored: where reading goes on now.
        ranges: what the topics hold.
        at: the first offset of each partition from a time on, in milliseconds since 1970.
        topic: only this one.
        partition: only this one of it.

    Raises:
        StopProcess: `to` is none of these, or not held; or there is no such partition.

    >>> place = Place("t", 0)
    >>> plan("earliest", {place: 9}, {place: (3, 20)}, dict)
    [Move(place=Place(topic='t', partition=0), from_=9, to=3)]
    """
    if partition is not None and topic is None:
        raise StopProcess("--partition needs --topic")
    chosen = {
        place: held
        for place, held in sorted(ranges.items())
        if topic in {None, place.topic} and partition in {None, place.partition}
    }
    if not chosen:
        raise StopProcess(f"there is no such partition: {topic or 'no topic'}/{partition}")
    wanted = _wanted(to, chosen, at)
    return [
        Move(place, stored.get(place), wanted[place])
        for place in chosen
        if stored.get(place) != wanted[place]
    ]


def _wanted(to: str, chosen: Ranges, at: Callable[[int], Mapping[Place, int]]) -> dict[Place, int]:
    if to == "earliest":
        return {place: first for place, (first, _) in chosen.items()}
    if to == "latest":
        return {place: end for place, (_, end) in chosen.items()}
    if to.isascii() and to.isdigit():
        offset = int(to)
        for place, (first, end) in chosen.items():
            if not first <= offset <= end:
                raise StopProcess(
                    f"{place.topic}/{place.partition} holds {first} to {end}, not {offset}: name "
                    "one partition with --topic and --partition, or another offset"
                )
        return dict.fromkeys(chosen, offset)
    time = read_time(to)
    if time is None:
        raise StopProcess(
            "--to takes an offset, earliest, latest, or a time such as 2026-01-31T08:00:00+01:00"
        )
    found = at(int(time.timestamp() * 1000))
    return {place: found[place] for place in chosen}
