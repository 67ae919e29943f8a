"""`offsets show|set`: where the reading of intake, or of watch, goes on."""

import click

from console.output import JSON, emit
from console.wiring import Wiring


@click.group()
def offsets() -> None:
    """Show and set offsets: intake's in the store, watch's in Kafka."""


GROUP = click.option(
    "--group", type=click.Choice(["intake", "watch"]), default="intake", help="Whose reading."
)


@offsets.command()
@GROUP
@JSON
@click.pass_obj
def show(wiring: Wiring, group: str, *, as_json: bool) -> None:
    """Show where each partition goes on, beside what the topic holds."""
    found = wiring.offsets(group)
    rows = [
        {
            "group": group,
            "topic": one.place.topic,
            "partition": one.place.partition,
            "next": one.next,
            "first": one.first,
            "end": one.end,
        }
        for one in found
    ]
    lines = [
        f"{one.place.topic}/{one.place.partition}: next "
        f"{'not begun' if one.next is None else one.next}, holds {one.first} to {one.end}"
        for one in found
    ]
    emit(rows, lines or ["there are no topics yet: run `topics apply`"], as_json=as_json)


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
    """Plan to move offsets, and with --execute do it.

    Running intake follows live; of watch nobody may be running, and reading again changes nothing
    that is stored.
    """
    moves = wiring.move_offsets(group, to, topic, partition, execute=execute)
    rows = [
        {
            "group": group,
            "topic": one.place.topic,
            "partition": one.place.partition,
            "from": one.from_,
            "to": one.to,
        }
        for one in moves
    ]
    lines = [
        f"{one.place.topic}/{one.place.partition}: "
        f"{'not begun' if one.from_ is None else one.from_} to {one.to}"
        for one in moves
    ]
    if not execute:
        click.echo("a plan only: repeat with --execute to do it", err=True)
    emit(rows, lines or ["nothing to move"], as_json=as_json)
