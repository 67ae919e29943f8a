"""`people explain` as lines: the same facts as its document."""

from typing import Any, Final

from console.people.lines import (
    aligned,
    choice_lines,
    connection_title,
    link_lines,
    section,
    value_of,
    when,
    wrapped,
)
from console.people.who_lines import audit_row, who_lines

RESULTS: Final = {
    "mapped": "It can be sent.",
    "nothing": "Nothing to send: Huma never told it, or it is empty and Xledger keeps its own.",
}
NOW: Final = "now     "
CHOICE: Final = "choice  "
OF: Final = "was of     "


def lines_of(document: dict[str, Any]) -> list[str]:
    """Return the document as lines."""
    lines = [f"{document['asked']} of person {document['user']}", *who_lines(document)]
    for link in document["connections"]:
        lines += section(connection_title(link), link_lines(link))
        for field in link["fields"]:
            lines += section(field["field"], _field(field, link), 1)
    return lines


def _field(field: dict[str, Any], link: dict[str, Any]) -> list[str]:
    zone = link["zone"]
    lines = aligned([("rule", one["rule"], one["title"]) for one in field["rules"]], 2)
    lines += aligned([_input(one) for one in field["inputs"]] or [("from", "", "nothing")], 2)
    lines += _now(field)
    if field.get("choice") is not None:
        choice = field["choice"]
        says = f"position {choice['chosen']}, by {choice['rule']}, on {choice['on']}"
        lines += wrapped(says, 2, CHOICE)
        lines += choice_lines(choice, 2, CHOICE)
        if field["changes_on"] is not None:
            lines += wrapped(f"The date alone changes it next on {field['changes_on']}.", 6)
    if field["open"] is not None:
        lines += [f"    waits   since {when(field['open']['since'], zone)}"]
        lines += wrapped(field["open"]["says"], 6)
    for target in field["targets"]:
        lines += section(f"→ {target['target']}", _target(target, link), 2)
    return lines


def _input(one: dict[str, Any]) -> tuple[str, str, str]:
    revision = "not known" if one["revision"] is None else f"revision {one['revision']}"
    name = f"position {one['position']}" if "position" in one else one["field"]
    if one.get("deleted"):
        revision += ", deleted"
    if one.get("use") == "compared":
        revision += ", only compared with"
    value = f": {value_of(one['value'])}" if "value" in one else ""
    return "from", name, f"{revision}{value}"


def _now(field: dict[str, Any]) -> list[str]:
    says = field["says"] or RESULTS[field["result"]]
    lines = wrapped(says + (f" {field['advice']}" if field["advice"] else ""), 2, NOW)
    for warning in field["warnings"]:
        advice = f" {warning['advice']}" if warning["advice"] else ""
        lines += wrapped(f"warning: {warning['says']}{advice}", 6)
    return lines


def _write(row: tuple[str, str, str]) -> str:
    return f"{row[0]}, {row[2]}"


def _target(target: dict[str, Any], link: dict[str, Any]) -> list[str]:
    zone = link["zone"]
    rows = [("now", target["says"])]
    if "value" in target:
        rows.append(("value", value_of(target["value"])))
    confirmed = target["confirmed_at"]
    told = "never" if confirmed is None else when(confirmed, zone)
    if "confirmed_value" in target:
        told += f": {value_of(target['confirmed_value'])}"
    rows.append(("confirmed", told))
    names = {link["id"]: link["name"]}
    rows += [("written", _write(audit_row(one, zone, names))) for one in target["writes"]]
    lines = aligned(rows, 3)
    if target.get("choice") is not None:
        then = target["choice"]
        says = f"position {then['chosen']}, by {then['rule']}, on {then['on']}"
        lines += [*wrapped(says, 3, OF), *choice_lines(then, 3, OF)]
    return lines
