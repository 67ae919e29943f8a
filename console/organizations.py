"""`organizations show|erase`: all that is stored of one organisation, in numbers (R-108)."""

from datetime import UTC, datetime
from typing import Any

import click

from console.connections import Organization
from console.output import JSON, emit
from console.people.erase import EXECUTE, PLAN
from console.people.whom import WHY
from console.wiring import ShownOrganization, Wiring
from schemas.personal import Personal

ID = click.argument("organization", type=Organization(), metavar="ID")


@click.group()
def organizations() -> None:
    """See what is stored of an organisation, and erase it. ID: Huma's id of it."""


@organizations.command()
@ID
@JSON
@click.pass_obj
def show(wiring: Wiring, organization: str, *, as_json: bool) -> None:
    """Show an organisation's connections, people in numbers, what waits, its Huma and its key."""
    one = wiring.organization(organization)
    emit(_document(one), _lines(one), as_json=as_json)


@organizations.command()
@ID
@WHY
@EXECUTE
@JSON
@click.pass_obj
def erase(
    wiring: Wiring, organization: str, reason: Personal[str], *, execute: bool, as_json: bool
) -> None:
    """Remove an organisation's connections, erase all of its people, and destroy its data key.

    Nothing of it is left but the audit. A backup taken before still holds the key, wrapped by its
    master key: it is unreadable once `keys rotate` was done and the old master key is destroyed.

    Example: huma-xledger organizations erase 9b2e0c1a-0000-4000-8000-000000000001
    --reason "contract ended"
    """
    one = wiring.organization(organization)
    document = {**_document(one), "erased": execute}
    if not execute:
        click.echo(PLAN, err=True)
        emit(document, ["would erase:", *_lines(one)], as_json=as_json)
        return
    document["ended"] = ended = wiring.erase_organization(organization, reason)
    click.echo(
        "backups taken before still open with their master key, and what Kafka holds runs out with "
        "the topics: docs/privacy.md says what to do",
        err=True,
    )
    emit(
        document,
        [f"erased {organization}; {ended:,} waiting events were skipped; its data key is gone"],
        as_json=as_json,
    )


def _document(one: ShownOrganization) -> dict[str, Any]:
    return {
        "id": one.id,
        "connections": [
            {
                "id": shown.connection.id,
                "name": shown.connection.name,
                "active": shown.connection.activated_at is not None,
                "state": shown.state.value,
                "reason": shown.reason,
            }
            for shown in one.connections
        ],
        "people": dict(one.people),
        "open_fields": one.open_fields,
        "waiting_events": one.waiting_events,
        "oldest_waiting": _time(one.oldest_waiting),
        "letters": one.letters,
        "huma": {"state": one.huma_state, "since": _time(one.huma_since)},
        "key": {"master_key": one.master_key, "made_at": _time(one.key_made_at)},
    }


def _lines(one: ShownOrganization) -> list[str]:
    lines = [
        f"connection {shown.connection.id}: {shown.state.value}"
        + (f" ({shown.reason})" if shown.reason else "")
        + ("" if shown.connection.activated_at else ", not active")
        + f"  {shown.connection.name}"
        for shown in one.connections
    ]
    since, oldest = _time(one.huma_since), _time(one.oldest_waiting)
    return [
        *(lines or ["no connection"]),
        "people: " + ", ".join(f"{count:,} {what}" for what, count in one.people.items()),
        f"fields that wait to be sent: {one.open_fields:,}",
        f"events that wait for their end: {one.waiting_events:,}"
        + (f", the oldest since {oldest}" if oldest else ""),
        f"letters on their way to Kafka: {one.letters:,}",
        f"Huma: {one.huma_state}" + (f" since {since}" if since else ""),
        f"data key: made {_time(one.key_made_at)}, wrapped by master key {one.master_key}",
    ]


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
