"""`run intake|delivery|all`: run a role until a signal ends it; `demo`: everything at once."""

import os
import threading
from pathlib import Path

import click

from console import roles
from console.crew import (
    Crew,
    gauges,
    obey,
    once_possible,
    say_ready,
    spare_memory,
    spare_the_collector,
)
from console.wiring import Wiring


@click.command()
@click.argument("role", type=click.Choice([*roles.ROLES, "all"]))
@click.option("--attached", is_flag=True, hidden=True, help="End when standard input ends.")
@click.pass_obj
def run(wiring: Wiring, role: str, *, attached: bool) -> None:
    """Run a role; `all` runs one child process each, and starts one again that dies."""
    wiring.log()
    if role == "all":
        stop = threading.Event()
        obey(stop, attached=attached)
        children = roles.children_of(os.environ, wiring.settings.http.port)
        raise click.exceptions.Exit(roles.run_all(children, stop))
    spare_memory()
    if role == "delivery":
        wiring.timer.keep_out()  # before any thread starts, which begins with this one's mask
    parts = ("relay", "intake") if role == "intake" else ("relay", "lanes", "sweep")
    vitals = wiring.vitals(*parts)
    crew = Crew()
    obey(crew.stop, attached=attached)
    reporter = wiring.reporter(vitals)
    try:
        say_ready(role, reporter.port, wiring.settings.http.host)
        once_possible(wiring.require_parts, vitals, parts, crew.stop)
        if crew.stop.is_set():
            return
        main = wiring.intake(vitals).run if role == "intake" else wiring.delivery(vitals).run
        crew.add("relay", wiring.relay(vitals).run)
        crew.add("gauges", gauges(wiring))
        if role == "delivery":
            crew.add("housekeeping", wiring.housekeeping().run)
            crew.add("sweep", wiring.sweep(vitals).run)
        if role == "intake":
            spare_the_collector()
        crew.sail(main)
    finally:
        reporter.close()


@click.command()
@click.option("--people", type=click.IntRange(50, 100_000), default=1200, show_default=True)
@click.option("--flood", type=click.IntRange(0, 1_000_000), default=20_000, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="The same story again.")
@click.option("--keep", is_flag=True, help="Leave everything running at the end.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to work; a temporary one when absent.",
)
@click.pass_obj
def demo(
    wiring: Wiring, people: int, flood: int, seed: int, folder: Path | None, *, keep: bool
) -> None:
    """Play a day, a flood and a midnight on this machine, and prove the result."""
    from console.demo.play import play  # noqa: PLC0415 - the demo alone needs the simulators

    holds = play(wiring, people, flood, seed, folder, keep=keep)
    raise click.exceptions.Exit(0 if holds else 1)
