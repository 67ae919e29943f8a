"""The rows are a function of what was written, not of how it was read (R-89)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.ports.watch import Seen
from schemas.events import EventType
from schemas.outcome import FieldEnd, FieldOutcome, Result
from schemas.person import PersonKey
from schemas.reasons import Code
from tests.fixtures.stored import KARI, OLA
from tests.fixtures.watched import NOON, Happened, Watched, applied, failed, skipped

FIELDS: Final = ("email", "phone")
SKIPS: Final = (Code.LOCKED, Code.OUT_OF_SCOPE, Code.STALE, Code.MISSING_EMAIL)
T = TypeVar("T")


@dataclass
class Company:
    """Two people in two connections, to whom things happen one after the other.

    Beside it is worked out what must come of it, as an operator would say it.
    """

    random: Random
    happened: list[Happened] = field(default_factory=list)
    open: dict[tuple[str, PersonKey, str], Happened] = field(default_factory=dict)
    tried: list[Happened] = field(default_factory=list)
    gone: set[PersonKey] = field(default_factory=set)
    unread: dict[str, Happened] = field(default_factory=dict)

    def live(self) -> None:
        """Let one thing happen."""
        at = len(self.happened) + 1
        person, one = self.random.choice((KARI, OLA)), self.random.choice(("c1", "c2"))
        step = self.random.random()
        if self.tried and step < 0.3:
            self.replay(at, self.random.choice(self.tried))
        elif step < 0.35:
            for other in ("c1", "c2"):
                self.happened.append(
                    Happened(f"d{at}", at=at, connection=other, person=person,
                             reason=Code.DELETED, type=EventType.USER_DELETED)
                )  # fmt: skip
            self.open = {key: one for key, one in self.open.items() if key[1] != person}
            self.gone.add(person)
        elif step < 0.42:
            bad = Happened(f"b{at}", at=at, connection=None, person=person,
                           result=Result.DEAD_LETTERED, reason=Code.NOT_JSON)  # fmt: skip
            self.happened.append(bad)
            self.tried.append(bad)
        else:
            self.end(Happened(f"e{at}", self.ends(at, person), at, connection=one, person=person))

    def replay(self, at: int, was: Happened) -> None:
        """Send something again that failed; at times as a resend."""
        letter = None
        if was.connection is not None and self.random.random() < 0.3:
            letter = was.letter_id
        self.tried.remove(was)
        ends = self.ends(at, was.person, tuple(was.ends) or FIELDS)
        connection = was.connection or self.random.choice(("c1", "c2"))
        self.end(
            Happened(was.event, ends, at, was.round + 1, connection, was.person, letter=letter)
        )

    def ends(
        self, at: int, person: PersonKey, names: Sequence[str] = FIELDS
    ) -> dict[str, FieldOutcome]:
        """Return ends of some fields; of whom is deleted nothing is sent."""
        chosen = self.random.sample(names, self.random.randint(1, len(names)))
        if person in self.gone:
            return dict.fromkeys(chosen, skipped(Code.DELETED))
        turn = NOON + at * 60_000 - 500  # dirtied a moment before it ended
        kinds: list[Callable[[], FieldOutcome]] = [
            lambda: failed(turn), lambda: failed(turn), lambda: failed(turn, Code.EXHAUSTED),
            lambda: applied(turn), lambda: FieldOutcome(FieldEnd.UNCHANGED, None, 1, turn),
            lambda: FieldOutcome(FieldEnd.SUPERSEDED, None, 1, turn),
            lambda: skipped(self.random.choice(SKIPS)),
        ]  # fmt: skip
        return {name: self.random.choice(kinds)() for name in chosen}

    def end(self, happened: Happened) -> None:
        """Note an event's end, and what it opens and closes."""
        self.happened.append(happened)
        assert happened.connection is not None
        for name, end in happened.ends.items():
            key = (happened.connection, happened.person, name)
            if end.result is FieldEnd.FAILED:
                self.open[key] = happened
            elif end.result is not FieldEnd.SUPERSEDED and end.code is not Code.STALE:
                self.open.pop(key, None)
        if happened.outcome.result is Result.DEAD_LETTERED:
            self.tried.append(happened)


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
