"""Who plays: 1,200 people of a made-up organisation, and how each stands when it is connected."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from random import Random
from typing import Any, Final

from console.demo.expectations import Record, record_of
from simulators.huma import people


class Standing(StrEnum):
    """Why a person is, or is not, an Xledger employee that changes go to."""

    LINKED = "linked"
    ONLY_IN_HUMA = "only in Huma when connected: offered at the next manual sync"
    NO_EMAIL = "has no email: cannot be matched"
    AMBIGUOUS = "two employees of Xledger share the email: a human picks"
    NOT_A_PERSON = "a service user: out of scope"


SHARES: Final = (
    (Standing.ONLY_IN_HUMA, 0.18),
    (Standing.NO_EMAIL, 0.02),
    (Standing.AMBIGUOUS, 0.01),
    (Standing.NOT_A_PERSON, 0.01),
)
LOCKED: Final = 0.04
"""Share of the linked whom Huma had deactivated before."""
ONLY_IN_XLEDGER: Final = 40


@dataclass(slots=True)
class Member:
    """One person: what Huma holds now, and what Xledger should hold.

    Attributes:
        id: Huma's.
        user: Huma's values.
        standing: see there.
        expected: the record in Xledger; None: no employee of ours.
        late: fields changed under the lock, sent when the person comes back.
        kept: why a field of Xledger's differs from Huma's, by Huma's name of it.
        deleted: no longer in Huma.
    """

    id: str
    user: dict[str, Any] = field(repr=False)
    standing: Standing
    expected: Record | None = field(repr=False)
    late: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    deleted: bool = False

    @property
    def active(self) -> bool:
        """Whether Huma lets changes out."""
        return bool(self.user["status"]["active"]) and not self.deleted

    @property
    def live(self) -> bool:
        """Whether a change of this person should arrive."""
        return self.standing is Standing.LINKED and self.active


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, and both systems' states as the curtain rises."""

    members: dict[str, Member]
    huma: Mapping[str, Any]
    doubles: tuple[Record, ...]
    strangers: tuple[Record, ...]
    random: Random

    def employees(self) -> list[Record]:
        """Return the records that Xledger holds at first."""
        ours = [member.expected for member in self.members.values() if member.expected]
        return [*ours, *self.doubles, *self.strangers]


def cast(seed: int, count: int, today: date) -> Cast:
    """Make the cast.

    Args:
        seed: the same people for the same seed and day.
        count: how many are in Huma.
        today: the day of the play.
    """
    random = Random(f"{seed}/cast")  # noqa: S311 - repeatable, protects nothing
    state = people.generate(seed, count, today)
    members: dict[str, Member] = {}
    doubles: list[Record] = []
    for id_, user in state["users"].items():
        standing = _standing(random)
        if standing is Standing.NO_EMAIL:
            user["email"] = None
        if standing is Standing.NOT_A_PERSON:
            user["type"] = "service_user"
        if standing is Standing.LINKED and random.random() < LOCKED:
            user["status"] = {"active": False}
        record = record_of(user)
        if standing is Standing.AMBIGUOUS:
            doubles += [
                record | {"employee.code": f"{user['employmentId']}-{number}"} for number in (1, 2)
            ]
        expected = record if standing is Standing.LINKED else None
        members[id_] = Member(id_, copy.deepcopy(user), standing, expected)
    outside = people.generate(seed + 1, ONLY_IN_XLEDGER, today)["users"].values()
    strangers = tuple(
        record_of(
            user | {"email": f"other{number}@elsewhere.example", "employmentId": f"X{number}"}
        )
        for number, user in enumerate(outside)
    )
    return Cast(members, state, tuple(doubles), strangers, random)


def _standing(random: Random) -> Standing:
    dice = random.random()
    for standing, share in SHARES:
        if dice < share:
            return standing
        dice -= share
    return Standing.LINKED
