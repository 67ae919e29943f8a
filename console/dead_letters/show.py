"""`dead-letters show`: what happened to one letter, why, what is now, and what to do about it."""

import click

from console.dead_letters.selection import LetterId
from console.dead_letters.show_lines import lines_of
from console.output import JSON, emit
from console.people.values import require_reason, revealed
from console.people.whom import REASON
from console.wiring import Wiring
from processors.desk.documents import zone_of
from processors.desk.shown import shown, values_in
from schemas.personal import Personal


@click.command()
@click.argument("letter", type=LetterId(), metavar="ID")
@click.option(
    "--values", is_flag=True,
    help="Show personal values of the fields that failed; needs --reason, and is audited.",
)  # fmt: skip
@REASON
@JSON
@click.pass_obj
def show(
    wiring: Wiring, letter: str, reason: Personal[str] | None, *, values: bool, as_json: bool
) -> None:
    """Show one letter: what happened in order, why, how its fields are now, and what to type next.

    ID is the letter's, or its beginning. Xledger's own words are shown with every value of the
    person replaced by its field's name.

    Example: huma-xledger dead-letters show 3f2a9c41b07d
    """
    require_reason(reason, values=values)
    seen, found, notes = wiring.look_at_letter(letter)
    document = shown(seen, found, wiring.settings.delivery.attempts, values=values)
    if reason is not None and values_in(document):
        wiring.letters_shown([seen.letter], reason)
    document = revealed(document)
    for note in notes:
        click.echo(note, err=True)
    emit(document, lines_of(document, zone_of([seen.letter], seen.connections)), as_json=as_json)
