"""Values as people type them, each one different: where one turns up says which change it is."""

from collections.abc import Iterator, Mapping
from itertools import count
from random import Random
from typing import Any

from console.demo.cast import Cast
from console.demo.story import WRONG_ACCOUNT
from simulators.huma.names import PLACES
from simulators.huma.numbers import LAST, check_digit

CANARY = "kanari"
"""In every name, address and email of the load; it must be seen nowhere outside (R-103)."""
CHANGED = ("phone", "givenName", "familyName", "bankAccount", "homeAddress", "email")
"""The fields that change, by Huma's names."""

BANK = "0002"
"""Of accounts of the load: no bank's, and not that of the people whom the simulator makes."""
SHORTEST = 8
"""Digits of a number that nothing else is by chance."""


class Values:
    """Makes new values, and knows the numbers it made."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count(1)
        self._accounts = _accounts(random.randrange(10**5))
        self._made: set[str] = set()

    def numbers(self, cast: Cast) -> set[str]:
        """Return every number of a person that must be seen nowhere, those of the cast too."""
        users = [*cast.huma["users"].values(), *(one.user for one in cast.members.values())]
        known = self._made | {number for user in users for number in _numbers_of(user)}
        return {number for number in known if len(number) >= SHORTEST}

    def of(self, field: str) -> tuple[Any, str]:
        """Return a new value of one of `CHANGED`, and the text that stands for it in Xledger."""
        number = next(self._numbers)
        makes = {
            "phone": f"+47 {41_000_000 + number}",
            "givenName": f"Kanari{_letters(number)}",
            "familyName": f"Kanarisen{_letters(number)}",
            "bankAccount": next(self._accounts),
            "homeAddress": f"Kanarigata {number}",
            "email": f"kanari{number}@fjordmat.example",
        }
        text = makes[field]
        self._made.add(_digits(text))
        if field == "bankAccount":
            return account(text), text
        if field == "homeAddress":
            post_code, place = self._random.choice(PLACES)
            line = {"line1": text, "line2": None, "postalCode": post_code}
            return {**line, "city": place, "country": "NO"}, text
        return text, text


def _numbers_of(user: Mapping[str, Any]) -> Iterator[str]:
    yield _digits(user.get("phone") or "")
    yield (user.get("bankAccount") or {}).get("number") or ""
    for entry in user.get("identifications") or ():
        yield entry["value"]


def _digits(text: str) -> str:
    """Return a text's digits, without a country's: as a number it may be found in."""
    return "".join(filter(str.isdigit, text.removeprefix("+47").removeprefix("0047")))


def account(number: str) -> dict[str, str]:
    """Return a Norwegian account as Huma has it."""
    return {"type": "national", "code": "NO", "country": "NO", "number": number}


def wrong_account() -> dict[str, str]:
    """Return an account that cannot be sent: its check digit is wrong (R-44)."""
    return account(WRONG_ACCOUNT)


def _accounts(first: int) -> Any:
    for number in count(first):
        ten = f"{BANK}{number:06}"
        digit = check_digit(ten, LAST)
        if digit is not None:
            yield ten + digit


def _letters(number: int) -> str:
    """Return a number as letters: names with digits would not look like names."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
