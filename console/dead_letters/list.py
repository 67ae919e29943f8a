"""`dead-letters list`: what failed, the newest failures first, or counted by what they share."""

import re
from dataclasses import replace
from typing import Any, Final

import click

from console.dead_letters.list_lines import count_lines, empty_lines, lines_of
from console.dead_letters.selection import selected
from console.output import JSON, emit
from console.wiring import Wiring
from processors.desk.documents import count_document, letter_document, zone_of
from processors.desk.narrowing import widened
from processors.people.times import iso
from processors.ports.desk import Group, Place
from schemas.desk import Selection
from schemas.labels import UNENDED

PLACE: Final = re.compile(r"([0-9]{1,15})-([0-9a-f]{32})")


class AfterPlace(click.ParamType):
    """Where a page ended, as `list` says it."""

    name = "place"

    def convert(self, value: Any, param: Any, ctx: Any) -> Place:
        """See click."""
        if isinstance(value, Place):
            return value
        found = PLACE.fullmatch(str(value))
        if found is None:
            self.fail("is no place: use what `list` prints when there is more", param, ctx)
        return Place(int(found[1]), found[2])


class Groups(click.ParamType):
    """Names of what is counted by, with commas between."""

    name = "groups"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[Group, ...]:
        """See click."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(dict.fromkeys(Group(one.strip()) for one in str(value).split(",")))
        except ValueError:
            known = ", ".join(one.value for one in Group)
            self.fail(f"'{value}' names something else than these: {known}", param, ctx)


@click.command("list")
@selected
@click.option("--by", type=Groups(), metavar="A,B", help="Count by these: code,connection, say.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True,
    help="Letters, or counts, at the most.",
)  # fmt: skip
@click.option("--after", type=AfterPlace(), metavar="PLACE", help="Go on where a page ended.")
@JSON
@click.pass_obj
def list_(
    wiring: Wiring,
    selection: Selection,
    by: tuple[Group, ...] | None,
    limit: int,
    after: Place | None,
    *,
    as_json: bool,
) -> None:
    """List dead letters, those that failed last first; without --state those that nothing ended.

    With --by they are counted instead: the first thing to look at when there are many.

    Example: huma-xledger dead-letters list --by code,connection --since 2h
    """
    if by is not None and after is not None:
        raise click.UsageError("--after is for letters: counts have no pages, raise --limit")
    selection = selection if selection.states else replace(selection, states=UNENDED)
    if by is None:
        document, lines = _letters(wiring, selection, limit, after)
    else:
        document, lines = _counts(wiring, selection, by, limit)
    if document["total"] == 0:
        lines = _nothing(wiring, selection, document)
    emit(document, lines, as_json=as_json)


def _letters(
    wiring: Wiring, selection: Selection, limit: int, after: Place | None
) -> tuple[dict[str, Any], list[str]]:
    total, letters = wiring.desk.page(selection, limit + 1, after)
    known = wiring.desk.connections()
    shown = letters[:limit]
    last = shown[-1] if len(letters) > limit else None
    document = {
        "total": total,
        "letters": [letter_document(one, known) for one in shown],
        "next": None if last is None else f"{last.last_failed_at}-{last.id}",
    }
    return document, lines_of(document, zone_of(shown, known))


def _counts(
    wiring: Wiring, selection: Selection, by: tuple[Group, ...], limit: int
) -> tuple[dict[str, Any], list[str]]:
    total = wiring.desk.count(selection)
    found = wiring.desk.counts(selection, by)
    known = wiring.desk.connections()
    names = [one.value for one in by]
    document = {
        "total": total,
        "by": names,
        "groups": len(found),
        "counts": [count_document(one, by) for one in found[:limit]],
    }
    zones = {one.zone for one in known.values()}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    return document, count_lines(
        document, names, {id_: one.name for id_, one in known.items()}, zone
    )


def _nothing(wiring: Wiring, selection: Selection, document: dict[str, Any]) -> list[str]:
    """Say what would find something, or why nothing can be there."""
    document["without"] = dict(widened(selection, wiring.desk.count))
    document["stored"] = wiring.desk.count(Selection())
    document["watch_heard_at"] = iso(wiring.desk.heard())
    return empty_lines(document)
