"""Who plays: 1,200 people of a made-up organisation, and how each stands when it is connected."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final

from console.demo.expectations import NO_POST, Record, post_of, record_of
from console.demo.member import Member, Standing
from console.demo.posts import handover
from simulators.huma import people

SHARES: Final = (
    (Standing.ONLY_IN_HUMA, 0.18),
    (Standing.NO_EMAIL, 0.02),
    (Standing.AMBIGUOUS, 0.01),
    (Standing.NOT_A_PERSON, 0.01),
)
LOCKED: Final = 0.04
"""Share of the linked whom Huma had deactivated before."""
HANDOVER: Final = 0.08
"""Share of those of whose positions one ends today and another begins tomorrow."""
ONLY_IN_XLEDGER: Final = 40
TYPED: Final = post_of("Ansatt", "2001-01-01", ends="2067-01-01")
"""What somebody typed into Xledger long ago: it stays until a position changes (R-54)."""


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
        today: the day of the play, where the organisation is.
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
        hands_over = random.random() < HANDOVER
        if hands_over:
            state["positions"][id_] = handover(random, today)
        record = record_of(user) | TYPED
        if standing is Standing.AMBIGUOUS:
            doubles += [
                record | {"employee.code": f"{user['employmentId']}-{number}"} for number in (1, 2)
            ]
        expected = record if standing is Standing.LINKED else None
        positions = copy.deepcopy(state["positions"][id_])
        members[id_] = Member(
            id_, copy.deepcopy(user), standing, expected, positions, handover=hands_over
        )
    outside = people.generate(seed + 1, ONLY_IN_XLEDGER, today)["users"].values()
    strangers = tuple(
        record_of(
            user | {"email": f"other{number}@elsewhere.example", "employmentId": f"X{number}"}
        )
        | NO_POST
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
