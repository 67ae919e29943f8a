"""The play: a working day, a flood, and a midnight. Each change says what should come of it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from console.demo.cast import Cast
from console.demo.changes import SWITCHBOARD, WRONG_ACCOUNT, Changes
from console.demo.employment import Employment
from console.demo.lives import Lives
from console.demo.member import Member
from console.demo.script import Chapter, Step
from simulators.huma.names import NASTY

__all__ = ["WRONG_ACCOUNT", "Story"]

HICCUPS: Final[tuple[Mapping[str, Any], ...]] = (
    {"match": {"operation": "mutation"}, "fault": "http-503", "times": 1},
    {"match": {"operation": "mutation"}, "fault": "reset-after-commit", "times": 1},
)
"""What Xledger suffers in the afternoon; nothing of it is anybody's fault, so nothing fails."""
LETTERS: Final = frozenset({"bankAccount", "homeAddress"})
"""Fields whose spoilt values become dead letters."""
REFUSED: Final = 4
"""One in so many people gets the number that Xledger refuses."""
REFUSAL: Final[Mapping[str, Any]] = {
    "match": {"root": "updateContacts", "field": "phone", "value": SWITCHBOARD},
    "fault": "refuse",
    "naming": "clientId",
    "message": "The number belongs to the company itself.",
}
"""What Xledger suffers in the evening: one cause, and as many refusals as people with it."""


class Story:
    """Writes the play on a cast, and keeps what should stand in Xledger up to date.

    Chapters must be asked for, and played, in order.

    Attributes:
        refused: how many people the evening's refusal is about.
    """

    def __init__(self, cast: Cast, today: date) -> None:
        self._cast = cast
        self._changes = Changes(cast)
        self._employment = Employment(cast, self._changes, today)
        self._lives = Lives(cast, self._changes, self._employment, today)
        self.refused = 0
        self._spoilt = self._live(12)
        self._changes.aside |= {member.id for member in self._spoilt}

    def day(self) -> Iterator[Chapter]:
        """Write the working day."""
        yield Chapter(
            "08:00  one thing after another: a phone, an address, an account",
            self._ordinary(self._live(40)),
            0.1,
        )
        yield Chapter(
            "09:30  new colleagues, from Teamtailor and by hand; some begin next month",
            tuple(self._lives.hire() for _ in range(24)),
            0.08,
        )
        yield Chapter("10:30  names as people really type them", tuple(self._names()), 0.1)
        yield Chapter(
            "11:30  values that cannot be sent: an account with a wrong digit, no such country",
            tuple(self._changes.spoil(member) for member in self._spoilt),
            0.1,
        )
        yield from self._positions()
        yield Chapter(
            "14:30  Xledger has a bad moment: a 503, a reset after the commit",
            self._ordinary(self._live(30)),
            0.1,
            HICCUPS,
        )
        yield Chapter(
            "15:30  some come back, to another position; somebody deleted is hired again",
            (*self._lives.come_back(), *self._lives.hire_again()),
            0.1,
            rested=True,
        )

    def flood(self, changes: int) -> Chapter:
        """Write so many changes at once: an import over everybody, again and again."""
        steps: list[Step] = []
        left = changes
        while left > 0:
            calm = [member for member in self._changes.live() if not member.kept]
            live = self._changes.sample(calm, left)
            patches = [self._changes.change(one, self._changes.ordinary()).users for one in live]
            steps.append(Step({id_: patch for one in patches for id_, patch in one.items()}))
            left -= len(live)
        return Chapter(f"16:30  a flood: {changes:,} changes at once", tuple(steps), 0.0)

    def corrections(self) -> Chapter:
        """Write what payroll corrects in Huma: the letters of the morning close by themselves."""
        spoilt = [member for member in self._spoilt if LETTERS & member.kept.keys()]
        return Chapter(
            f"17:30  {len(spoilt)} of the values that could not be sent are corrected in Huma",
            tuple(self._changes.correct(member) for member in spoilt),
            0.05,
            rested=True,
        )

    def renumbering(self) -> Chapter:
        """Write a change for everybody, of which Xledger refuses a quarter for one cause."""
        people = len(self._cast.members)
        steps = self._changes.renumber(people // REFUSED)
        self.refused = len(steps[1].users)
        return Chapter(
            f"18:00  all {people:,} get another phone number; Xledger refuses the switchboard's, "
            f"which {self.refused:,} share",
            steps,
            0.0,
            (REFUSAL,),
            rested=True,
        )

    def midnight(self) -> Chapter:
        """Let the date alone change things: for those whose changes arrive, and nobody else."""
        for member in self._cast.members.values():
            if member.live and member.tomorrow is not None:
                assert member.expected is not None
                member.expected |= member.tomorrow
                member.turned = True
        return Chapter("00:00  midnight: what was to begin tomorrow begins", (), 0.0, rested=True)

    def looked_at(self) -> set[str]:
        """Return whose positions midnight looks at."""
        return {one.id for one in self._cast.members.values() if one.live and one.posted}

    def _positions(self) -> Iterator[Chapter]:
        post = self._employment
        corrected = post.handing_over(10)
        yield Chapter(
            "12:00  notices, a mistake, and what begins tomorrow is corrected",
            (
                *(step for member in post.some(8) for step in post.give_notice(member)),
                *(step for member in post.some(4) for step in post.mistake(member)),
                *(post.correct(member) for member in corrected),
            ),
            0.08,
        )
        yield Chapter(
            "12:30  leavers: the end of the contract, a moment later the lock; the deleted",
            (*self._lives.leave(corrected[::4]), *self._lives.delete()),
            0.06,
        )
        yield Chapter(
            "13:30  promotions, as of today or tomorrow; people whom nobody linked",
            (
                *(
                    post.promote(member, 1 - number % 2)
                    for number, member in enumerate(post.some(20))
                ),
                *(post.unseen(member) for member in self._changes.unlinked(5)),
                *self._ordinary(self._changes.unlinked(15)),
            ),
            0.05,
        )
        steps = [post.rename(member) for member in post.some(60)]
        moves = {id_: moved for step in steps for id_, moved in step.positions.items()}
        yield Chapter(
            f"14:00  a reorganisation: {len(moves)} positions at once", (Step({}, moves),), 0.5
        )

    def _live(self, count: int) -> list[Member]:
        return self._changes.sample(self._changes.live(), count)

    def _ordinary(self, members: list[Member]) -> tuple[Step, ...]:
        return tuple(self._changes.change(one, self._changes.ordinary()) for one in members)

    def _names(self) -> Iterator[Step]:
        for member, (name, _) in zip(self._live(len(NASTY)), NASTY, strict=False):
            yield self._changes.change(member, {"givenName": name})
