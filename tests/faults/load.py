"""The load: what changes in Huma, and what must stand in Xledger for it, told apart from our rules.

Every value is new, so a value found in Xledger's journal says which change of which person it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

from simulators.huma import people
from tests.faults.calendar import Calendar
from tests.faults.person import Person
from tests.faults.posts import Moves, Posts
from tests.faults.side import Side
from tests.faults.values import CHANGED, Values, wrong_account

Patch: TypeAlias = Mapping[str, Any]
"""A merge patch of Huma's state."""

MEMBERS: Final = 4
"""Of those who change, so many are in the group at least."""


class Load:
    """Writes changes, seeded, and lets each connection expect what must come of them.

    Args:
        everybody: by id.
        sides: the connections; the first has everybody, the others a group each.
        random: chooses.
        today: the day on which it happens.
        calendar: the days that it may be for a connection.

    Attributes:
        values: made for it, with their history.
        before: people as they were before they changed in this round.
        refusing: see `begin`.
        turned: a midnight passed in this round.
    """

    def __init__(
        self,
        everybody: dict[str, Person],
        sides: Sequence[Side],
        random: Random,
        today: date,
        calendar: Calendar,
    ) -> None:
        self.everybody = everybody
        self.sides = sides
        self.random = random
        self.values = Values(random)
        self.posts = Posts(self.values, random, calendar)
        self.before: dict[str, Person] = {}
        self.refusing = False
        self.turned = False
        self._today = today
        self._calendar = calendar
        self._touched: set[str] = set()
        self._begun: set[str] = set()
        self._left_alone: set[str] = set()
        self._hired = 0

    def begin(self, *, refusing: bool) -> None:
        """Begin a round: nobody has changed in it.

        Args:
            refusing: Xledger will refuse some for now; who is deactivated before the next try is
                locked then (R-72), so nobody leaves.
        """
        self._touched.clear()
        self._begun.clear()
        self._left_alone.clear()
        self.before.clear()
        self.refusing = refusing
        self.turned = False

    def changes(self, count: int) -> Patch:
        """Change one or two fields or positions of so many people."""
        users: dict[str, Any] = {}
        positions: dict[str, Any] = {}
        for person in self._some(count):
            if person.id not in self._begun:
                self.before.setdefault(person.id, replace(person))
            fields = self.random.sample(CHANGED, self.random.choice((0, 0, 1, 1, 2)))
            if fields:
                users[person.id] = self.change(person, fields)
            if not fields or self.random.random() < 0.2:
                positions[person.id] = self.move(person, self.posts.move(person))
        return {"users": users, "positions": positions}

    def again(self, patch: Patch) -> Patch:
        """Change the same fields, and positions, of the same people once more."""
        here = {user: self.everybody[user] for user in (*patch["users"], *patch["positions"])}
        live = {
            user
            for user, person in here.items()
            if self._live(person) and user not in self._left_alone
        }
        users = {
            user: self.change(here[user], list(values))
            for user, values in patch["users"].items()
            if user in live
        }
        positions = {
            user: self.move(here[user], self.posts.move(here[user]))
            for user in patch["positions"]
            if user in live
        }
        return {"users": users, "positions": positions}

    def hires(self, count: int) -> Patch:
        """Let new people begin, who are to be created in Xledger."""
        new = [self.hire() for _ in range(count)]
        for person in new:
            self.everybody[person.id] = person
            for side in self.sides:
                side.hired(person)
        return begun(new)

    def hire(self) -> Person:
        """Make somebody who begins, in the group or not."""
        self._hired += 1
        user, number = self._uuid(), self._hired
        (made,) = people.generate(10_000 + number, 1, self._today)["users"].values()
        made |= {name: self.values.new(user, name) for name in CHANGED}
        made |= {"employmentId": f"N{number:04}", "groups": self._groups(0.4)}
        self._touched.add(user)
        self._begun.add(user)
        person = Person(user, {}, {})
        person.change(made)
        person.move(self.posts.first(user))
        return person

    def turn(self) -> Side:
        """Let a midnight pass, or come again, for one connection; returns it with its new day."""
        self.turned = True
        side = self.random.choice(self.sides)
        side.turn(self._calendar.other(side.day), self.everybody.values())
        return side

    def restore(self, person: Person, before: Person) -> Patch:
        """Let somebody be as they were before, with the changed values as the newest there are."""
        values = difference(before.user, person.user)
        moves = difference(before.positions, person.positions)
        self.values.renew([values, moves])
        person.change(values)
        person.move(moves)
        for side in self.sides:
            side.changed(person, values)
            side.moved(person, triggers=any(one is not None for one in moves.values()))
        return {"users": {person.id: values}, "positions": {person.id: moves}}

    def change(self, person: Person, fields: Iterable[str]) -> dict[str, Any]:
        """Change fields of a person; returns the values."""
        values = {name: self.values.new(person.id, name) for name in fields}
        person.change(values)
        self._touched.add(person.id)
        for side in self.sides:
            side.changed(person, values)
        return values

    def move(self, person: Person, moves: Moves) -> Moves:
        """Change positions of a person; returns the same."""
        person.move(moves)
        self._touched.add(person.id)
        triggers = any(one is not None for one in moves.values())
        for side in self.sides:
            side.moved(person, triggers=triggers)
        return moves

    def doubt(self, person: Person) -> None:
        """Expect that what changed of somebody in this round has arrived, or has not."""
        for side in self.sides:
            side.doubts(person)

    def rested(self, people_: Iterable[Person]) -> list[Person]:
        """Return those of some people who have not changed in this round."""
        return [person for person in people_ if person.id not in self._touched]

    def calm(self, person: Person) -> bool:
        """Say whether no midnight of this round turns a person's positions."""
        return not self.turned or self.posts.steady(person, {})

    def recallable(self) -> list[Person]:
        """Return who changed in this round and may be locked, whatever has arrived."""
        return [
            person
            for user, before in self.before.items()
            for person in [self.everybody[user]]
            if person.active and user not in self._left_alone
            and self.calm(before) and self.calm(person)
            and wrong_account() not in (before.user["bankAccount"], person.user["bankAccount"])
        ]  # fmt: skip

    def alone(self, person: Person) -> None:
        """Leave somebody alone for the rest of the round."""
        self._touched.add(person.id)
        self._left_alone.add(person.id)

    def live(self) -> list[Person]:
        """Return everybody of whom a change arrives somewhere."""
        return [person for person in self.everybody.values() if self._live(person)]

    def groups(self, person: Person, *, member: bool) -> dict[str, Any]:
        """Let a person join the group, or leave it; returns the values."""
        group = self.sides[-1].group
        others = [one for one in person.user["groups"] if one["id"] != group]
        values = {"groups": [*others, *([{"id": group, "type": "team"}] if member else [])]}
        person.change(values)
        return values

    def _live(self, person: Person) -> bool:
        return any(side.reaches(person) for side in self.sides)

    def _some(self, count: int) -> list[Person]:
        live = [person for person in self.live() if person.id not in self._left_alone]
        members = [person for person in live if self.sides[-1].reaches(person)]
        some = self.random.sample(members, min(MEMBERS, len(members)))
        others = [person for person in live if person not in some]
        return [*some, *self.random.sample(others, count - len(some))]

    def _groups(self, share: float) -> list[dict[str, Any]]:
        member = self.random.random() < share
        return [{"id": self.sides[-1].group, "type": "team"}] if member else []

    def _uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


def begun(new: Iterable[Person]) -> Patch:
    """Return the patch with which people begin."""
    users = {person.id: dict(person.user) for person in new}
    return {"users": users, "positions": {p.id: dict(p.positions) for p in new if p.positions}}


def difference(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch that makes of `held` what is wanted.

    >>> difference({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3, "d": 4}, "e": 5})
    {'b': {'c': 2, 'd': None}, 'e': None}
    """
    patch: dict[str, Any] = {name: None for name in held if name not in wanted}
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(held.get(name), dict):
            inner = difference(value, held[name])
            patch |= {name: inner} if inner else {}
        elif value != held.get(name):
            patch[name] = value
    return dict(sorted(patch.items()))
