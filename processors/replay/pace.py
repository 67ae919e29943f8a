"""How fast a replay goes: a share of what a connection can take, counted in people (R-91).

A request takes 500 people, and several letters of a person are one write: so people decide.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """So many people of a connection in so many seconds."""

    people: int
    seconds: float


def pace(requests: int, window: float, people: int, share: int) -> Pace:
    """Return a share of a connection's allowance, in whole requests: they are what Xledger counts.

    Args:
        requests: of a connection in a window.
        window: in seconds.
        people: in one request.
        share: percent.

    >>> pace(18, 5.0, 500, 30)
    Pace(people=2500, seconds=5.0)
    >>> pace(18, 5.0, 500, 4)
    Pace(people=500, seconds=6.9)
    """
    mine = requests * share / 100
    if mine >= 1:
        return Pace(int(mine) * people, window)
    return Pace(people, round(window / mine, 1))


def wave(
    letters: Iterable[tuple[int, str | None, Hashable]], room: Mapping[str | None, int], most: int
) -> list[int]:
    """Return the numbers of the letters that go now, in order.

    Args:
        letters: number, connection and person of each, in order.
        room: people who may go, by connection; of one that is not named: `most`.
        most: see `room`.

    >>> wave([(1, "a", "p"), (2, "a", "p"), (3, "a", "q"), (4, "b", "q")], {"a": 1}, 9)
    [1, 2, 4]
    """
    going: dict[str | None, set[Hashable]] = defaultdict(set)
    found: list[int] = []
    for number, connection, person in letters:
        people = going[connection]
        if person in people or len(people) < room.get(connection, most):
            people.add(person)
            found.append(number)
    return found


def failed_too_often(well: int, failed: int, percent: int, least: int) -> bool:
    """Say whether more than so many percent of those that ended failed; of a few nothing is said.

    >>> failed_too_often(79, 21, 20, 20), failed_too_often(80, 20, 20, 20)
    (True, False)
    >>> failed_too_often(0, 19, 20, 20)
    False
    """
    ended = well + failed
    return ended >= least and failed * 100 > ended * percent
