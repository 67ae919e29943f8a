"""How the documents about one person are laid out as lines, none of them wider than a page."""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

WIDTH: Final = 100
STEP: Final = "  "
COMMAND: Final = re.compile("`[^`]+`")
UNBROKEN: Final = "\0"
"""Stands for a space at which no line ends; no text of ours holds one."""


def when(iso: str | None, zone: str) -> str:
    """Return a time for people of a zone.

    >>> when("2023-11-14T22:13:20.123000+00:00", "Europe/Oslo")
    '2023-11-14 23:13:20'
    """
    if iso is None:
        return "-"
    return datetime.fromisoformat(iso).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def wrapped(text: str, depth: int, first: str = "") -> list[str]:
    """Return a text in lines; the first one begins with `first`, and the others below its end.

    A command between backticks stays in one piece, to be copied.
    """
    begin = STEP * depth + first
    lines = textwrap.wrap(
        COMMAND.sub(lambda found: together(found[0]), text), WIDTH,
        initial_indent=begin, subsequent_indent=" " * len(begin),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace(UNBROKEN, " ") for line in lines] or [begin.rstrip()]


def together(text: str) -> str:
    """Return a text that `wrapped` leaves in one piece."""
    return text.replace(" ", UNBROKEN)


def aligned(rows: Iterable[Sequence[str]], depth: int) -> list[str]:
    """Return rows in columns; the last column is wrapped.

    >>> aligned([("a", "one"), ("bcd", "two")], 1)
    ['  a    one', '  bcd  two']
    """
    told = list(rows)
    if not told:
        return []
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in told), strict=True)]
    lines: list[str] = []
    for row in told:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        lines += wrapped(row[-1], depth, "".join(f"{cell}{STEP}" for cell in cells))
    return lines


def section(title: str, lines: Sequence[str], depth: int = 0) -> list[str]:
    """Return lines under a title, with an empty one before; nothing where there are none."""
    return ["", f"{STEP * depth}{title}", *lines] if lines else []


def value_of(value: Any) -> str:
    r"""Return a value as it is typed: text without quotes, else JSON; nothing moves the cursor.

    >>> value_of("Kari"), value_of(None), value_of({"a": 1}), value_of("\x1b[2J")
    ('Kari', '(empty)', '{"a": 1}', '"\\u001b[2J"')
    """
    if value is None:
        return "(empty)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def link_lines(link: dict[str, Any]) -> list[str]:
    """Return how a person's link in a connection is, and what keeps it from being sent."""
    state = link["link"]
    lines = wrapped(state["says"], 1)
    records = [f"{name} {state[name]}" for name in ("employee", "contact", "subledger")
               if state[name] is not None]  # fmt: skip
    if records:
        since = state["linked_at"]
        told = f" (linked {when(since, link['zone'])})" if since else ""
        lines += wrapped(f"In Xledger: {', '.join(records)}{told}.", 1)
    if state["lacking"]:
        lines += wrapped(f"Required and missing in Huma: {', '.join(state['lacking'])}.", 1)
    for says in (*state["hindrances"], link["lane"]["says"]):
        if says:
            lines += wrapped(says, 1)
    return lines


def connection_title(link: dict[str, Any]) -> str:
    """Return the heading of a connection."""
    return f"Connection {link['name']}, {link['id']} (times in {link['zone']})"


def open_lines(waits: Sequence[dict[str, Any]], zone: str, depth: int) -> list[str]:
    """Return what waits, fields that wait for the same since the same time together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in waits:
        groups.setdefault((one["says"], when(one["since"], zone)), []).append(one["field"])
    lines: list[str] = []
    for (says, since), fields in groups.items():
        lines += wrapped(f"{', '.join(fields)}, {together(f'since {since}')}", depth)
        lines += wrapped(says, depth + 1)
    return lines


def choice_lines(choice: dict[str, Any], depth: int, lead: str = "") -> list[str]:
    """Return why each position that was not chosen was not; `lead` moves them to the right."""
    return [
        line
        for id_, why in sorted(choice["lost"].items())
        for line in wrapped(f"{id_}: {why}", depth, f"{' ' * len(lead)}not ")
    ]
