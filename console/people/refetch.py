"""`people refetch`: read somebody from Huma now; the way out of a wrong revision (R-97)."""

import click

from console.output import JSON, emit
from console.people.erase import EXECUTE, PLAN
from console.people.whom import USER, WHY, Named
from console.wiring import Changed, Wiring
from schemas.personal import Personal


@click.command()
@USER
@click.option(
    "--reset-versions", "reset", is_flag=True,
    help="Replace everything by what Huma says, at version 0; needs --execute.",
)  # fmt: skip
@WHY
@EXECUTE
@JSON
@click.pass_obj
def refetch(
    wiring: Wiring,
    user: Named,
    reason: Personal[str],
    *,
    reset: bool,
    execute: bool,
    as_json: bool,
) -> None:
    """Read a person from Huma's API now, and fill what no event has told; nothing is sent by it.

    With --reset-versions Huma's answer replaces all values, so that the next event is newer
    whatever its revision: the way out of a revision that was wrong. Without --execute it then
    shows what differs, by name.

    Example: huma-xledger people refetch 9b2e0c1a-0000-4000-8000-0000000000aa --reason "case 17"
    """
    if execute and not reset:
        raise click.UsageError("--execute is for --reset-versions: without it a refetch only fills")
    person = wiring.person(user.user, user.organization)
    done = execute or not reset
    changed = wiring.refetch(person, reason, reset=reset) if done else wiring.compared(person)
    if not done:
        click.echo(PLAN, err=True)
    elif changed:
        click.echo(
            f"next: huma-xledger people resend {person.organization}:{person.user} --reason …",
            err=True,
        )
    emit(
        {
            "organization": person.organization,
            "user": person.user,
            "fields": list(changed.fields),
            "positions": list(changed.positions),
            "state": list(changed.state),
            "reset": reset,
            "done": done,
        },
        _lines(changed, "would replace" if not done else "replaced" if reset else "filled"),
        as_json=as_json,
    )


def _lines(changed: Changed, verb: str) -> list[str]:
    named = [
        f"{verb} {what}: {', '.join(names)}"
        for what, names in (
            ("fields", changed.fields),
            ("positions", changed.positions),
            ("state", changed.state),
        )
        if names
    ]
    return named or ["nothing differs"]
