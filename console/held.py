"""`connections held|release|reject`: what the guard holds, and what becomes of it (R-93)."""

import time
from datetime import UTC, datetime
from typing import Any, Final

import click

from console.output import JSON, emit
from console.people.erase import EXECUTE, PLAN
from console.people.whom import WHY
from console.wiring import Wiring
from console.wiring.administration import Hold
from schemas.connection import LaneState
from schemas.errors import StopProcess
from schemas.personal import Personal

CONNECTION: Final = click.argument("connection")
LOOK_SECONDS: Final = 0.5
SENSITIVE: Final = "bank account, identity number, contract end or email"
NOT_HELD: Final = "connection {} is not held by the guard: there is nothing to reject"


@click.command()
@CONNECTION
@JSON
@click.pass_obj
def held(wiring: Wiring, connection: str, *, as_json: bool) -> None:
    """Show what waits in a lane that the guard holds: counts, fields, ids of ten people.

    Look at the ten in Huma before you decide: is this what HR meant to do?
    """
    hold = wiring.hold(connection)
    emit(_document(connection, hold), _lines(connection, hold), as_json=as_json)


@click.command()
@CONNECTION
@WHY
@JSON
@click.pass_obj
def release(wiring: Wiring, connection: str, reason: Personal[str], *, as_json: bool) -> None:
    """Send what the guard holds; what changes from now on is counted anew.

    Look first: `connections held`. To let more change in an hour, `connections set --guard-people`.
    """
    hold = wiring.hold(connection)
    wiring.release(connection, reason)
    emit(
        {"id": connection, "state": LaneState.RUNNING.value, "people": hold.people},
        [f"released; {hold.people:,} people are sent"],
        as_json=as_json,
    )


@click.command()
@CONNECTION
@WHY
@EXECUTE
@JSON
@click.pass_obj
def reject(
    wiring: Wiring, connection: str, reason: Personal[str], *, execute: bool, as_json: bool
) -> None:
    """Send nothing of what the guard holds: it ends as skipped, and the lane runs again.

    Huma keeps its values, Xledger its own: they differ until somebody corrects them in Huma. The
    next change of the same field, or `people resend`, sends what Huma has then.
    """
    hold = wiring.hold(connection)
    if hold.state is not LaneState.HELD:
        raise StopProcess(NOT_HELD.format(connection))
    if not execute:
        click.echo(PLAN, err=True)
        emit(
            {**_document(connection, hold), "rejected": False},
            ["would reject:", *_lines(connection, hold)],
            as_json=as_json,
        )
        return
    ends = time.monotonic() + wiring.settings.delivery.lease
    told = False
    while (done := wiring.reject(connection, reason)) is None:
        if time.monotonic() > ends:
            raise StopProcess(
                f"a delivery process has not given back the lane of connection {connection}: it is "
                "still held, and nothing was rejected; try again"
            )
        if not told:
            click.echo("waiting for requests that are under way", err=True)
            told = True
        time.sleep(LOOK_SECONDS)
    emit(
        {"id": connection, "rejected": True, "people": done.people, "events": done.events},
        [f"rejected; {done.events:,} events of {done.people:,} people were skipped"],
        as_json=as_json,
    )


def _document(connection: str, hold: Hold) -> dict[str, Any]:
    return {
        "id": connection,
        "state": hold.state.value,
        "reason": hold.reason,
        "since": datetime.fromtimestamp(hold.since / 1000, UTC).isoformat() if hold.since else None,
        "changed": {"people": hold.changed.people, "sensitive": hold.changed.sensitive},
        "allowed": {"people": hold.allowed.people, "sensitive": hold.allowed.sensitive},
        "linked": hold.linked,
        "waiting": {"people": hold.people, "events": hold.events, "fields": dict(hold.fields)},
        "some": list(hold.some),
    }


def _lines(connection: str, hold: Hold) -> list[str]:
    since = datetime.fromtimestamp(hold.since / 1000, UTC).isoformat(" ", "seconds")
    why = f" ({hold.reason})" if hold.reason else ""
    changed, allowed = hold.changed, hold.allowed
    return [
        f"{hold.state.value}{why}" + (f" since {since}" if hold.since else ""),
        f"changed within the hour: {_of(changed.people, allowed.people)} people",
        f"  of them {_of(changed.sensitive, allowed.sensitive)}: {SENSITIVE}",
        f"allowed: {allowed.people:,} and {allowed.sensitive:,}, of {hold.linked:,} linked people",
        f"waiting: {hold.people:,} people, {hold.events:,} events",
        *(f"{count:>9,}  {name}" for name, count in hold.fields.items()),
        *(["the first of them:"] if hold.some else []),
        *(f"  {user}" for user in hold.some),
        *(_next(connection) if hold.state is LaneState.HELD else ["it is not held"]),
    ]


def _next(connection: str) -> list[str]:
    return [
        "look at some of them in Huma, then type one of:",
        f'  huma-xledger connections release {connection} --reason "…"',
        f'  huma-xledger connections reject {connection} --reason "…"',
    ]


def _of(changed: int, allowed: int) -> str:
    """Return a count as far as it was counted.

    >>> _of(7, 5), _of(5, 5)
    ('more than 5', '5')
    """
    return f"more than {allowed:,}" if changed > allowed else f"{changed:,}"
