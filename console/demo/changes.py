"""Changes of people's own fields, each with what should come of it in Xledger."""

from typing import Any, Final

from console.demo.cast import Cast
from console.demo.expectations import FIELDS, record_of
from console.demo.member import Member, Standing
from console.demo.script import Patch, Step
from simulators.huma.merge_patch import merged
from simulators.huma.names import FAMILIES, MEN, PLACES, STREETS, WOMEN
from simulators.huma.numbers import account_number

WRONG_ACCOUNT: Final = "86011117948"
"""Eleven digits, the last of which is not the check digit."""
SWITCHBOARD: Final = "+47 22 00 30 00"
"""A number that many share."""


class Changes:
    """Writes changes for a cast, and keeps what should stand in Xledger up to date.

    Attributes:
        aside: people whom nothing happens to but what is written for them.
    """

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._random = cast.random
        self.aside: set[str] = set()

    def live(self) -> list[Member]:
        """Return the people whose changes arrive."""
        members = self._cast.members.values()
        return [one for one in members if one.live and one.id not in self.aside]

    def unlinked(self, count: int) -> list[Member]:
        """Choose people whom nobody linked."""
        others = [
            member
            for member in self._cast.members.values()
            if member.active and member.standing is Standing.ONLY_IN_HUMA
        ]
        return self.sample(others, count)

    def sample(self, members: list[Member], count: int) -> list[Member]:
        """Choose so many, or as many as there are."""
        return self._random.sample(members, min(count, len(members)))

    def change(self, member: Member, values: Patch) -> Step:
        """Change fields; who is locked gets them later."""
        member.user = merged(member.user, values)
        if member.live:
            self.arrive(member, set(values))
        elif member.standing is Standing.LINKED:
            member.late |= set(values)
        return Step({member.id: values})

    def arrive(self, member: Member, names: set[str]) -> None:
        """Expect what Huma holds of these fields."""
        assert member.expected is not None
        record = record_of(member.user)
        for name in names:
            for target in FIELDS[name]:
                member.expected[target] = record[target]
            member.kept.pop(name, None)

    def ordinary(self) -> dict[str, Any]:
        """Make an everyday change."""
        random = self._random
        post_code, place = random.choice(PLACES)
        return random.choice(
            (
                {"phone": self.phone()},
                {"familyName": random.choice(FAMILIES)},
                {"givenName": random.choice(WOMEN + MEN)},
                {"bankAccount": self.account()},
                {"homeAddress": {
                    "line1": f"{random.choice(STREETS)} {random.randrange(1, 200)}",
                    "line2": None, "postalCode": post_code, "city": place, "country": "NO"}},
            )
        )  # fmt: skip

    def phone(self) -> str:
        """Make a phone number."""
        return f"+47 {self._random.randrange(40_000_000, 49_999_999)}"

    def account(self) -> dict[str, str]:
        """Make an account."""
        number = account_number(self._random)
        return {"type": "national", "code": "NO", "country": "NO", "number": number}

    def spoil(self, member: Member) -> Step:
        """Change a field to what cannot be sent: Xledger keeps what it has.

        Of somebody set aside until now: a value under way would be superseded by this one.
        """
        self.aside.discard(member.id)
        account = self.account() | {"number": WRONG_ACCOUNT}
        values, why = self._random.choice(
            (
                ({"bankAccount": account}, "invalid bank account: dead letter, log entry"),
                ({"homeAddress": {"country": "ZZ"}}, "unknown country: dead letter, log entry"),
                ({"gender": "Ikke-binær"}, "gender as free text: never guessed"),
            )
        )
        member.user = merged(member.user, values)
        member.kept |= dict.fromkeys(values, why)
        return Step({member.id: values})

    def correct(self, member: Member) -> Step:
        """Change what was spoilt, and made a dead letter, to what can be sent."""
        values: dict[str, Any] = {}
        if "bankAccount" in member.kept:
            values["bankAccount"] = self.account()
        if "homeAddress" in member.kept:
            values["homeAddress"] = {"country": "NO"}
        return self.change(member, values)

    def renumber(self, share: int) -> tuple[Step, Step]:
        """Give everybody another phone number: an own one first, then one that `share` share."""
        live = {member.id for member in self.sample(self.live(), share)}
        numbers = [
            (member, SWITCHBOARD if member.id in live else self.phone())
            for member in self._cast.members.values()
            if not member.deleted
        ]
        own: dict[str, Any] = {}
        shared: dict[str, Any] = {}
        for member, number in numbers:
            users = self.change(member, {"phone": number}).users
            (shared if member.id in live else own).update(users)
        return Step(own), Step(shared)
