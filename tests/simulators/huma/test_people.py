"""The made-up organisation: plausible, repeatable, and nobody in it exists (R-44, R-65)."""

from datetime import date

import pytest
from stdnum.no import kontonr

from simulators.huma.numbers import FIRST, LAST, check_digit
from simulators.huma.people import generate

TODAY = date(2026, 11, 23)
STATE = generate(7, 600, TODAY)
USERS = list(STATE["users"].values())
NUMBERS = [user["identifications"][0]["value"] for user in USERS]


def test_the_same_seed_makes_the_same_people() -> None:
    """Two runs agree, and more people do not change those before."""
    assert generate(7, 600, TODAY) == STATE
    fewer = generate(7, 10, TODAY)["users"]
    assert list(fewer.items()) == list(STATE["users"].items())[:10]
    assert generate(8, 10, TODAY) != generate(7, 10, TODAY)


@pytest.mark.parametrize("name", ["email", "phone", "employmentId"])
def test_unique_values_are_unique(name: str) -> None:
    """No two people hold the same email, phone or employment id."""
    assert len({user[name] for user in USERS}) == len(USERS)


@pytest.mark.rule("R-65")
def test_identity_numbers_are_synthetic_and_right() -> None:
    """Month + 80, and both check digits hold; D-numbers are among them."""
    assert all(81 <= int(number[2:4]) <= 92 for number in NUMBERS)
    assert all(check_digit(number[:9], FIRST) == number[9] for number in NUMBERS)
    assert all(check_digit(number[:10], LAST) == number[10] for number in NUMBERS)
    assert any(int(number[:2]) > 40 for number in NUMBERS)


@pytest.mark.rule("R-65")
@pytest.mark.parametrize("number", ["17912099997", "57912075186"])
def test_check_digits_are_those_of_published_fixtures(number: str) -> None:
    """Tenor's own examples have the digits that we would give them."""
    assert (check_digit(number[:9], FIRST), check_digit(number[:10], LAST)) == tuple(number[9:])


@pytest.mark.rule("R-44")
def test_accounts_are_right_and_in_no_bank() -> None:
    """Another library accepts each, and no bank has register number 0001."""
    accounts = [user["bankAccount"]["number"] for user in USERS]
    assert all(kontonr.is_valid(account) and account.startswith("0001") for account in accounts)


def test_awkward_cases_occur() -> None:
    """Leading zeros, free-text gender, passports, several positions, awkward names."""
    names = "".join(user["givenName"] + user["familyName"] for user in USERS)
    assert any(user["employmentId"].startswith("0") for user in USERS)
    assert {"Male", "Female"} < {user["gender"] for user in USERS}
    assert any(len(user["identifications"]) > 1 for user in USERS)
    assert any(len(positions) > 1 for positions in STATE["positions"].values())
    assert {'"', "\\", "\n", "\u2028", "😀", "\u030a"} <= set(names)
