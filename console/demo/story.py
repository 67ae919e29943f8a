"""The play: a working day, then a flood. Each change says what should come of it in Xledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from console.demo.cast import Cast, Member, Standing
from console.demo.expectations import FIELDS, record_of
from simulators.huma import people
from simulators.huma.merge_patch import merged
from simulators.huma.names import FAMILIES, MEN, NASTY, PLACES, STREETS, TITLES, WOMEN
from simulators.huma.numbers import account_number

Patch = Mapping[str, Any]

WRONG_ACCOUNT: Final = "86011117948"
"""Eleven digits, the last of which is not the check digit."""


@dataclass(frozen=True, slots=True)
class Step:
    """Changes made in Huma at once: a merge patch of its state."""

    users: Patch = field(default_factory=dict, repr=False)
    positions: Patch = field(default_factory=dict, repr=False)

    def patch(self) -> dict[str, Any]:
        """Return the body for `PATCH /_admin/state`."""
        return {"users": self.users, "positions": self.positions}


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some hours of the day. `pause` is the time between steps, in seconds."""

    title: str
    steps: tuple[Step, ...]
    pause: float
    faults: tuple[Mapping[str, Any], ...] = ()


HICCUPS: Final = (
    {"match": {"operation": "mutation"}, "fault": "http-503", "times": 1},
    {"match": {"operation": "mutation"}, "fault": "reset-after-commit", "times": 1},
)
"""What Xledger suffers in the afternoon; nothing of it is anybody's fault, so nothing fails."""


class Story:
    """Writes the play on a cast, and keeps what should stand in Xledger up to date.

    Chapters must be asked for, and played, in order.
    """

    def __init__(self, cast: Cast, today: date) -> None:
        self._cast = cast
        self._random = cast.random
        self._today = today
        self._hired = 0
        self.changes = 0

    def day(self) -> Iterator[Chapter]:
        """Write the working day."""
        live = self._live()
        yield Chapter(
            "08:00  one thing after another: a phone, an address, an account",
            tuple(self._change(member, self._ordinary()) for member in self._sample(live, 40)),
            0.12,
        )
        yield Chapter(
            "09:30  new colleagues, from Teamtailor and by hand",
            tuple(self.hire() for _ in range(24)),
            0.1,
        )
        yield Chapter(
            "10:30  names as people really type them",
            tuple(self._change(member, {"givenName": name}) for member, (name, _) in zip(
                self._sample(live, len(NASTY)), NASTY, strict=True)),
            0.1,
        )  # fmt: skip
        yield Chapter(
            "11:30  values that cannot be sent: an account with a wrong digit, no such country",
            tuple(self._spoil(member) for member in self._sample(live, 12)),
            0.1,
        )
        yield Chapter("12:30  leavers, the deactivated, the deleted", tuple(self._leave()), 0.1)
        yield Chapter(
            "13:30  promotions, and people whom nobody linked",
            (
                *(self._promote(member) for member in self._sample(self._live(), 20)),
                *(self._change(member, self._ordinary()) for member in self._unlinked(20)),
            ),
            0.05,
        )
        yield Chapter(
            "14:30  Xledger has a bad moment: a 503, a reset after the commit",
            tuple(
                self._change(member, self._ordinary()) for member in self._sample(self._live(), 30)
            ),
            0.1,
            HICCUPS,
        )
        yield Chapter("15:30  some come back", tuple(self._return()), 0.1)

    def flood(self, changes: int) -> Chapter:
        """Write so many changes at once: an import over everybody, again and again."""
        steps: list[Step] = []
        left = changes
        while left > 0:
            calm = [member for member in self._live() if not member.kept]
            live = self._random.sample(calm, min(left, len(calm)))
            patches = [self._change(member, self._ordinary()).users for member in live]
            steps.append(Step({id_: patch for one in patches for id_, patch in one.items()}))
            left -= len(live)
        return Chapter(f"16:30  a flood: {changes:,} changes at once", tuple(steps), 0.0)

    def ordinary(self, count: int) -> list[Step]:
        """Write so many single changes of people whose changes arrive."""
        return [
            self._change(self._random.choice(self._live()), self._ordinary()) for _ in range(count)
        ]

    def hire(self) -> Step:
        """Write one new colleague."""
        self._hired += 1
        return self._hire(self._hired)

    def _live(self) -> list[Member]:
        return [member for member in self._cast.members.values() if member.live]

    def _unlinked(self, count: int) -> list[Member]:
        others = [
            member
            for member in self._cast.members.values()
            if member.active and member.standing is Standing.ONLY_IN_HUMA
        ]
        return self._sample(others, count)

    def _sample(self, members: list[Member], count: int) -> list[Member]:
        return self._random.sample(members, min(count, len(members)))

    def _change(self, member: Member, values: Patch) -> Step:
        member.user = merged(member.user, values)
        self.changes += 1
        if member.live:
            self._arrive(member, set(values))
        elif member.standing is Standing.LINKED:
            member.late |= set(values)
        return Step({member.id: values})

    def _arrive(self, member: Member, names: set[str]) -> None:
        assert member.expected is not None
        record = record_of(member.user)
        for name in names:
            for target in FIELDS[name]:
                member.expected[target] = record[target]
            member.kept.pop(name, None)

    def _ordinary(self) -> dict[str, Any]:
        random = self._random
        post_code, place = random.choice(PLACES)
        return random.choice(
            (
                {"phone": self._phone()},
                {"familyName": random.choice(FAMILIES)},
                {"givenName": random.choice(WOMEN + MEN)},
                {"bankAccount": self._account()},
                {"homeAddress": {
                    "line1": f"{random.choice(STREETS)} {random.randrange(1, 200)}",
                    "line2": None, "postalCode": post_code, "city": place, "country": "NO"}},
            )
        )  # fmt: skip

    def _phone(self) -> str:
        return f"+47 {self._random.randrange(40_000_000, 49_999_999)}"

    def _account(self) -> dict[str, str]:
        number = account_number(self._random)
        return {"type": "national", "code": "NO", "country": "NO", "number": number}

    def _hire(self, number: int) -> Step:
        made = people.generate(int(self._today.strftime("%Y%m%d")) + number, 1, self._today)
        ((_, user),) = made["users"].items()
        id_ = people.uuid(self._random)
        user |= {
            "email": f"hire{number:03}@fjordmat.example",
            "employmentId": f"N{number:04}",
            "phone": f"+4799{number:06}",
            "origin": "teamtailor" if number % 2 else "manual",
        }
        member = Member(id_, user, Standing.LINKED, record_of(user))
        self._cast.members[id_] = member
        positions = next(iter(made["positions"].values()))
        self.changes += 1
        return Step({id_: dict(user)}, {id_: positions})

    def _spoil(self, member: Member) -> Step:
        account = self._account() | {"number": WRONG_ACCOUNT}
        values, why = self._random.choice(
            (
                ({"bankAccount": account}, "invalid bank account: dead letter, log entry"),
                ({"homeAddress": {"country": "ZZ"}}, "unknown country: dead letter, log entry"),
                ({"gender": "Ikke-binær"}, "gender as free text: never guessed"),
            )
        )
        member.user = merged(member.user, values)
        member.kept |= dict.fromkeys(values, why)
        self.changes += 1
        return Step({member.id: values})

    def _leave(self) -> Iterator[Step]:
        """Delete some; deactivate others between two changes, of which only the first arrives.

        They are changes of different fields: a younger value of one would supersede the older one,
        which then must not be sent either (R-71).
        """
        for number, member in enumerate(self._sample(self._live(), 24)):
            self.changes += 1
            if number % 4 == 0:
                member.deleted = True
                yield Step({member.id: None})
                continue
            yield self._change(member, {"phone": self._phone()})
            member.user = merged(member.user, {"status": {"active": False}})
            yield Step({member.id: {"status": {"active": False}}})
            yield self._change(member, {"bankAccount": self._account()})

    def _promote(self, member: Member) -> Step:
        id_ = people.uuid(self._random)
        title = {"id": people.uuid(self._random), "name": self._random.choice(TITLES)}
        start = (self._today + timedelta(days=self._random.randrange(60))).isoformat()
        self.changes += 1
        return Step(positions={member.id: {id_: {"title": title, "contractStartDate": start}}})

    def _return(self) -> Iterator[Step]:
        away = [m for m in self._cast.members.values() if m.late and not m.deleted]
        for member in self._random.sample(away, len(away) // 2):
            member.user = merged(member.user, {"status": {"active": True}})
            self._arrive(member, member.late)
            member.late = set()
            self.changes += 1
            yield Step({member.id: {"status": {"active": True}}})
