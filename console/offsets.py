"""`offsets show|set`: where intake's reading goes on."""

import click

from console.output import JSON, emit
from console.wiring import Wiring


@click.group()
def offsets() -> None:
    """Show and set the stored offsets; Kafka's own serve lag tools only."""


GROUP = click.option(
    "--group", type=click.Choice(["intake"]), default="intake", help="Whose reading."
)


@offsets.command()
@GROUP
@JSON
@click.pass_obj
def show(wiring: Wiring, group: str, *, as_json: bool) -> None:
    """Show each partition's stored offset beside what the topic holds."""
    rows = wiring.offsets(group)
    lines = [
        f"{row['topic']}/{row['partition']}: next {row['next']}, "
        f"holds {row['first']} to {row['end']}"
        for row in rows
    ]
    emit(rows, lines or ["nothing has been read yet"], as_json=as_json)


@offsets.command("set")
@GROUP
@click.option("--to", required=True, metavar="N|earliest|latest|TIME", help="Where to go on.")
@click.option("--topic", help="Only this topic.")
@click.option("--partition", type=click.IntRange(0), help="Only this partition; needs --topic.")
@click.option("--execute", is_flag=True, help="Do it; without it the plan is shown.")
@JSON
@click.pass_obj
def set_(
    wiring: Wiring,
    group: str,
    to: str,
    topic: str | None,
    partition: int | None,
    *,
    execute: bool,
    as_json: bool,
) -> None:
    """Plan to move the stored offsets, and with --execute do it; running intake follows live."""
    moves = wiring.move_offsets(group, to, topic, partition, execute=execute)
    lines = [
        f"{move['topic']}/{move['partition']}: {move['from']} to {move['to']}" for move in moves
    ]
    if not execute:
        click.echo("a plan only: repeat with --execute to do it", err=True)
    emit(moves, lines or ["nothing to move"], as_json=as_json)
