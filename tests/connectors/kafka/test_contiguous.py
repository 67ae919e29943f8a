"""No record of a partition is passed over, however the driver loses its place."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.contiguous import Contiguous, Verdict
from processors.ports.source import Place

P = Place("t", 0)
TAKE, DROP, SEEK = Verdict.TAKE, Verdict.DROP, Verdict.SEEK


def begun(offset: int | None = 0) -> Contiguous:
    """Return a reading that began there."""
    reading = Contiguous()
    reading.begin(P, offset)
    return reading


def judged(reading: Contiguous, *offsets: int) -> list[Verdict]:
    """Return what becomes of records."""
    return [reading.judge(P, offset) for offset in offsets]


def test_what_follows_is_taken() -> None:
    """And what was there before: it is read again after a change of the group."""
    assert judged(begun(), 0, 1, 2, 1, 2, 3) == [TAKE] * 6


def test_where_nobody_knows_the_beginning_the_first_counts() -> None:
    """A group that has never committed."""
    assert judged(begun(None), 7, 8) == [TAKE, TAKE]


def test_a_hole_is_read_again() -> None:
    """Nothing behind it counts until it is filled."""
    reading = begun()
    assert judged(reading, 0, 3, 4, 5) == [TAKE, SEEK, DROP, DROP]
    assert reading.next(P) == 1
    assert judged(reading, 1, 2, 3, 4) == [TAKE] * 4


def test_a_hole_in_the_topic_itself_is_passed() -> None:
    """Its oldest records are gone: the same record comes first again."""
    assert judged(begun(2), 9, 10, 9, 10) == [SEEK, DROP, TAKE, TAKE]


def test_partitions_do_not_mix() -> None:
    """A hole in one says nothing of another."""
    reading = begun()
    assert reading.judge(P, 5) is SEEK
    assert reading.judge(Place("t", 1), 5) is TAKE


def test_a_new_beginning_forgets_the_hole() -> None:
    """The partition was given back."""
    reading = begun()
    assert judged(reading, 5) == [SEEK]
    reading.begin(P, 8)
    assert judged(reading, 8, 9) == [TAKE, TAKE]


@given(st.lists(st.integers(0, 8)))
def test_whatever_comes_all_before_the_next_was_taken(offsets: list[int]) -> None:
    """Unless the topic itself has the hole, which takes the same record twice to say."""
    reading, taken = begun(), set[int]()
    holes = set[int]()
    for offset in offsets:
        due = reading.next(P)
        verdict = reading.judge(P, offset)
        if verdict is TAKE:
            holes.update(range(due, offset))
            taken.add(offset)
    assert taken | holes >= set(range(reading.next(P)))
