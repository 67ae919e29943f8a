"""`people erase`: everything of one person at once; the tombstone that stays recognises nobody."""

from typing import Any

import click

from console.output import JSON, emit
from console.people.whom import USER, WHY, Named
from console.wiring import Wiring
from schemas.personal import Personal

EXECUTE = click.option("--execute", is_flag=True, help="Do it; without it the plan is shown.")
PLAN = "a plan only: repeat with --execute to do it"


@click.command()
@USER
@WHY
@EXECUTE
@JSON
@click.pass_obj
def erase(
    wiring: Wiring, user: Named, reason: Personal[str], *, execute: bool, as_json: bool
) -> None:
    """Erase what is stored of a person, and stop following them; Xledger and Huma keep theirs.

    Values, positions, what Xledger confirmed, waiting events and letters on their way go at once.
    Id and time stay for as long as a deleted person's: later events of that id are skipped.

    Example: huma-xledger people erase 9b2e0c1a-0000-4000-8000-0000000000aa --reason "case 17"
    """
    person = wiring.person(user.user, user.organization)
    held = wiring.held(person)
    document: dict[str, Any] = {
        "organization": person.organization,
        "user": person.user,
        "deleted": held.deleted,
        "connections": dict(held.links),
        "counts": dict(held.counts),
        "erased": execute,
    }
    lines = [f"{count:>7,}  {what}" for what, count in held.counts.items()]
    lines += [f"         {state} in connection {one}" for one, state in held.links.items()]
    if not execute:
        click.echo(PLAN, err=True)
        emit(document, ["would erase:", *lines], as_json=as_json)
        return
    document["ended"] = ended = wiring.erase_person(person, reason)
    click.echo("what Kafka holds of the person runs out with the topics: docs/privacy.md", err=True)
    lines.append(f"erased; {ended:,} waiting events were skipped as deleted")
    emit(document, lines, as_json=as_json)
