"""What happens in people's lives: they leave, come back, are deleted, and are hired again.

Each step is some patches, published one after another, of somebody who is left alone otherwise.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, TypeAlias

from tests.faults.load import Load, Patch, begun
from tests.faults.person import Person
from tests.faults.values import wrong_account

Step: TypeAlias = Callable[[], Iterator[Patch]]

AT_ONCE: Final = 5
"""Steps taken each time."""
RECALLED: Final = 3
RETURNING: Final = 3


class Lives:
    """Writes what happens to people.

    Args:
        load: what else changes.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._deleted: list[Person] = []
        """Before this round; their emails are known to be of somebody who is gone."""
        self._going: list[Person] = []

    def begin(self) -> None:
        """Begin a round: whatever happened has had its effect."""
        self._deleted += self._going
        self._going.clear()

    def some(self) -> list[Patch]:
        """Let some of it happen: patches in order."""
        leaving = (self._leave, self._end, self._take_back, self._part)
        steps: list[Step] = [
            self._delete, self._delete_moved, self._spoil, self._change_unlinked, self._join,
            self._rehire, self._move_away,
            *(() if self._load.refusing else leaving),
        ]  # fmt: skip
        patches = [*self._return()]
        for step in self._load.random.sample(steps, AT_ONCE):
            patches += step()
        return patches

    def recall(self) -> list[Patch]:
        """Deactivate some whose changes may be under way, and take these back.

        What may have been written is undone once they return.
        """
        if self._load.refusing:
            return []
        able = self._load.recallable()
        patches: list[Patch] = []
        for person in self._load.random.sample(able, min(RECALLED, len(able))):
            patches += self._recalled(person, self._load.before[person.id])
        return patches

    def vanish(self) -> list[Patch]:
        """Hire somebody who is deleted at once: an employee or none, never two (R-79)."""
        person = self._load.hire()
        for side in self._load.sides:
            side.unsettled[person.id] = person.user["employmentId"]
        return [begun([person]), {"users": {person.id: None}}]

    def _leave(self) -> Iterator[Patch]:
        """Deactivate somebody between two changes, of which only the first arrives (R-71)."""
        for person in self._rested(self._calm()):
            yield _values(person, self._load.change(person, ("phone",)))
            yield from self._deactivated(person)

    def _end(self) -> Iterator[Patch]:
        """Set the contract's end, and deactivate right after: the end arrives (R-71)."""
        for person, moves in self._ends():
            yield {"positions": {person.id: self._load.move(person, moves)}}
            yield from self._deactivated(person)

    def _take_back(self) -> Iterator[Patch]:
        """Do the same, and take the end back: the end has arrived or not, and nothing else."""
        for person, moves in self._ends():
            before = replace(person)
            yield {"positions": {person.id: self._load.move(person, moves)}}
            yield from self._recalled(person, before)

    def _part(self) -> Iterator[Patch]:
        """Let somebody leave the group between two changes: there the first arrives (R-101)."""
        side = self._load.sides[-1]
        for person in self._rested(p for p in self._calm() if side.reaches(p)):
            yield _values(person, self._load.change(person, ("phone",)))
            yield _values(person, self._load.groups(person, member=False))
            yield _values(person, self._load.change(person, ("bankAccount",)))

    def _join(self) -> Iterator[Patch]:
        """Let somebody join the group, or come back to it."""
        side = self._load.sides[-1]
        outside = [
            person
            for person in self._load.everybody.values()
            if person.ordinary and person.active and not side.lets(person)
            and not spoiled(person)
        ]  # fmt: skip
        for person in self._rested(outside):
            yield _values(person, self._load.groups(person, member=True))
            side.hired(person)
            side.returned(person)

    def _return(self) -> Iterator[Patch]:
        """Let some come back: what changed meanwhile arrives (R-74)."""
        rested = self._load.rested(self._away())
        for person in self._load.random.sample(rested, min(RETURNING, len(rested))):
            self._load.alone(person)
            active = {"status": {"active": True}}
            person.change(active)
            for side in self._load.sides:
                side.returned(person)
            yield _values(person, active)

    def _move_away(self) -> Iterator[Patch]:
        """Change positions of somebody who is away: nothing goes out until they are back."""
        for person in self._rested(self._away()):
            moves = self._load.move(person, self._load.posts.move(person))
            yield {"positions": {person.id: moves}}

    def _delete(self) -> Iterator[Patch]:
        for person in self._rested(self._calm()):
            yield self._gone(person)

    def _delete_moved(self) -> Iterator[Patch]:
        """Delete somebody whose positions changed a moment ago: they went out or not."""
        for person, moves in self._ends():
            yield {"positions": {person.id: self._load.move(person, moves)}}
            self._load.doubt(person)
            yield self._gone(person)

    def _rehire(self) -> Iterator[Patch]:
        """Hire somebody with the email of somebody who was deleted: a human must look (R-78)."""
        if self._deleted:
            known = self._deleted.pop(self._load.random.randrange(len(self._deleted)))
            person = self._load.hire()
            person.ordinary = False
            person.change({"email": known.user["email"]})
            self._load.everybody[person.id] = person
            yield begun([person])

    def _spoil(self) -> Iterator[Patch]:
        """Give somebody an account that cannot be sent: a letter, and Xledger keeps the old one."""
        sides = self._load.sides
        whole = [
            person
            for person in self._load.live()
            if all(side.lets(person) for side in sides if person.id in side.employees)
        ]
        for person in self._rested(whole):
            values = {"bankAccount": wrong_account()}
            person.change(values)
            yield _values(person, values)

    def _change_unlinked(self) -> Iterator[Patch]:
        """Change somebody who is nobody's employee: it leads to nothing (R-37)."""
        others = [
            person
            for person in self._load.everybody.values()
            if person.active and not any(person.id in s.employees for s in self._load.sides)
        ]
        for person in self._rested(others):
            yield _values(person, self._load.change(person, ("phone",)))
            moves = self._load.move(person, self._load.posts.move(person))
            yield {"positions": {person.id: moves}}

    def _calm(self) -> Iterator[Person]:
        """Yield everybody of whom a change arrives, and whom no midnight of this round turns."""
        return filter(self._load.calm, self._load.live())

    def _rested(self, people: Iterable[Person]) -> list[Person]:
        """Choose one, who is left alone from now on; none where nobody is left."""
        rested = self._load.rested(people)
        if not rested:
            return []
        person = self._load.random.choice(rested)
        self._load.alone(person)
        return [person]

    def _ends(self) -> Iterator[tuple[Person, Any]]:
        """Choose one whose open contracts end, whatever day it is; yields with the moves."""
        posts = self._load.posts
        rested = [p for p in self._load.rested(self._load.live()) if not spoiled(p)]
        for person in self._load.random.sample(rested, len(rested)):
            moves = posts.leave(person)
            if moves and posts.steady(person, moves):
                self._load.alone(person)
                yield person, moves
                return

    def _away(self) -> list[Person]:
        return [
            person
            for person in self._load.everybody.values()
            if not person.deleted and not person.active
            and any(person.id in side.employees for side in self._load.sides)
        ]  # fmt: skip

    def _recalled(self, person: Person, before: Person) -> Iterator[Patch]:
        """Deactivate somebody, and let the rest be as before: it has changed in Xledger or not."""
        self._load.alone(person)
        self._load.doubt(person)
        inactive = {"status": {"active": False}}
        person.change(inactive)
        yield _values(person, inactive)
        yield self._load.restore(person, replace(before, user=before.user | inactive))

    def _deactivated(self, person: Person) -> Iterator[Patch]:
        inactive = {"status": {"active": False}}
        person.change(inactive)
        yield _values(person, inactive)
        yield _values(person, self._load.change(person, ("bankAccount",)))

    def _gone(self, person: Person) -> Patch:
        person.deleted = True
        self._going.append(person)
        return {"users": {person.id: None}}


def spoiled(person: Person) -> bool:
    """Say whether the account cannot be sent: whatever event looks at it again gets a letter."""
    return bool(person.user["bankAccount"] == wrong_account())


def _values(person: Person, values: Any) -> Patch:
    return {"users": {person.id: values}}
