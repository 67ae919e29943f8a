"""`people explain`: why a field has the value that it has, as one document (R-57, R-103)."""

from typing import Any

from processors.fields import FIELDS, targets_of
from processors.mapping import TABLE
from processors.people.choices import choice_document, stored_choice
from processors.people.documents import (
    audit_document,
    link_document,
    open_document,
    person_document,
)
from processors.people.judged import Judged, judge
from processors.people.results import result_document
from processors.people.rules_of import rules_of
from processors.people.standing import standing_of
from processors.people.times import iso
from processors.ports.people import LinkSeen, PersonSeen
from processors.positions import OF_PRIMARY, TARGETS
from schemas.employee import Mapped, Target
from schemas.person import Field, HumaField, PositionField, Projection
from schemas.personal import Personal


def fields_asked(asked: Field | Target) -> tuple[Field, ...]:
    """Return the field that was asked for, or every field that writes the target.

    >>> fields_asked(Target.SUBLEDGER_DESCRIPTION)
    (<HumaField.GIVEN_NAME: 'givenName'>, <HumaField.FAMILY_NAME: 'familyName'>)
    """
    if isinstance(asked, Target):
        return tuple(name for name in FIELDS if asked in targets_of(name))
    return (asked,)


def targets_asked(asked: Field | Target) -> tuple[Target, ...]:
    """Return the target that was asked for, or every target of the field."""
    return (asked,) if isinstance(asked, Target) else targets_of(asked)


def explained(
    seen: PersonSeen, asked: Field | Target, tries: int, *, values: bool
) -> dict[str, Any]:
    """Return why a field, or a target, has the value that it has.

    Args:
        seen: the snapshot, with the last writes of `targets_asked`.
        asked: what.
        tries: of a refusal that nobody knows, at the most (R-85).
        values: whether values are in it, each a `Personal`.
    """
    connections = []
    for link in seen.links:
        document = link_document(seen, link)
        if seen.deleted_at is None:
            judged = judge(link, seen.now)
            document["fields"] = [
                _field(seen, link, name, asked, judged, tries, values=values)
                for name in fields_asked(asked)
            ]
        else:
            document["fields"] = []
        connections.append(document)
    return {**person_document(seen), "asked": asked.value, "connections": connections}


def values_in(document: dict[str, Any]) -> list[str]:
    """Return the names of the fields whose values a document shows."""
    fields = [field for link in document["connections"] for field in link["fields"]]
    inputs = {
        name
        for field in fields
        for one in field["inputs"]
        if "value" in one
        for name in one["names"]
    }
    targets = {
        one["target"]
        for field in fields
        for one in field["targets"]
        if "value" in one or "confirmed_value" in one
    }
    return sorted(inputs | targets)


def _field(
    seen: PersonSeen,
    link: LinkSeen,
    name: Field,
    asked: Field | Target,
    judged: Judged,
    tries: int,
    *,
    values: bool,
) -> dict[str, Any]:
    result = judged.found.results[name]
    flip = judged.found.flip
    waits = next((one for one in link.open if one.dirty.field == name), None)
    document = {
        "field": name.value,
        "rules": [{"rule": number, "title": title} for number, title in rules_of(name)],
        "inputs": _inputs(seen, name, values=values),
        **result_document(result),
        "open": None if waits is None else open_document(seen, link, waits, judged, tries),
        "targets": [
            _target(seen, link, name, target, judged, values=values)
            for target in targets_of(name)
            if not isinstance(asked, Target) or target is asked
        ],
    }
    if isinstance(name, PositionField):
        document["choice"] = choice_document(judged.found.why.get(TARGETS[name]))
        changes = None if flip is None or name not in OF_PRIMARY else flip.next
        document["changes_on"] = None if changes is None else changes.isoformat()
    return document


def _inputs(seen: PersonSeen, name: Field, *, values: bool) -> list[dict[str, Any]]:
    """Return what a field is made of, and what it is only compared with, each with its version."""
    if isinstance(name, PositionField):
        return [
            {
                "field": "position",
                "position": id_,
                "revision": version,
                "deleted": id_ not in seen.positions,
                **(_whole(seen.positions[id_]) if values and id_ in seen.positions else {}),
            }
            for id_, version in sorted(seen.position_versions.items())
        ]
    row = TABLE[name]
    return [
        *(_input(seen, one, "written", values=values) for one in (name, *row.joined_with)),
        *(_input(seen, one, "compared", values=values) for one in row.checked_against),
    ]


def _input(seen: PersonSeen, name: HumaField, use: str, *, values: bool) -> dict[str, Any]:
    return {
        "field": name.value,
        "use": use,
        "revision": seen.versions.get(name),
        **(_value(seen.projection[name], name) if values and name in seen.projection else {}),
    }


def _target(
    seen: PersonSeen, link: LinkSeen, name: Field, target: Target, judged: Judged, *, values: bool
) -> dict[str, Any]:
    standing = standing_of(name, target, link, judged, complete=seen.complete)
    confirmed = link.confirmed.get(target)
    result = judged.found.results[name]
    document: dict[str, Any] = {
        "target": target.value,
        "stands": standing.stands.value,
        "says": standing.says,
        "confirmed_at": None if confirmed is None else iso(confirmed.at),
        "writes": audit_document(seen.writes.get((link.connection.id, target), ())),
    }
    if isinstance(name, PositionField):
        document["choice"] = None if confirmed is None else stored_choice(confirmed.why)
    if values and isinstance(result, Mapped) and target in result.targets:
        document["value"] = Personal(result.targets[target])
    if values and confirmed is not None:
        document["confirmed_value"] = Personal(link.subject.confirmed[target])
    return document


def _value(value: Any, *names: str) -> dict[str, Any]:
    return {"value": Personal(value), "names": list(names)}


def _whole(position: Projection) -> dict[str, Any]:
    return _value(dict(position), *(f"position.{name}" for name in position if name != "id"))
