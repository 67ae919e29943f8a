"""Who a person is, and what the audit tells of them, as lines."""

from collections.abc import Mapping
from typing import Any, Final

from console.people.lines import aligned, together, when

UTC: Final = "UTC"


def zone_of(document: dict[str, Any]) -> str:
    """Return the zone for times that belong to no connection: that of the first one."""
    links = document["connections"]
    return str(links[0]["zone"]) if links else UTC


def who_lines(document: dict[str, Any]) -> list[str]:
    """Return who somebody is: ids and states."""
    rows = [("organisation", document["organization"])]
    if document["deleted_at"] is not None:
        at = when(document["deleted_at"], zone_of(document))
        return aligned([*rows, ("deleted", f"{at}. {document['says']}")], 1)
    kind = document["type"] or "not known yet"
    rows.append(("kind", kind if document["person"] else f"{kind}: never synchronised"))
    rows.append(("account", _account(document)))
    groups = document["groups"]
    rows.append(("groups", "not known yet" if groups is None else ", ".join(groups) or "none"))
    revision = document["revision"]
    upto = "no revision seen yet" if revision is None else f"up to revision {revision}"
    rows.append(
        ("known", ("whole, " if document["complete"] else "not read from Huma yet, ") + upto)
    )
    if "positions" in document:
        rows.append(("positions", ", ".join(map(_position, document["positions"])) or "none"))
    return aligned(rows, 1)


def audit_row(
    one: dict[str, Any], zone: str, connections: Mapping[str, str]
) -> tuple[str, str, str]:
    """Return a row of the audit: when, what, and the rest.

    Args:
        one: the row.
        zone: for the time.
        connections: names by id; where there is only one, it goes without saying.
    """
    what = ": ".join(part for part in (one["object"], ", ".join(one["fields"])) if part)
    where = one["connection"]
    named = where is None or (len(connections) == 1 and where in connections)
    parts = [
        what,
        together(f"by {one['actor']}") if one["actor"] else "",
        together(f"event {one['event']}") if one["event"] else "",
        "" if named else together(f"connection {connections.get(where, where)}"),
    ]
    rule = f" ({one['rule']})" if one["rule"] else ""
    says = "; ".join(part for part in parts if part)
    return when(one["at"], zone), one["action"], f"{says}{rule}".strip()


def _account(document: dict[str, Any]) -> str:
    revision = document["active_revision"]
    since = "" if revision is None else f" since revision {revision}"
    if document["active"] is None:
        return "not known yet, taken as active"
    return f"active{since}" if document["active"] else f"deactivated{since}, and so locked"


def _position(one: dict[str, Any]) -> str:
    deleted = ", deleted" if one["deleted"] else ""
    return f"{one['id']} (revision {one['revision']}{deleted})"
