"""`dead-letters list` as lines: the same facts as its document."""

from collections.abc import Mapping
from typing import Any, Final

from console.people.lines import aligned, together, when, wrapped

SHORT: Final = 12
"""Digits of an id that tell letters apart on a terminal; commands take them."""
NOBODY: Final = "nobody known"
BEGINS: Final = {"hour": 16, "day": 10}
"""Characters of a time that say where it begins."""
NO_CONNECTION: Final = "before any connection"
UNHEARD: Final = (
    "watch has never been heard: start `huma-xledger run watch`, and look at "
    "`huma-xledger offsets show --group watch`"
)


def lines_of(document: dict[str, Any], zone: str) -> list[str]:
    """Return letters, two lines each."""
    letters = document["letters"]
    if not letters:
        return [f"{_many(document)}, none of them behind that place"]
    order = ", those that failed last first" if len(letters) > 1 else ""
    lines = [f"{_many(document)}{order} (times in {zone})"]
    for one in letters:
        lines += ["", *_letter(one, zone)]
    if document["next"] is not None:
        lines += ["", f"more: the same command with --after {document['next']}"]
    if len(letters) > 1:
        lines += ["", "next: huma-xledger dead-letters list --by code, or show ID"]
    else:
        lines += ["", f"next: huma-xledger dead-letters show {letters[0]['id'][:SHORT]}"]
    return lines


def count_lines(
    document: dict[str, Any], by: list[str], connections: Mapping[str, str], zone: str
) -> list[str]:
    """Return counts, the most first."""
    rows = [
        (
            f"{one['letters']:,}".rjust(7),
            *(_value(name, one[name], connections) for name in by),
            f"since {when(one['first_failed_at'], zone)}, last {when(one['last_failed_at'], zone)}",
        )
        for one in document["counts"]
    ]
    lines = [f"{_many(document)} by {', '.join(by)} (times in {zone})", ""]
    lines += aligned([(*row[:-1], together(row[-1])) for row in rows], 0)
    if document["groups"] > len(rows):
        lines += ["", f"{document['groups'] - len(rows):,} more: raise --limit"]
    if "code" in by and document["counts"]:
        worst = document["counts"][0]["code"]
        lines += ["", f'next: huma-xledger dead-letters list --code "{worst}" --limit 1']
    return lines


def empty_lines(document: dict[str, Any]) -> list[str]:
    """Return why nothing is listed, and what to look at."""
    if not document["stored"]:
        heard = document["watch_heard_at"]
        lines = ["no dead letter is stored"]
        if heard is None:
            return [*lines, UNHEARD]
        return [*lines, f"watch has read what was written up to {when(heard, 'UTC')} UTC"]
    lines = ["no dead letter is like that"]
    for option, many in document["without"].items():
        wider = "with --state all" if option == "--state" else f"without {option}"
        lines.append(f"{wider} there are {many:,}")
    if not document["without"]:
        lines.append(f"{document['stored']:,} are stored: look at `dead-letters list --state all "
                     "--by state,code`")  # fmt: skip
    return lines


def _many(document: dict[str, Any]) -> str:
    total = document["total"]
    return f"{total:,} dead letter{'' if total == 1 else 's'}"


def _letter(one: dict[str, Any], zone: str) -> list[str]:
    state = one["state"] + (f" ({one['closed_as']})" if one["closed_as"] else "")
    head = f"{when(one['last_failed_at'], zone)}  {one['id'][:SHORT]}  {state}: {one['code']}"
    times = "once" if one["replays"] == 1 else f"{one['replays']} times"
    again = f", replayed {times}" if one["replays"] else ""
    where = one["connection_name"] or one["connection"] or NO_CONNECTION
    removed = ", which was removed" if one["connection_removed"] else ""
    in_ = where if one["connection"] is None else f"connection {where}"
    whose = one["person"] or NOBODY
    what = ", ".join(one["fields"]) or "the whole record"
    return [*wrapped(head, 0), *wrapped(f"{what} of {whose}; {in_}{removed}{again}", 1)]


def _value(name: str, value: Any, connections: Mapping[str, str]) -> str:
    if value is None:
        return "-"
    if name in BEGINS:
        return f"{when(value, 'UTC')[: BEGINS[name]]} UTC"
    if name == "connection":
        return f"{connections.get(value, 'removed')} {value}"
    return str(value)
