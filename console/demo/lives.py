"""Who comes, goes, comes back, and comes again under another id."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from console.demo.cast import Cast
from console.demo.changes import Changes
from console.demo.employment import Employment
from console.demo.expectations import record_of
from console.demo.member import Member, Standing
from console.demo.script import Step
from simulators.huma import people
from simulators.huma.merge_patch import merged

DELETED: Final = 6
LEAVERS: Final = 18
LATER: Final = 30
"""Days until a colleague begins who is hired for later."""


class Lives:
    """Writes what becomes of people.

    Who leaves or is deleted has not changed before: of what is under way then, less might arrive.

    Args:
        cast: everybody.
        changes: of their fields.
        employment: of their positions.
        today: the story's day.
    """

    def __init__(self, cast: Cast, changes: Changes, employment: Employment, today: date) -> None:
        self._cast = cast
        self._random = cast.random
        self._changes = changes
        self._employment = employment
        self._today = today
        self._hired = 0
        self._doomed = changes.sample(changes.live(), DELETED)
        changes.aside |= {member.id for member in self._doomed}
        self._leavers = employment.some(LEAVERS)
        changes.aside |= {member.id for member in self._leavers}

    def hire(self) -> Step:
        """Write one new colleague; every third begins in a month."""
        self._hired += 1
        number = self._hired
        made = people.generate(int(self._today.strftime("%Y%m%d")) + number, 1, self._today)
        ((_, user),) = made["users"].items()
        user |= {
            "email": f"hire{number:03}@fjordmat.example",
            "employmentId": f"N{number:04}",
            "phone": f"+4799{number:06}",
            "origin": "teamtailor" if number % 2 else "manual",
        }
        positions, post = self._employment.first(LATER if number % 3 == 0 else 0)
        expected = record_of(user) | post
        id_ = people.uuid(self._random)
        self._cast.members[id_] = Member(
            id_, user, Standing.LINKED, expected, positions, posted=True
        )
        return Step({id_: dict(user)}, {id_: dict(positions)})

    def leave(self, locked: list[Member]) -> Iterator[Step]:
        """Let people leave: the end of the contract, and a moment later the deactivation.

        What changes after that does not arrive. It is another field than before: a younger value of
        one would supersede the older one, which then must not be sent either (R-71).

        Args:
            locked: others, to be deactivated without more.
        """
        for member in self._leavers:
            phone = self._changes.change(member, {"phone": self._changes.phone()})
            yield phone | self._employment.end(member)
        for member in self._leavers:
            self._changes.aside.discard(member.id)
            yield self._activate(member, to=False)
            yield self._changes.change(member, {"bankAccount": self._changes.account()})
        for member in locked:
            yield self._activate(member, to=False)

    def delete(self) -> Iterator[Step]:
        """Delete people for good."""
        for member in self._doomed:
            member.deleted = True
            yield Step({member.id: None})

    def come_back(self) -> Iterator[Step]:
        """Let half of those who left come back, every other one to a new position."""
        away = [one for one in self._cast.members.values() if one.late and not one.deleted]
        for number, member in enumerate(self._changes.sample(away, len(away) // 2)):
            active = self._activate(member, to=True)
            self._changes.arrive(member, member.late)
            member.late = set()
            yield active | self._employment.begin_again(member) if number % 2 else active

    def hire_again(self) -> Iterator[Step]:
        """Hire half of the deleted again: in Huma they are others, with an email that we know."""
        for former in self._doomed[::2]:
            self._hired += 1
            id_ = people.uuid(self._random)
            code = f"N{self._hired:04}"
            user = merged(former.user, {"employmentId": code, "status": {"active": True}})
            positions, _ = self._employment.first(0)
            self._cast.members[id_] = Member(id_, user, Standing.HIRED_AGAIN, None, positions)
            yield Step({id_: dict(user)}, {id_: dict(positions)})

    @staticmethod
    def _activate(member: Member, *, to: bool) -> Step:
        values = {"status": {"active": to}}
        member.user = merged(member.user, values)
        return Step({member.id: values})
