"""The rows are a function of what was written, not of how it was read (R-89)."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.ports.watch import Seen
from schemas.person import PersonKey
from tests.fixtures.watched import Company, Happened, Watched

T = TypeVar("T")


def logs(happened: Sequence[Happened]) -> tuple[list[Seen], list[Seen]]:
    """Return what stands on the outcomes topic, and on that of letters."""
    letters = [one.letter_record for one in happened]
    return [one.outcome_record for one in happened], [one for one in letters if one is not None]


def deliveries(random: Random, records: Sequence[T]) -> list[Sequence[T]]:
    """Return records in batches, at times from an earlier one on again."""
    batches: list[Sequence[T]] = []
    at = 0
    while at < len(records):
        end = min(len(records), at + random.randint(1, 6))
        batches.append(records[at:end])
        at = random.randint(0, end) if random.random() < 0.2 else end
    return batches


@pytest.mark.rule("R-89", "R-90", "R-72", "R-78")
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 24))
def test_any_reading_comes_to_the_same(watched: Watched, seed: int, steps: int) -> None:
    """Each topic in its order; apart from that any interleaving, any batches, repeats."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    company = Company(random)
    for _ in range(steps):
        company.live()
    outcomes, letters = logs(company.happened)
    watched.forget()
    watched.see(*company.happened)
    expected = watched.rows()

    watched.forget()
    left, right = deliveries(random, outcomes), deliveries(random, letters)
    while left or right:
        if left and (not right or random.random() < 0.5):
            watched.watching.outcomes(left.pop(0))
        else:
            watched.watching.letters(right.pop(0))
    assert watched.rows() == expected

    rows = expected["failure"]
    found = {
        (row["connection"], PersonKey(row["organization"], row["person"]), row["field"]): row
        for row in rows
        if row["failed_turn"] > row["closed_turn"]
    }
    whole = {(row["connection"], row["person"]) for row in rows if row["field"] == ""}
    still = {key for key in found if (key[0], key[1].user) not in whole}
    assert still == set(company.open)
    assert {found[key]["letter"] for key in still} == {
        one.letter_id for one in company.open.values()
    }


@pytest.mark.rule("R-89")
@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(seed=st.integers(0, 2**32))
def test_even_one_topic_may_be_read_out_of_order(watched: Watched, seed: int) -> None:
    """A worker that was thought dead ends its batch after its successor read further."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    company = Company(random)
    for _ in range(16):
        company.live()
    outcomes, letters = logs(company.happened)
    watched.forget()
    watched.see(*company.happened)
    expected = watched.rows()
    watched.forget()
    random.shuffle(outcomes)
    random.shuffle(letters)
    for record in outcomes:
        watched.watching.outcomes([record])
    for record in letters:
        watched.watching.letters([record])
    assert watched.rows() == expected
