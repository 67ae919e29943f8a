"""`people show`: one person's state, what waits or failed and why, what Xledger confirmed."""

import click

from console.output import JSON, emit
from console.people.show_lines import lines_of
from console.people.values import VALUES, require_reason, revealed
from console.people.whom import REASON, USER, Named
from console.wiring import Wiring
from processors.people.shown import shown, values_in
from schemas.personal import Personal

CONNECTION = click.option("--connection", metavar="ID", help="Only this connection.")


@click.command()
@USER
@CONNECTION
@click.option(
    "--history", type=click.IntRange(0, 1000), default=20, show_default=True,
    help="Rows of the audit, the newest first.",
)  # fmt: skip
@VALUES
@REASON
@JSON
@click.pass_obj
def show(
    wiring: Wiring,
    user: Named,
    connection: str | None,
    history: int,
    reason: Personal[str] | None,
    *,
    values: bool,
    as_json: bool,
) -> None:
    """Show who somebody is here, what waits or failed and why, what Xledger has, their positions.

    Example: huma-xledger people show 9b2e0c1a-0000-4000-8000-0000000000aa
    """
    require_reason(reason, values=values)
    person = wiring.person(user.user, user.organization)
    seen = wiring.look(person, connection, history, ())
    document = shown(seen, wiring.settings.delivery.attempts, values=values)
    if reason is not None and (fields := values_in(document)):
        wiring.values_shown(person, connection, fields, reason)
    document = revealed(document)
    emit(document, lines_of(document), as_json=as_json)
