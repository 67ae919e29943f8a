"""`dead-letters show` as lines: the same facts as its document, in the order they are asked for."""

from collections.abc import Iterator
from typing import Any, Final

from console.dead_letters.list_lines import NO_CONNECTION, NOBODY
from console.people.lines import aligned, section, together, value_of, when, wrapped

WHOLE: Final = "the whole record"


def lines_of(document: dict[str, Any], zone: str) -> list[str]:
    """Return a letter's document as lines; times are of this zone."""
    changes = [line for one in document["changes"] for line in _change(one)]
    happened = [(when(one["at"], zone), one["says"]) for one in document["happened"]]
    newer = [
        (when(one["at"], zone), f"{_kind(one['type'])}{_revision(one)}: {one['says']}")
        for one in document["newer"]
    ]
    return [
        f"Letter {document['id']}",
        *aligned(_who(document), 1),
        *section("Why", _why(document)),
        *section("Fields", changes),
        *section(f"What happened (times in {zone})", aligned(happened, 1)),
        *section("Newer events of the person", aligned(newer, 1)),
        *section("A replay", _replay(document)),
        *section("Next", [f"  {step}" for step in document["next"]]),
    ]


def _who(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    event, letter = document["event"], document["letter"]
    closed = f" ({document['closed_as']})" if document["closed_as"] else ""
    yield "state", f"{document['state']}{closed}. {' '.join(document['says'])}"
    yield "code", f"{document['code']} (stage {document['stage']}, class {document['class']})"
    yield "fields", ", ".join(document["fields"]) or WHOLE
    yield "person", document["person"] or NOBODY
    if document["organization"]:
        yield "organisation", document["organization"]
    name = document["connection_name"]
    where = document["connection"] or NO_CONNECTION
    yield "connection", where if name is None else f"{name}, {where}"
    yield "event", f"{_kind(event['type'])}, {event['source']} {event['id']}"
    yield "original", _place(event["topic"], event)
    yield "letter", _place("dead letters", letter) + _held(document["record"])
    yield "replays", str(document["replays"])


def _place(topic: str, at: dict[str, Any]) -> str:
    return f"{topic}, partition {at['partition']}, offset {at['offset']}"


def _held(record: dict[str, Any]) -> str:
    return f": {record['why']}" if record["why"] else ""


def _why(document: dict[str, Any]) -> list[str]:
    reason = document["reason"]
    rule = f" ({reason['rule']})" if reason["rule"] else ""
    lines = wrapped(f"{reason['says']}{rule}", 1)
    for title, name in (("advice", "advice"), ("does a replay help", "replay_helps")):
        lines += wrapped(reason[name], 1, f"{title}: ") if reason[name] else []
    return lines


def _change(one: dict[str, Any]) -> list[str]:
    lines = wrapped(f"{one['field']}: {_standing(one)}", 1)
    if one["xledger_said"]:
        lines += wrapped(value_of(one["xledger_said"]), 2, "Xledger said: ")
    if one["in_event"]:
        since = {None: "", True: "; it has changed since", False: "; it is still so in Huma"}
        value = f" {value_of(one['event_value'])}" if "event_value" in one else ""
        lines += wrapped(f"in the event{value}{since[one['changed_since']]}", 2)
    return lines + (_now(one["now"]) if one["now"] else [])


def _standing(one: dict[str, Any]) -> str:
    if one["open"] is None:
        return "watch has not read yet how it ended, or keeps it no longer"
    code = f" ({one['code']})" if one["code"] else ""
    revision = "" if one["revision"] is None else f" at revision {one['revision']}"
    tries = f", {one['attempts']} tries" if one["attempts"] and one["attempts"] > 1 else ""
    failed = f"failed{revision}{tries}{code}"
    if one["failed_later"]:
        failed += ", in a later event, which has a letter of its own"
    return failed if one["open"] else f"{failed}; closed since: {one['closed_as']}"


def _now(now: dict[str, Any]) -> list[str]:
    lines = []
    if now["says"]:
        lines += wrapped(f"now: {now['says']}", 2)
    rows = [(each["target"], " ".join([each["says"], *_values(each)])) for each in now["targets"]]
    return lines + aligned(rows, 2)


def _values(target: dict[str, Any]) -> list[str]:
    named = (("value", "Now"), ("confirmed_value", "Confirmed"))
    return [f"{title}: {value_of(target[name])}." for name, title in named if name in target]


def _replay(document: dict[str, Any]) -> list[str]:
    forecast = document["forecast"]
    if forecast is None:
        return []
    why = forecast["code"] or forecast["why"]
    sent = "" if forecast["sent"] else "; it would not be sent"
    return wrapped(f"{forecast['forecast']}{f' ({why})' if why else ''}{sent}", 1)


def _kind(type_: str | None) -> str:
    return together((type_ or "of an unknown type").removeprefix("com.humahr."))


def _revision(one: dict[str, Any]) -> str:
    return "" if one["revision"] is None else f" revision {one['revision']}"
