"""The load: what changes in Huma, and what must stand in Xledger for it, told apart from our rules.

Every value is new, so a value found in Xledger's journal says which change of which person it is.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from random import Random
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from console.demo.cast import Cast, Member, Standing
from console.demo.expectations import FIELDS, record_of
from simulators.huma import people
from simulators.huma.merge_patch import merged
from tests.faults.values import CHANGED, Values, wrong_account

Patch: TypeAlias = Mapping[str, Any]
"""A merge patch of Huma's state."""


class Written(NamedTuple):
    """Which change a value came with; `number` rises with each of one person's field."""

    user: str
    field: str
    number: int


class Load:
    """Writes changes for a cast, seeded.

    Args:
        cast: everybody; their expected records follow the changes.
        random: chooses.
        today: the day on which it happens.

    Attributes:
        history: which change each value came with.
        unsettled: users of whom it is open whether they become employees, deleted while they are
            created, and their employment ids.
    """

    def __init__(self, cast: Cast, random: Random, today: date) -> None:
        self._cast = cast
        self._random = random
        self._today = today
        self.values = Values(random)
        self.history: dict[str, Written] = {}
        self.unsettled: dict[str, str] = {}
        self._touched: set[str] = set()
        self._refusing = False
        self._hired = 0
        self._numbers: dict[tuple[str, str], int] = {}

    def begin(self, *, refusing: bool) -> None:
        """Begin a round: nobody has changed in it.

        Args:
            refusing: Xledger will refuse some for now; who is deactivated before the next try is
                locked then (R-72), so nobody leaves.
        """
        self._touched.clear()
        self._refusing = refusing

    def changes(self, count: int) -> Patch:
        """Change one or two fields of so many people; returns a patch."""
        users = {}
        for member in self._random.sample(self._live(), count):
            fields = self._random.sample(CHANGED, self._random.choice((1, 1, 2)))
            users[member.id] = self._change(member, fields)
        return {"users": users}

    def again(self, patch: Patch) -> Patch:
        """Change the same fields of the same people once more."""
        members = self._cast.members
        return {
            "users": {
                user: self._change(members[user], list(values))
                for user, values in patch["users"].items()
                if members[user].live
            }
        }

    def hires(self, count: int) -> Patch:
        """Let new people begin, who are to be created in Xledger."""
        return {"users": dict(self._hire() for _ in range(count))}

    def lives(self) -> list[Patch]:
        """Let people leave, come back and be spoiled: patches in order, of people left alone."""
        patches = []
        leaving = () if self._refusing else (self._leave,)
        steps = (*leaving, self._return, self._delete, self._spoil, self._change_unlinked)
        for step in self._random.sample(steps, 3):
            patches += step()
        return patches

    def vanish(self) -> list[Patch]:
        """Hire somebody who is deleted at once: an employee or none, never two (R-79)."""
        user, values = self._hire()
        del self._cast.members[user]
        self.unsettled[user] = values["employmentId"]
        return [{"users": {user: values}}, {"users": {user: None}}]

    def _live(self) -> list[Member]:
        return [member for member in self._cast.members.values() if member.live]

    def _untouched(self, count: int) -> list[Member]:
        rested = [member for member in self._live() if member.id not in self._touched]
        chosen = self._random.sample(rested, count)
        self._touched |= {member.id for member in chosen}
        return chosen

    def _change(self, member: Member, fields: Iterable[str]) -> dict[str, Any]:
        values = {name: self._value(member.id, name) for name in fields}
        member.user = merged(member.user, values)
        self._touched.add(member.id)
        if member.live:
            self._arrive(member, values)
        elif member.standing is Standing.LINKED:
            member.late |= set(values)
        return values

    def _value(self, user: str, field: str) -> Any:
        value, text = self.values.of(field)
        number = self._numbers[user, field] = self._numbers.get((user, field), 0) + 1
        self.history[text] = Written(user, field, number)
        return value

    def _arrive(self, member: Member, fields: Iterable[str]) -> None:
        assert member.expected is not None
        record = record_of(member.user)
        for name in fields:
            member.expected |= {target: record[target] for target in FIELDS[name]}
            member.kept.pop(name, None)

    def _hire(self) -> tuple[str, dict[str, Any]]:
        self._hired += 1
        user, number = self._uuid(), self._hired
        (made,) = people.generate(10_000 + number, 1, self._today)["users"].values()
        values = {name: self._value(user, name) for name in CHANGED}
        made |= {**values, "employmentId": f"N{number:04}"}
        made = merged({}, made)
        self._cast.members[user] = Member(user, made, Standing.LINKED, record_of(made))
        self._touched.add(user)
        return user, dict(made)

    def _leave(self) -> list[Patch]:
        """Deactivate somebody between two changes, of which only the first arrives (R-71)."""
        (member,) = self._untouched(1)
        first = self._change(member, ("phone",))
        inactive = {"status": {"active": False}}
        member.user = merged(member.user, inactive)
        second = self._change(member, ("bankAccount",))
        return [{"users": {member.id: values}} for values in (first, inactive, second)]

    def _return(self) -> list[Patch]:
        """Let somebody come back: what changed meanwhile arrives (R-74)."""
        away = [
            member
            for member in self._cast.members.values()
            if member.late and not member.deleted and member.id not in self._touched
        ]
        if not away:
            return []
        member = self._random.choice(away)
        active = {"status": {"active": True}}
        member.user = merged(member.user, active)
        self._arrive(member, member.late)
        member.late = set()
        self._touched.add(member.id)
        return [{"users": {member.id: active}}]

    def _delete(self) -> list[Patch]:
        (member,) = self._untouched(1)
        member.deleted = True
        return [{"users": {member.id: None}}]

    def _spoil(self) -> list[Patch]:
        """Give somebody an account that cannot be sent: a letter, and Xledger keeps the old one."""
        (member,) = self._untouched(1)
        values = {"bankAccount": wrong_account()}
        member.user = merged(member.user, values)
        member.kept["bankAccount"] = "invalid bank account"
        return [{"users": {member.id: values}}]

    def _change_unlinked(self) -> list[Patch]:
        others = [
            member
            for member in self._cast.members.values()
            if member.active and member.standing is Standing.ONLY_IN_HUMA
        ]
        member = self._random.choice(others)
        return [{"users": {member.id: self._change(member, ("phone",))}}]

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
