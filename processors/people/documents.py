"""The parts of which the documents about one person are made; none of them holds a value."""

from collections.abc import Sequence
from typing import Any, Final

from processors.desk.documents import reason_document
from processors.gate.person import PERSON
from processors.people.judged import Judged
from processors.people.lane_says import lane_says
from processors.people.link_says import SAYS, hindrances, is_outside, lacking
from processors.people.times import iso
from processors.people.why_waiting import Case, why_waiting
from processors.ports.desk import Letter
from processors.ports.people import AuditEntry, FailedField, LinkSeen, OpenField, PersonSeen

GONE: Final = "Deleted in Huma, or erased here: every value is gone, ids are all that is left."


def person_document(seen: PersonSeen) -> dict[str, Any]:
    """Return who somebody is, by ids and states."""
    facts = seen.facts
    return {
        "organization": seen.key.organization,
        "user": seen.key.user,
        "at": iso(seen.now),
        "deleted_at": iso(seen.deleted_at),
        "says": None if seen.deleted_at is None else GONE,
        "type": facts.type,
        "person": facts.type in (None, PERSON),
        "active": facts.active,
        "active_revision": _revision(facts.active_version),
        "groups": None if facts.groups is None else list(facts.groups),
        "groups_revision": _revision(facts.groups_version),
        "complete": seen.complete,
        "revision": _revision(seen.revision),
    }


def link_document(seen: PersonSeen, link: LinkSeen) -> dict[str, Any]:
    """Return a connection, how its lane stands, and the person's link in it."""
    one, subject = link.connection, link.subject
    return {
        "id": one.id,
        "name": one.name,
        "zone": one.zone,
        "active": one.activated_at is not None,
        "preview": link.preview,
        "lane": {
            "state": link.lane.state.value,
            "reason": link.lane.reason,
            "since": iso(link.lane.since or None),
            "says": lane_says(link.lane, one, seen.now),
        },
        "link": {
            "state": subject.state.value,
            "says": SAYS[subject.state],
            "locked": subject.facts.active is False,
            "out_of_scope": is_outside(subject.facts, one.group),
            "hindrances": hindrances(subject.facts, one.group),
            "incomplete": subject.incomplete,
            "lacking": [name.value for name in lacking(subject)] if seen.complete else [],
            "contact": subject.contact,
            "subledger": subject.subledger,
            "employee": subject.employee,
            "linked_at": iso(link.linked_at),
            "in_flight_since": iso(link.flight_at),
        },
    }


def open_document(
    seen: PersonSeen, link: LinkSeen, one: OpenField, judged: Judged, tries: int
) -> dict[str, Any]:
    """Return an open field, and why it waits."""
    why = why_waiting(Case(one, link, seen, judged.ends.get(one.dirty.field), tries))
    return {
        "field": one.dirty.field,
        "since": iso(one.dirty.turn),
        "origin": one.dirty.origin.value,
        "revision": one.dirty.version,
        "tries": one.dirty.attempts,
        "first_failed_at": iso(one.first_failed_at),
        "may_be_written": one.dirty.unsure,
        "waits": why.waits.value,
        "says": why.says,
        "until": iso(why.until),
    }


def failed_field_document(one: FailedField) -> dict[str, Any]:
    """Return a field that failed, why, and what to do about it."""
    return {
        "field": one.field,
        "state": one.state.value,
        "letter": one.letter,
        "outcome": one.outcome,
        "attempts": one.attempts,
        "first_failed_at": iso(one.first_failed_at),
        "last_failed_at": iso(one.last_failed_at),
        **reason_document(one.code or ""),
    }


def failed_record_document(one: Letter) -> dict[str, Any]:
    """Return a record that failed whole, why, and what to do about it."""
    return {
        "letter": one.id,
        "state": one.state.value,
        "connection": one.connection,
        "type": one.type,
        "stage": one.stage,
        "first_failed_at": iso(one.first_failed_at),
        "last_failed_at": iso(one.last_failed_at),
        **reason_document(one.code),
    }


def audit_document(entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """Return rows of the audit."""
    return [
        {
            "at": iso(one.at),
            "action": one.action,
            "connection": one.connection,
            "object": one.object,
            "fields": list(one.fields),
            "rule": one.rule,
            "actor": one.actor,
            "event": one.event,
        }
        for one in entries
    ]


def _revision(version: int) -> int | None:
    return None if version < 0 else version
