"""What the API takes of a field when it writes, and how it clears one (`huma-api.md`, Empty)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, TypeAlias

from simulators.huma.refusals import invalid

Clear: TypeAlias = Literal["null", "empty", "omit"]

LONGEST: Final = 255
TEXTS: Final = (
    "givenName", "familyName", "preferredName", "email", "phone", "nationality", "gender",
    "employmentId", "privateEmail", "dietaryRequirements", "funfacts", "supervisor",
)  # fmt: skip
ADDRESS: Final = frozenset({"line1", "line2", "line3", "postalCode", "city", "country"})
DATES: Final = (
    "contractStartDate", "contractEndDate", "probationEndDate", "terminationNoticeDate",
)  # fmt: skip
CONTRACT_TYPES: Final = frozenset(
    {
        "Permanent", "Temporary", "Seasonal", "Casual", "Trainee", "JobTrainingProgram",
        "Consultant", "Freelance", "ThirdParty", "Other",
    }
)  # fmt: skip
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def user_changes(given: Mapping[str, Any], clear: Clear) -> dict[str, Any]:
    """Return the fields to merge into a person; None clears one.

    Raises:
        Refused: 400 with the fields that are wrong.
    """
    checks = {
        **dict.fromkeys(TEXTS, is_text),
        "birthDate": is_date,
        "homeAddress": _is_address,
        "bankAccount": _is_account,
    }
    return _checked(given, checks, clear)


def position_changes(given: Mapping[str, Any], clear: Clear) -> dict[str, Any]:
    """Return the fields to merge into a position; otherwise as `user_changes`."""
    checks = {
        **dict.fromkeys(DATES, is_date),
        "contractType": lambda value: value in CONTRACT_TYPES,
        "percentage": lambda value: type(value) is int and 0 <= value <= 100,  # noqa: PLR2004 - per cent
        "titleId": is_text,
        "note": is_text,
        "description": is_text,
    }
    return _checked(given, checks, clear)


def is_text(value: Any) -> bool:
    """Say whether this is a text that fits."""
    return isinstance(value, str) and len(value) <= LONGEST


def is_date(value: Any) -> bool:
    """Say whether this is a day of the calendar, as yyyy-MM-dd."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_address(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == ADDRESS and all(map(is_text, value.values()))


def _is_account(value: Any) -> bool:
    needed = ({"type", "number", "country"}, {"type", "iban", "bic"})
    return (
        isinstance(value, dict)
        and any(names <= value.keys() for names in needed)
        and all(map(is_text, value.values()))
    )


def _checked(given: Mapping[str, Any], checks: Mapping[str, Any], clear: Clear) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    wrong = []
    for name, value in given.items():
        if name not in checks:
            continue
        if value is None or value == "":
            if clear == "omit":
                continue
            if (value is None) != (clear == "null"):
                wrong.append(name)
            else:
                changes[name] = None
        elif checks[name](value):
            changes[name] = _without_blanks(value)
        else:
            wrong.append(name)
    if wrong:
        raise invalid(wrong)
    return changes


def _without_blanks(value: Any) -> Any:
    return {k: v for k, v in value.items() if v != ""} if isinstance(value, dict) else value
