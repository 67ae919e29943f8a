"""`people show` as lines: the same facts as its document, in the order in which they are asked."""

from collections.abc import Iterable
from typing import Any, Final

from console.people.lines import (
    aligned,
    choice_lines,
    connection_title,
    link_lines,
    open_lines,
    section,
    together,
    value_of,
    when,
    wrapped,
)
from console.people.who_lines import audit_row, who_lines, zone_of

NOTHING = ["    nothing"]
SHORT: Final = 12
"""Digits of a letter's id that `dead-letters` takes."""


def lines_of(document: dict[str, Any]) -> list[str]:
    """Return a person's document as lines."""
    links = document["connections"]
    zone = zone_of(document)
    lines = [f"Person {document['user']}", *who_lines(document)]
    for link in links:
        lines += section(connection_title(link), link_lines(link))
        if document["deleted_at"] is None:
            lines += _connection(link)
    if not links:
        lines += ["", "The organisation has no connection, so that nothing is sent."]
    lines += section("Records that failed whole", [
        line for one in document["letters"]
        for line in wrapped(f"{_kind(one)}: {_failed(one, zone)}", 1)
    ])  # fmt: skip
    names = {link["id"]: link["name"] for link in links}
    rows = [audit_row(one, zone, names) for one in document["audit"]]
    return [*lines, *section(f"History, the newest first (times in {zone})", aligned(rows, 1))]


def _connection(link: dict[str, Any]) -> list[str]:
    zone = link["zone"]
    confirmed = [_confirmed(one, zone) for one in link["confirmed"]]
    events = [line for one in link["events"] for line in _event(one, zone)]
    failures = [
        line
        for one in link["failures"]
        for line in wrapped(f"{one['field']}: {_failed(one, zone)}", 2)
    ]
    return [
        *section("Waiting", open_lines(link["open"], zone, 2) or NOTHING, 1),
        *section("Events without an outcome yet", events, 1),
        *section("Failed, and not ended since", failures, 1),
        *section("Confirmed by Xledger", aligned(confirmed, 2) or NOTHING, 1),
        *_positions(link["position_data"]),
    ]


def _confirmed(one: dict[str, Any], zone: str) -> tuple[str, ...]:
    of = [] if one["position"] is None else [f"(position {one['position']})"]
    value = [value_of(one["value"])] if "value" in one else []
    return one["target"], when(one["at"], zone), " ".join([*value, *of])


def _failed(one: dict[str, Any], zone: str) -> str:
    id_ = one["letter"]
    letter = "" if id_ is None else ", " + together(f"letter {id_[:SHORT]}")
    at = when(one["first_failed_at"], zone)
    return f"{one['code']} ({one['state']}), since {at}{letter}"


def _event(one: dict[str, Any], zone: str) -> list[str]:
    revision = "" if one["revision"] is None else f", revision {one['revision']}"
    again = f", replay {one['round']}" if one["round"] else ""
    lines = wrapped(f"{_kind(one)}{revision}{again}, received {when(one['received_at'], zone)}", 2)
    lines += wrapped(", ".join(one["fields"]) or "no field", 3, "waits for ")
    return [*lines, f"      outcome {one['outcome']}"]


def _kind(one: dict[str, Any]) -> str:
    return str(one["type"] or "unknown").removeprefix("com.humahr.")


def _positions(data: dict[str, Any] | None) -> list[str]:
    if data is None:
        return []
    lines = wrapped(_summary(data), 2)
    fields = data["fields"]
    for says in _unique(warning["says"] for one in fields for warning in one["warnings"]):
        lines += wrapped(says, 2, "warning: ")
    for alike in _alike(fields):
        names = ", ".join(one["field"] for one in alike)
        choice = alike[0]["choice"]
        if choice is None:
            lines += wrapped(f"{names}: {alike[0]['says']}", 2)
            continue
        rules = ", ".join(sorted({one["choice"]["rule"] for one in alike}))
        lines += wrapped(f"{names}: position {choice['chosen']} ({rules})", 2)
        lines += choice_lines(choice, 3)
        for one in alike:
            lines += wrapped(f"{one['field']}: {one['says']}", 3) if one["says"] else []
    return section(f"Positions on {data['on']}", lines, 1)


def _summary(data: dict[str, Any]) -> str:
    says = [data["says"]]
    if data["due"]:
        says.append("The clock looks at them again within a minute or two.")
    if data["changes_on"] is not None:
        names = ", ".join(one["field"] for one in data["fields"] if one["by_date"])
        says.append(f"The date alone changes the choice next on {data['changes_on']} ({names}).")
    elif data["fields"]:
        says.append("The date alone changes no choice.")
    return " ".join(says)


def _alike(fields: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return fields in groups that are of one position for one reason, or of none for one."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in fields:
        choice = one["choice"]
        key = one["code"] if choice is None else f"{choice['chosen']} {choice['lost']}"
        groups.setdefault(str(key), []).append(one)
    return list(groups.values())


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
