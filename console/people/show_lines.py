"""`people show` as lines: the same facts as its document, in the order in which they are asked."""

from itertools import groupby
from typing import Any

from console.people.lines import (
    aligned,
    choice_lines,
    connection_title,
    link_lines,
    open_lines,
    section,
    value_of,
    when,
    wrapped,
)

UTC = "UTC"


def lines_of(document: dict[str, Any]) -> list[str]:
    """Return a person's document as lines."""
    links = document["connections"]
    zone = links[0]["zone"] if links else UTC
    lines = [f"Person {document['user']}", *aligned(_who(document, zone), 1)]
    for link in links:
        lines += section(connection_title(link), link_lines(link))
        if document["deleted_at"] is None:
            lines += _connection(link)
    if not links:
        lines += section("No connection: the organisation has none, so that nothing is sent.", [""])
    return [
        *lines,
        *section(f"History, the newest first (times in {zone})", _history(document, zone)),
    ]


def who_lines(document: dict[str, Any]) -> list[str]:
    """Return who somebody is."""
    zone = document["connections"][0]["zone"] if document["connections"] else UTC
    return aligned(_who(document, zone), 1)


def _who(document: dict[str, Any], zone: str) -> list[tuple[str, str]]:
    rows = [("organisation", document["organization"])]
    if document["deleted_at"] is not None:
        rows.append(("deleted", f"{when(document['deleted_at'], zone)}. {document['says']}"))
        return rows
    kind = document["type"] or "not known yet"
    rows.append(("kind", kind if document["person"] else f"{kind}: never synchronised"))
    rows.append(("account", _account(document)))
    groups = document["groups"]
    rows.append(
        ("groups", "not known yet" if groups is None else ", ".join(groups) or "of no group")
    )
    revision = document["revision"]
    upto = "no revision seen yet" if revision is None else f"up to revision {revision}"
    rest = "known whole" if document["complete"] else "not read from Huma yet"
    rows.append(("known", f"{rest}, {upto}"))
    if "positions" in document:
        rows.append(("positions", ", ".join(map(_position, document["positions"])) or "none"))
    return rows


def _account(document: dict[str, Any]) -> str:
    revision = document["active_revision"]
    since = "" if revision is None else f" since revision {revision}"
    if document["active"] is None:
        return "not known yet, taken as active"
    return f"active{since}" if document["active"] else f"deactivated, and so locked,{since}"


def _position(one: dict[str, Any]) -> str:
    deleted = ", deleted" if one["deleted"] else ""
    return f"{one['id']} (revision {one['revision']}{deleted})"


def _connection(link: dict[str, Any]) -> list[str]:
    zone = link["zone"]
    waits = open_lines(link["open"], zone, 2) or ["    nothing"]
    confirmed = [_confirmed(one, zone) for one in link["confirmed"]]
    return [
        *section("Waits to be sent", waits, 1),
        *section("Events without an outcome yet", _events(link, zone), 1),
        *section(
            "Confirmed by Xledger", aligned(confirmed, 2) if confirmed else ["    nothing"], 1
        ),
        *_positions(link["position_data"]),
    ]


def _confirmed(one: dict[str, Any], zone: str) -> tuple[str, ...]:
    of = "" if one["position"] is None else f"of position {one['position']}"
    cells = [one["target"], when(one["at"], zone)]
    if "value" in one:
        return (*cells, f"{value_of(one['value'])}{', ' * bool(of)}{of}")
    return (*cells, of)


def _events(link: dict[str, Any], zone: str) -> list[str]:
    rows = []
    for one in link["events"]:
        revision = "" if one["revision"] is None else f"revision {one['revision']}"
        again = f", replayed {one['round']} times" if one["round"] else ""
        fields = ", ".join(one["fields"]) or "no field"
        says = f"waits for {fields}{again}; outcome {one['outcome']}"
        rows.append((when(one["received_at"], zone), _short(one["type"]), revision, says))
    return aligned(rows, 2) if rows else []


def _short(type_: str | None) -> str:
    return (type_ or "unknown").removeprefix("com.humahr.")


def _positions(data: dict[str, Any] | None) -> list[str]:
    if data is None:
        return []
    lines = wrapped(_changes(data), 2)
    for _, group in groupby(data["fields"], _alike):
        fields = list(group)
        names = ", ".join(one["field"] for one in fields)
        choice = fields[0]["choice"]
        if choice is None:
            lines += wrapped(f"{names}: {fields[0]['says']}", 2)
            continue
        rules = ", ".join(dict.fromkeys(one["choice"]["rule"] for one in fields))
        lines += wrapped(f"{names}: of position {choice['chosen']} ({rules})", 2)
        lines += choice_lines(choice, 3)
        for one in fields:
            for says in (one["says"], *(warning["says"] for warning in one["warnings"])):
                lines += wrapped(f"{one['field']}: {says}", 3) if says else []
    return section(f"Positions on {data['on']}", lines, 1)


def _changes(data: dict[str, Any]) -> str:
    day = data["changes_on"]
    if day is None:
        return f"{data['says']} The date alone changes nothing." if data["fields"] else data["says"]
    return f"{data['says']} The date alone changes the choice next on {day}."


def _alike(one: dict[str, Any]) -> Any:
    choice = one["choice"]
    return one["code"] if choice is None else (choice["chosen"], sorted(choice["lost"].items()))


def _history(document: dict[str, Any], zone: str) -> list[str]:
    return (
        aligned([audit_row(one, zone) for one in document["audit"]], 1) if document["audit"] else []
    )


def audit_row(one: dict[str, Any], zone: str) -> tuple[str, str, str]:
    """Return a row of the audit: when, what, and the rest as one sentence."""
    parts = [
        one["object"],
        ", ".join(one["fields"]),
        f"by {one['actor']}" if one["actor"] else None,
        f"event {one['event']}" if one["event"] else None,
        f"connection {one['connection']}" if one["connection"] else None,
        one["rule"],
    ]
    return when(one["at"], zone), one["action"], "; ".join(part for part in parts if part)
