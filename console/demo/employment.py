"""What happens to positions, each time with what Xledger should hold then.

The expected values are written here, case by case, and follow from no rule of ours: of each person
the story knows the one position that there was before.
"""

from datetime import date
from typing import Final

from console.demo.cast import Cast
from console.demo.changes import Changes
from console.demo.expectations import Record, post_of
from console.demo.member import Member
from console.demo.posts import PROBATION_DAYS, Position, Positions, on, position, title
from console.demo.script import Patch, Step
from simulators.huma.merge_patch import merged

WHOLE: Final = 1200
"""The cast for which the numbers in the story are meant; a smaller one has fewer."""


class Employment:
    """Writes changes of positions.

    Args:
        cast: everybody.
        changes: knows whose changes arrive.
        today: the story's day.
    """

    def __init__(self, cast: Cast, changes: Changes, today: date) -> None:
        self._cast = cast
        self._random = cast.random
        self._changes = changes
        self._today = today
        self._used: set[str] = set()

    def some(self, count: int) -> list[Member]:
        """Choose people with one open position for long, to which nothing has happened yet."""
        live = self._changes.live()
        free = [one for one in live if self._plain(one) and one.id not in self._used]
        chosen = self._changes.sample(free, self._scaled(count))
        self._used |= {member.id for member in chosen}
        return chosen

    def handing_over(self, count: int) -> list[Member]:
        """Choose people of whose positions one ends today and another begins tomorrow."""
        free = [one for one in self._changes.live() if one.handover and one.id not in self._used]
        chosen = self._changes.sample(free, self._scaled(count))
        self._used |= {member.id for member in chosen}
        return chosen

    def first(self, begins: int) -> tuple[Positions, Record]:
        """Return the position of a new colleague, who begins so many days from now."""
        first, trial = on(self._today, begins), on(self._today, begins + PROBATION_DAYS)
        one = position(self._random, first, probationEndDate=trial)
        return {one["id"]: one}, post_of(one["title"]["name"], first, trial)

    def promote(self, member: Member, begins: int) -> Step:
        """Let another position follow the one that ends the day before; today or tomorrow."""
        ((old_id, old),) = member.positions.items()
        trial = on(self._today, PROBATION_DAYS)
        new = self._after(old, begins, trial)
        moves = {old_id: {"contractEndDate": on(self._today, begins - 1)}, new["id"]: new}
        then = post_of(new["title"]["name"], old["contractStartDate"], trial)
        if begins:
            return self._move(member, moves, self._still(old), then)
        return self._move(member, moves, then)

    def give_notice(self, member: Member) -> tuple[Step, Step]:
        """Let notice be given, and the end of the contract be known later."""
        ((id_, old),) = member.positions.items()
        notice, ends = on(self._today, 0), on(self._today, 30)
        given = self._still(old, notice)
        return (
            self._move(member, {id_: {"terminationNoticeDate": notice}}, given),
            self._move(
                member, {id_: {"contractEndDate": ends}}, given | {"employee.employmentTo": ends}
            ),
        )

    def end(self, member: Member) -> Step:
        """Let the contract end in two weeks."""
        ((id_, old),) = member.positions.items()
        ends = on(self._today, 14)
        expected = self._still(old) | {"employee.employmentTo": ends}
        return self._move(member, {id_: {"contractEndDate": ends}}, expected)

    def begin_again(self, member: Member) -> Step:
        """Let somebody who had left have another position, the old one having ended yesterday."""
        return self.promote(member, 0)

    def rename(self, member: Member) -> Step:
        """Give the position another title."""
        ((id_, old),) = member.positions.items()
        new = title(self._random, old["title"]["name"])
        expected = self._still(old) | {"contact.jobTitle": new["name"]}
        return self._move(member, {id_: {"title": new}}, expected)

    def mistake(self, member: Member) -> tuple[Step, Step]:
        """Enter a position of long ago, which is another's, and delete it (R-61)."""
        ((_, old),) = member.positions.items()
        wrong = position(self._random, "1999-01-01", percentage=0)
        begun = self._still(old) | {"employee.employmentFrom": "1999-01-01"}
        return (
            self._move(member, {wrong["id"]: wrong}, begun),
            self._move(member, {wrong["id"]: None}, self._still(old)),
        )

    def correct(self, member: Member) -> Step:
        """Correct the position that begins tomorrow: today the other one still counts."""
        old, new = member.positions.values()
        name, begun = new["title"]["name"], old["contractStartDate"]
        then = post_of(name, begun, new["probationEndDate"])
        return self._move(member, {new["id"]: {"percentage": 80}}, self._still(old), then)

    def unseen(self, member: Member) -> Step:
        """Let somebody whom nobody linked have another position: nothing comes of it."""
        one = position(self._random, on(self._today, 0))
        return Step(positions={member.id: {one["id"]: one}})

    def _plain(self, member: Member) -> bool:
        return len(member.positions) == 1 and all(
            "contractEndDate" not in one and one["contractStartDate"] < on(self._today, -1)
            for one in member.positions.values()
        )

    def _scaled(self, count: int) -> int:
        return min(count, max(2, count * len(self._cast.members) // WHOLE))

    def _after(self, old: Position, begins: int, trial: str) -> Position:
        """Return the position that follows; both are primary, or neither is."""
        flag = {"primary": True} if old.get("primary") else {}
        first, name = on(self._today, begins), old["title"]["name"]
        return position(self._random, first, name, probationEndDate=trial, **flag)

    @staticmethod
    def _still(old: Position, notice: str | None = None) -> Record:
        """Return what one open position, or one that another follows, comes to."""
        trial = old.get("probationEndDate")
        return post_of(old["title"]["name"], old["contractStartDate"], trial, notice)

    def _move(
        self, member: Member, moves: Patch, expected: Record, tomorrow: Record | None = None
    ) -> Step:
        assert member.expected is not None
        member.positions = merged(member.positions, moves)
        member.expected |= expected
        member.tomorrow = tomorrow
        member.posted = True
        return Step(positions={member.id: moves})
