"""What happens to people's positions: handovers at midnight, second jobs, details, ends."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

from tests.faults.calendar import Calendar
from tests.faults.person import Person, moved
from tests.faults.values import Values
from tests.processors.positions import model

Moves: TypeAlias = dict[str, dict[str, Any] | None]
"""A merge patch of one person's positions."""

MOST: Final = 4
"""Positions of one person; who has more loses one."""
START, END = "contractStartDate", "contractEndDate"
PROBATION, NOTICE = "probationEndDate", "terminationNoticeDate"


class Posts:
    """Writes changes of positions, each of which Huma tells.

    Args:
        values: makes titles and days.
        random: chooses.
        calendar: the two days that it may be.
    """

    def __init__(self, values: Values, random: Random, calendar: Calendar) -> None:
        self._values = values
        self._random = random
        self._calendar = calendar

    def first(self, user: str) -> Moves:
        """Return the positions of somebody who begins: none, or up to two."""
        return dict(self._new(user) for _ in range(self._random.choice((0, 1, 1, 2))))

    def move(self, person: Person) -> Moves:
        """Change something."""
        if len(person.positions) > MOST:
            return {self._random.choice(list(person.positions)): None}
        if not person.positions:
            return dict([self._new(person.id)])
        kinds = (self._begin, self._hand_over, self._amend, self._amend, self._end)
        return self._random.choice(kinds)(person)

    def leave(self, person: Person) -> Moves:
        """End every open contract of a person, long after everything that happens."""
        ends = [id_ for id_, one in person.positions.items() if not one.get(END)]
        return {id_: {END: self._values.day(person.id, id_, END)} for id_ in ends}

    def steady(self, person: Person, moves: Mapping[str, Any]) -> bool:
        """Say whether on both days the same follows, before and after these moves."""
        days = (self._calendar.early.date, self._calendar.late.date)
        return all(
            model.expected(list(held.values()), days[0])
            == model.expected(list(held.values()), days[1])
            for held in (person.positions, moved(person.positions, moves))
        )

    def _begin(self, person: Person) -> Moves:
        return dict([self._new(person.id)])

    def _hand_over(self, person: Person) -> Moves:
        """Let one position end today, in the zone where it is early, and another begin tomorrow."""
        old = self._random.choice(list(person.positions))
        id_, new = self._new(person.id)
        early, late = self._calendar.early.date, self._calendar.late.date
        ends = {END: early.isoformat(), NOTICE: self._values.day(person.id, old, NOTICE)}
        return {old: ends, id_: new | {START: late.isoformat(), "percentage": 100}}

    def _amend(self, person: Person) -> Moves:
        """Change a title, and perhaps something else, or take it away."""
        id_ = self._random.choice(list(person.positions))
        changes = {"title": self._values.title(person.id, id_)}
        return {id_: changes | dict([self._random.choice(list(self._details(person.id, id_)))])}

    def _end(self, person: Person) -> Moves:
        return {self._random.choice(list(person.positions)): None}

    def _new(self, user: str) -> tuple[str, dict[str, Any]]:
        id_ = str(UUID(int=self._random.getrandbits(128), version=4))
        details = self._random.sample(list(self._details(user, id_)), 4)
        position = {START: self._values.beginning(user, id_), **dict(details)}
        position["title"] = self._values.title(user, id_)
        return id_, {name: value for name, value in position.items() if value is not None}

    def _details(self, user: str, id_: str) -> Iterator[tuple[str, Any]]:
        """Yield what may be said of a position; null takes it away."""
        chance, days = self._random.random(), self._calendar
        for name in (PROBATION, NOTICE, END):
            yield name, self._values.day(user, id_, name) if chance < 0.7 else None
        yield END, days.early.date.isoformat()
        yield START, days.late.date.isoformat()
        yield START, None
        yield "percentage", self._random.choice((None, 20, 50, 80, 100))
        yield "primary", self._random.choice((True, None))
