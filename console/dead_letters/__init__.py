"""`dead-letters`: the operator's desk. What failed, why, and what to do about it (R-89 to R-92)."""

import click

from console.dead_letters.decide import ignore, park
from console.dead_letters.export import export
from console.dead_letters.forecast import forecast
from console.dead_letters.list import list_
from console.dead_letters.replay import replay
from console.dead_letters.show import show


@click.group("dead-letters")
def dead_letters() -> None:
    """See what failed, mend the cause, and send it again: the operator's desk."""


for command in (list_, show, forecast, replay, park, ignore, export):
    dead_letters.add_command(command)
