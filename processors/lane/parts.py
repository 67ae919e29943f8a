"""Equal parts, and a fair share of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def split(items: Sequence[T], parts: int) -> tuple[tuple[T, ...], ...]:
    """Cut into so many runs whose lengths differ by one at most; never an empty one.

    >>> split("abcde", 2)
    (('a', 'b', 'c'), ('d', 'e'))
    """
    parts = max(1, min(parts, len(items)))
    size, longer = divmod(len(items), parts)
    ends = [number * size + min(number, longer) for number in range(parts + 1)]
    return tuple(tuple(items[a:b]) for a, b in pairwise(ends))


def share(sizes: Sequence[int], total: int) -> list[int]:
    """Say into how many parts to cut sets of these sizes, `total` parts in all.

    A set of one stays whole; every other is cut at least in two, so that a set once refused is
    never sent whole again, and as finely as its share allows.

    >>> share((1, 5, 5), 12)
    [1, 5, 5]
    >>> share((500,), 100)
    [100]
    """
    left = total - sum(1 if size == 1 else 2 for size in sizes)
    larger = sum(size for size in sizes if size > 1)
    return [1 if size == 1 else min(size, 2 + max(0, left) * size // larger) for size in sizes]
