"""`sync run|show`: the manual sync, as far as linking who matches."""

import time
from datetime import UTC, datetime
from typing import Any, Final

import click

from console.output import JSON, emit
from console.wiring import ShownRun, Wiring
from schemas.errors import StopProcess

TAKEN_SECONDS: Final = 10.0
"""When no delivery process takes a job within this time, it is given up (`interfaces.md`)."""
LOOK_SECONDS: Final = 0.2


@click.group()
def sync() -> None:
    """Match the people of both systems."""


@sync.command()
@click.argument("connection")
@click.option(
    "--link-matching",
    is_flag=True,
    required=True,
    help="Link exact, unambiguous email matches, write no field, and activate the connection.",
)
@JSON
@click.pass_obj
def run(wiring: Wiring, connection: str, *, link_matching: bool, as_json: bool) -> None:
    """List both sides completely, link who matches, and activate; a delivery process does it."""
    assert link_matching
    planned = wiring.plan_sync(connection)
    done = _watched(wiring, planned)
    if done.state != "finished":
        raise StopProcess(f"the sync failed: {done.failure}")
    emit(_document(done), _lines(done), as_json=as_json)


@sync.command()
@click.argument("connection")
@JSON
@click.pass_obj
def show(wiring: Wiring, connection: str, *, as_json: bool) -> None:
    """Show the syncs of a connection, the newest first."""
    found = wiring.shown_runs(connection)
    lines = [line for one in found for line in _lines(one)]
    emit([_document(one) for one in found], lines or ["no sync yet"], as_json=as_json)


def _watched(wiring: Wiring, planned: ShownRun) -> ShownRun:
    """Follow a job to its end, telling on standard error how far it is."""
    gives_up = time.monotonic() + TAKEN_SECONDS
    told = planned.counts
    while True:
        one = wiring.runs.get(planned.id)
        if one.counts != told:
            told = one.counts
            click.echo(", ".join(f"{count:,} {name}" for name, count in told.items()), err=True)
        if one.state in {"finished", "failed"}:
            return one
        if one.state == "planned" and time.monotonic() > gives_up and wiring.runs.give_up(one.id):
            raise StopProcess(
                "no delivery process took the sync within 10 s: start one with "
                "`huma-xledger run delivery`, and look at `connections show` for a paused lane"
            )
        time.sleep(LOOK_SECONDS)


def _document(one: ShownRun) -> dict[str, Any]:
    return {
        "id": one.id,
        "connection": one.connection,
        "kind": one.kind,
        "state": one.state,
        "planned_at": _time(one.planned_at),
        "started_at": _time(one.started_at),
        "ended_at": _time(one.ended_at),
        "counts": dict(one.counts),
        "failure": one.failure,
    }


def _lines(one: ShownRun) -> list[str]:
    first = f"{one.kind} {one.id}: {one.state}" + (f" ({one.failure})" if one.failure else "")
    return [first, *(f"  {count:>7,}  {name}" for name, count in one.counts.items())]


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
