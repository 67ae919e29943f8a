"""`people resend`: ask that somebody is sent to Xledger again, by a request that intake reads."""

import click

from console.output import JSON, emit
from console.people.whom import USER, WHY, Named
from console.wiring import Wiring
from processors.fields import FIELDS
from schemas.personal import Personal

NAMES = tuple(field.value for field in FIELDS)


@click.command()
@USER
@click.option(
    "--field", "fields", multiple=True, type=click.Choice(NAMES), metavar="F",
    help="Only this field, by its name in Huma; several times for several.",
)  # fmt: skip
@click.option("--connection", metavar="ID", help="Only in this connection.")
@WHY
@JSON
@click.pass_obj
def resend(
    wiring: Wiring,
    user: Named,
    fields: tuple[str, ...],
    connection: str | None,
    reason: Personal[str],
    *,
    as_json: bool,
) -> None:
    """Send to Xledger again what differs of a person, or the fields that are named (R-112).

    What is sent is the current value, if it differs from what Xledger confirmed. The request goes
    by Kafka: look for its outcome on the outcomes topic, or with `people show`.

    Example: huma-xledger people resend 9b2e0c1a-0000-4000-8000-0000000000aa --field bankAccount
    --reason "letter of 23 November"
    """
    person = wiring.person(user.user, user.organization)
    outcomes, notes = wiring.resend(person, connection, fields, reason)
    for note in notes:
        click.echo(note, err=True)
    emit(
        {
            "organization": person.organization,
            "user": person.user,
            "fields": list(fields),
            "outcomes": [{"connection": one, "id": id_} for one, id_ in outcomes.items()],
            "notes": list(notes),
        },
        [f"asked; outcome {id_} in connection {one}" for one, id_ in outcomes.items()],
        as_json=as_json,
    )
