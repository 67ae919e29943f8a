"""`topics plan|apply`: compare the cluster's topics with those declared, and bring them about."""

import click

from console.output import JSON, emit
from console.wiring import Wiring


@click.group()
def topics() -> None:
    """Plan and apply the four topics (docs/topics.md)."""


@topics.command()
@JSON
@click.pass_obj
def plan(wiring: Wiring, *, as_json: bool) -> None:
    """Show what `apply` would do; exit code 2 when that is anything."""
    steps = wiring.topic_plan()
    emit({"steps": steps}, steps or ["topics are as declared"], as_json=as_json)
    if steps:
        raise click.exceptions.Exit(2)


@topics.command("apply")
@JSON
@click.pass_obj
def apply_(wiring: Wiring, *, as_json: bool) -> None:
    """Create what is missing and correct what differs; never removes anything."""
    done = wiring.apply_topics()
    emit({"done": done}, done or ["nothing to do"], as_json=as_json)
