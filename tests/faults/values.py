"""Values as people type them, each one different: where one turns up says which change it is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

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
BEGINNINGS = date(1901, 1, 1)
"""The first day of new contracts: long before anybody was born."""
DAYS = date(2101, 1, 1)
"""The first of all other days: long after everything that happens."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Written(NamedTuple):
    """Which change a value came with; `number` rises with each of one person's field."""

    user: str
    field: str
    number: int


class Values:
    """Makes new values, and knows which change each came with.

    Attributes:
        history: by the text that stands for a value in Xledger.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count(1)
        self._accounts = _accounts(random.randrange(10**5))
        self._made: set[str] = set()
        self._beginnings = _days(BEGINNINGS)
        self._days = _days(DAYS)
        self._changes: dict[tuple[str, str], int] = {}
        self.history: dict[str, Written] = {}

    def numbers(self, users: Iterable[Mapping[str, Any]]) -> set[str]:
        """Return every number of a person that must be seen nowhere, those of `users` too."""
        known = self._made | {number for user in users for number in _numbers_of(user)}
        return {number for number in known if len(number) >= SHORTEST}

    def new(self, user: str, field: str) -> Any:
        """Return a new value of one of `CHANGED`, as Huma has it."""
        value, text = self._of(field)
        self._note(user, field, text)
        return value

    def title(self, user: str, position: str) -> dict[str, str]:
        """Return a new job title."""
        number = next(self._numbers)
        name = f"Kanarisjef {_letters(number)}"
        self._note(user, f"{position}.title", name)
        return {"id": f"title-{number}", "name": name}

    def day(self, user: str, position: str, field: str) -> str:
        """Return a new day of a position, long after everything that happens."""
        day = next(self._days)
        self._note(user, f"{position}.{field}", day)
        return day

    def beginning(self, user: str, position: str) -> str:
        """Return a new first day of a contract, long ago."""
        day = next(self._beginnings)
        self._note(user, f"{position}.contractStartDate", day)
        return day

    def renew(self, value: Any) -> None:
        """Let values that come back be the newest ones, wherever they stand in `value`."""
        if isinstance(value, str) and value in self.history:
            self._note(*self.history[value][:2], value)
        elif isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                self.renew(part)

    def days(self) -> set[str]:
        """Return every day long after everything that happens."""
        return {text for text in self.history if DAY.fullmatch(text) and text >= str(DAYS)}

    def _note(self, user: str, field: str, text: str) -> None:
        number = self._changes[user, field] = self._changes.get((user, field), 0) + 1
        self.history[text] = Written(user, field, number)

    def _of(self, field: str) -> tuple[Any, str]:
        """Return a new value, and the text that stands for it in Xledger."""
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


def _days(first: date) -> Iterator[str]:
    return (str(first + timedelta(days=number)) for number in count())


def _letters(number: int) -> str:
    """Return a number as letters: names with digits would not look like names."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
