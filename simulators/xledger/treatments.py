"""How fields are written that are more than a plain value: dates, look-ups, addresses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

from simulators.huma.numbers import FIRST, LAST, check_digit
from simulators.xledger.looking_up import LookUps
from simulators.xledger.problems import Refused, invalid
from simulators.xledger.records import ADDRESSES, Kind
from simulators.xledger.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What a field is resolved and checked by."""

    look_ups: LookUps
    settings: Settings


Changes: TypeAlias = dict[str, Any]
Treatment: TypeAlias = Callable[[Context, Changes, str, Any], None]
"""Puts into the changes what a field's value means; may raise `Refused`."""

DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ELEVEN: Final = re.compile(r"[0-9]{11}")
DATES: Final = (
    "employmentFrom", "employmentTo", "trialTo", "noticeDate", "seniorityDate", "anniversaryDate",
    "dateFrom", "dateTo", "birthday", "fromDate", "toDate", "deathDate",
    "date1", "date2", "date3", "date4",
)  # fmt: skip
FLAT: Final = ("streetAddress", "zipCode", "place")
"""Parts of a supplier's address that stand in its input itself."""
PARTS: Final = (*FLAT, "state", "country")
"""Parts of a nested address."""
LINKS: Final[Mapping[str, Kind]] = {
    "contact": Kind.CONTACT,
    "subledger": Kind.SUPPLIER,
    "superior": Kind.EMPLOYEE,
}


def _date(_: Context, changes: Changes, name: str, value: Any) -> None:
    if value is not None and not _is_day(value):
        raise Refused(invalid(name, f"'{value}' is no date of the form yyyy-MM-dd."))
    changes[name] = value


def _social_sec(context: Context, changes: Changes, name: str, value: Any) -> None:
    if value is not None and context.settings.check_social_sec and not _is_number(value):
        raise Refused(invalid(name, f"'{value}' is no valid identity number."))
    changes[name] = value


def _link(context: Context, changes: Changes, name: str, value: Any) -> None:
    changes[name] = value and context.look_ups.record(LINKS[name], name, value)


def _company(context: Context, changes: Changes, name: str, value: Any) -> None:
    changes[name] = value and context.look_ups.company(name, value)


def _row(table: str, key: str) -> Treatment:
    def treat(context: Context, changes: Changes, name: str, value: Any) -> None:
        changes[name] = value and context.look_ups.row(table, name, value)[key]

    return treat


def _flat(_: Context, changes: Changes, name: str, value: Any) -> None:
    if value is not None:
        changes.setdefault("address", {})[name] = value


def _flat_country(context: Context, changes: Changes, name: str, value: Any) -> None:
    if value is not None:
        code = context.look_ups.row("countries", name, value)["code"]
        changes.setdefault("address", {})[name] = code


def _address(context: Context, changes: Changes, name: str, value: Any) -> None:
    """Take what is given; null unsets nothing (`xledger-api.md` 4.2, rule 7)."""
    parts = {part: text for part, text in (value or {}).items() if text is not None}
    if "country" in parts:
        parts["country"] = context.look_ups.country(f"{name}.country", parts["country"])
    if parts and not context.settings.address_merges:
        parts = {**dict.fromkeys(PARTS), **parts}
    if parts:
        changes.setdefault(name, {}).update(parts)


def _leave_out(_: Context, __: Changes, ___: str, ____: Any) -> None:
    """Write nothing: it is no value of the record."""


def other(context: Context, changes: Changes, name: str, value: Mapping[str, Any]) -> None:
    """Resolve an object that the integration does not use."""
    if name == "flexiFieldItem":
        changes[name] = value
        return
    table = "systemValues" if {"name", "dbSubId"} & value.keys() else "objectValues"
    changes[name] = context.look_ups.row(table, name, value)["dbId"]


def _is_day(value: str) -> bool:
    if not DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: str) -> bool:
    return (
        ELEVEN.fullmatch(value) is not None
        and check_digit(value[:9], FIRST) == value[9]
        and check_digit(value[:10], LAST) == value[10]
    )


COMMON: Final[Mapping[str, Treatment]] = {
    "dbId": _leave_out,
    "owner": _leave_out,
    "socialSec": _social_sec,
    **dict.fromkeys(DATES, _date),
    **dict.fromkeys(ADDRESSES, _address),
}
TREATMENTS: Final[Mapping[Kind, Mapping[str, Treatment]]] = {
    Kind.CONTACT: {
        **COMMON,
        "gender": _row("systemValues", "code"),
        "country": _row("countries", "code"),
    },
    Kind.SUPPLIER: {
        **COMMON,
        **dict.fromkeys(FLAT, _flat),
        "country": _flat_country,
        "country2": _row("countries", "code"),
        "bank": _row("banks", "dbId"),
        "company": _company,
    },
    Kind.EMPLOYEE: {**COMMON, **dict.fromkeys(LINKS, _link)},
}
