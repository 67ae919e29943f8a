"""How fast a replay goes, and when it has failed too often: arithmetic (R-91)."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.replay.pace import Pace, failed_too_often, pace, wave


@pytest.mark.rule("R-91")
@pytest.mark.parametrize(
    ("requests", "share", "people", "seconds"),
    [
        (18, 30, 2500, 5.0),
        (18, 100, 9000, 5.0),
        (18, 50, 4500, 5.0),
        (18, 6, 500, 5.0),
        (18, 5, 500, 5.6),
        (18, 1, 500, 27.8),
        (1, 30, 500, 16.7),
    ],
)
def test_a_share_is_whole_requests(requests: int, share: int, people: int, seconds: float) -> None:
    """Of 18 requests in 5 s 30 % are 5; where it is less than one, one goes out more seldom."""
    assert pace(requests, 5.0, 500, share) == Pace(people, seconds)


@pytest.mark.rule("R-91")
@given(st.integers(1, 20), st.integers(1, 100))
def test_a_share_is_never_more_than_was_given(requests: int, share: int) -> None:
    """In people a second, but for rounding."""
    mine = pace(requests, 5.0, 500, share)
    assert mine.people / mine.seconds <= requests * 500 / 5.0 * share / 100 * 1.01


LETTERS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 6)), max_size=40
).map(lambda drawn: [(number, one, who) for number, (one, who) in enumerate(drawn)])


@pytest.mark.rule("R-91")
@given(LETTERS, st.dictionaries(st.sampled_from(["a", "b", None]), st.integers(0, 4)))
def test_a_wave_holds_so_many_people_of_each_connection(
    letters: list[tuple[int, str | None, int]], room: dict[str | None, int]
) -> None:
    """In order, and whoever goes at all goes with each letter: none of theirs is overtaken."""
    going = wave(letters, room, 3)
    assert going == sorted(going)
    people = {(one, who) for number, one, who in letters if number in going}
    count = Counter(one for one, _ in people)
    assert all(count[one] <= room.get(one, 3) for one in count)
    assert going == [number for number, one, who in letters if (one, who) in people]


@pytest.mark.rule("R-91")
@pytest.mark.parametrize(
    ("well", "failed", "stops"),
    [(0, 0, False), (0, 19, False), (0, 20, True), (16, 4, False), (15, 5, True), (800, 200, False),
     (799, 201, True)],
)  # fmt: skip
def test_it_stops_when_more_than_a_fifth_failed(well: int, failed: int, stops: bool) -> None:  # noqa: FBT001 - drawn from the table
    """Of at least twenty; exactly a fifth is borne."""
    assert failed_too_often(well, failed, 20, 20) is stops
