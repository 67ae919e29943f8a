"""`people explain` as lines: the same facts as its document."""

from typing import Any

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
from console.people.show_lines import audit_row, who_lines

RESULTS = {"mapped": "mapped", "nothing": "Huma never told it: nothing to send"}


def lines_of(document: dict[str, Any]) -> list[str]:
    """Return the document as lines."""
    lines = [f"{document['asked']} of person {document['user']}", *who_lines(document)]
    for link in document["connections"]:
        lines += section(connection_title(link), link_lines(link))
        for field in link["fields"]:
            lines += section(field["field"], _field(field, link["zone"]), 1)
    return lines


def _field(field: dict[str, Any], zone: str) -> list[str]:
    lines = aligned([("rule", one["rule"], one["title"]) for one in field["rules"]], 2)
    lines += aligned([_input(one) for one in field["inputs"]] or [("from", "", "nothing")], 2)
    lines += _now(field)
    if field.get("choice") is not None:
        choice = field["choice"]
        says = f"position {choice['chosen']}, by {choice['rule']}, on {choice['on']}"
        lines += wrapped(says, 2, "choice  ")
        lines += choice_lines(choice, 6)
        if field["changes_on"] is not None:
            lines += wrapped(f"The date alone changes it next on {field['changes_on']}.", 6)
    if field["open"] is not None:
        lines += [f"    waits   since {when(field['open']['since'], zone)}"]
        lines += wrapped(field["open"]["says"], 6)
    for target in field["targets"]:
        lines += section(f"→ {target['target']}", _target(target, zone), 2)
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
    told = f"{field['result']}: {says}" if field["says"] else says
    lines = wrapped(told + (f" {field['advice']}" if field["advice"] else ""), 2, "now     ")
    for warning in field["warnings"]:
        advice = f" {warning['advice']}" if warning["advice"] else ""
        lines += wrapped(f"warning: {warning['says']}{advice}", 6)
    return lines


def _target(target: dict[str, Any], zone: str) -> list[str]:
    rows = [("now", target["says"])]
    if "value" in target:
        rows.append(("value", value_of(target["value"])))
    confirmed = target["confirmed_at"]
    told = "never" if confirmed is None else when(confirmed, zone)
    if "confirmed_value" in target:
        told += f": {value_of(target['confirmed_value'])}"
    rows.append(("confirmed", told))
    rows += [("written", "; ".join(audit_row(one, zone))) for one in target["writes"]]
    lines = aligned(rows, 3)
    if target.get("choice") is not None:
        then = target["choice"]
        says = f"position {then['chosen']}, by {then['rule']}, on {then['on']}"
        lines += [*wrapped(says, 3, "was of     "), *choice_lines(then, 9)]
    return lines
