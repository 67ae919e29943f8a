"""A made-up organisation, the same for the same seed: nobody in it exists."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from simulators.huma import names
from simulators.huma.numbers import account_number, identity_number

MOBILE: Final = 40_000_000
ADULT_DAYS: Final = 19 * 365
WORKING_YEARS_DAYS: Final = 45 * 365


def generate(seed: int, count: int, today: date, *, nasty: float = 0.05) -> dict[str, Any]:
    """Make an organisation as `/_admin/state` holds it.

    Person number k is the same for the same seed and day, however many there are. Email, phone
    and employment id are unique; identity numbers are synthetic (R-65).

    Args:
        seed: what it is made from.
        count: how many people.
        today: the day on which positions are current.
        nasty: share of people with an awkward name or address.
    """
    shared = Random(f"{seed}/organization")  # noqa: S311 - repeatable, protects nothing
    groups = {
        group["id"]: group
        for kind, titles in (("company", names.COMPANIES), ("team", names.TEAMS))
        for group in ({"id": uuid(shared), "name": name, "type": kind} for name in titles)
    }
    titles = [{"id": uuid(shared), "name": name} for name in names.TITLES]
    state: dict[str, Any] = {
        "organization": organization_of(seed),
        "users": {},
        "positions": {},
        "groups": groups,
        "jobTitles": {title["id"]: title for title in titles},
    }
    for index in range(count):
        random = Random(f"{seed}/{index}")  # noqa: S311 - as above
        user = uuid(random)
        state["users"][user] = _person(random, index, list(groups.values()), today, nasty)
        state["positions"][user] = _positions(random, titles, today)
    return state


def organization_of(seed: int) -> str:
    """Return the organisation's id for a seed."""
    return uuid(Random(f"{seed}/id"))  # noqa: S311 - repeatable, protects nothing


def uuid(random: Random) -> str:
    """Return a version 4 UUID made from this source."""
    return str(UUID(int=random.getrandbits(128), version=4))


def _person(
    random: Random, index: int, groups: Sequence[dict[str, str]], today: date, nasty: float
) -> dict[str, Any]:
    woman = _chance(random, 0.5)
    given = random.choice(names.WOMEN if woman else names.MEN)
    family = random.choice(names.FAMILIES)
    born = today - timedelta(days=ADULT_DAYS + random.randrange(WORKING_YEARS_DAYS))
    post_code, place = random.choice(names.PLACES)
    street = f"{random.choice(names.STREETS)} {random.randrange(1, 120)}"
    if _chance(random, nasty):
        given = random.choice(names.NASTY)[0]
    elif _chance(random, nasty):
        family = random.choice(names.NASTY)[0]
    if _chance(random, nasty):
        street = random.choice(names.NASTY)[0]
    user: dict[str, Any] = {
        "type": "user",
        "status": {"active": True},
        "groups": [
            {"id": group["id"], "type": group["type"]}
            for kind in ("company", "team")
            for group in [random.choice([one for one in groups if one["type"] == kind])]
        ],
        "email": f"person{index:05}@fjordmat.example",
        "givenName": given,
        "familyName": family,
        "employmentId": f"0{index + 1:05}" if _chance(random, 0.3) else str(10_001 + index),
        "phone": _phone(random, MOBILE + index),
        "birthDate": born.isoformat(),
        "bankAccount": {
            "type": "national",
            "code": "NO",
            "country": "NO",
            "number": account_number(random),
        },
        "homeAddress": {
            "line1": street,
            "postalCode": post_code,
            "city": place,
            "country": "NO",
        },
        "gender": "Female" if woman else "Male",
        "identifications": [
            {
                "id": uuid(random),
                "type": "national",
                "country": "NO",
                "value": identity_number(random, born, d_number=_chance(random, 0.1)),
            }
        ],
    }
    if _chance(random, 0.1):
        user["homeAddress"]["line2"] = f"Oppgang {random.choice('ABC')}"
    if _chance(random, 0.05):
        user["gender"] = "Ikke-binær"
    if _chance(random, 0.05):
        passport = {"id": uuid(random), "type": "passport", "country": "SE", "value": "TEST00001"}
        user["identifications"].append(passport)
    return user


def _chance(random: Random, share: float) -> bool:
    return random.random() < share


def _phone(random: Random, number: int) -> str:
    digits = str(number)
    return random.choice(
        (f"+47{digits}", f"+47 {digits[:3]} {digits[3:5]} {digits[5:]}", digits, f"0047{digits}")
    )


def _positions(
    random: Random, titles: Sequence[dict[str, str]], today: date
) -> dict[str, dict[str, Any]]:
    positions: dict[str, dict[str, Any]] = {}
    start = today - timedelta(days=random.randrange(30, 4000))
    for number in range(random.choice((1, 1, 1, 2))):
        position: dict[str, Any] = {
            "id": uuid(random),
            "title": dict(random.choice(titles)),
            "contractStartDate": start.isoformat(),
            "contractType": random.choice(("Permanent", "Permanent", "Temporary")),
            "percentage": random.choice((100, 100, 80, 50)),
        }
        if number == 0 and _chance(random, 0.5):
            position["primary"] = True
        if position["contractType"] == "Temporary":
            ends = today + timedelta(days=random.randrange(-20, 400))
            position["contractEndDate"] = max(ends, start).isoformat()
        if today - start < timedelta(days=180):
            position["probationEndDate"] = (start + timedelta(days=180)).isoformat()
        positions[position["id"]] = position
        start += timedelta(days=random.randrange(10, 400))
    return positions
