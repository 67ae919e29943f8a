"""`people show`: one person as one document; values only where they are asked for (R-103)."""

from typing import Any

from processors.people.choices import position_data
from processors.people.documents import (
    audit_document,
    failed_field_document,
    failed_record_document,
    link_document,
    open_document,
    person_document,
)
from processors.people.judged import judge
from processors.people.times import iso
from processors.ports.people import LinkSeen, PersonSeen
from schemas.employee import Target
from schemas.personal import Personal


def shown(seen: PersonSeen, tries: int, *, values: bool) -> dict[str, Any]:
    """Return what is known of a person.

    Args:
        seen: the snapshot.
        tries: of a refusal that nobody knows, at the most (R-85).
        values: whether confirmed values are in it, each a `Personal`.
    """
    return {
        **person_document(seen),
        "positions": [
            {"id": id_, "revision": version, "deleted": id_ not in seen.positions}
            for id_, version in sorted(seen.position_versions.items())
        ],
        "connections": [_connection(seen, link, tries, values=values) for link in seen.links],
        "letters": [failed_record_document(one) for one in seen.letters],
        "audit": audit_document(seen.audit),
    }


def values_in(document: dict[str, Any]) -> list[str]:
    """Return the names of the fields whose values a document shows."""
    confirmed = [one for link in document["connections"] for one in link["confirmed"]]
    return sorted({one["target"] for one in confirmed if "value" in one})


def _connection(seen: PersonSeen, link: LinkSeen, tries: int, *, values: bool) -> dict[str, Any]:
    document = link_document(seen, link)
    if seen.deleted_at is not None:
        nothing: dict[str, Any] = {"open": [], "confirmed": [], "events": [], "failures": []}
        return {**document, **nothing, "position_data": None}
    judged = judge(link, seen.now)
    return {
        **document,
        "open": [open_document(seen, link, one, judged, tries) for one in link.open],
        "confirmed": [_confirmed(link, name, values=values) for name in sorted(link.confirmed)],
        "position_data": position_data(link, judged) if seen.position_versions else None,
        "events": [
            {
                "outcome": event.outcome,
                "type": event.type,
                "revision": event.revision,
                "round": event.round,
                "received_at": iso(event.received_at),
                "fields": list(event.fields),
            }
            for event in link.events
        ],
        "failures": [failed_field_document(one) for one in link.failures],
    }


def _confirmed(link: LinkSeen, target: Target, *, values: bool) -> dict[str, Any]:
    one = link.confirmed[target]
    document = {
        "target": target.value,
        "at": iso(one.at),
        "position": None if one.why is None else one.why.get("chosen"),
    }
    return document | ({"value": Personal(link.subject.confirmed[target])} if values else {})
