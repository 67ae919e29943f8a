"""`run ROLE|all`: run a role until a signal ends it; `demo`: everything at once."""

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
import structlog

from console import roles
from console.crew import (
    Crew,
    Work,
    obey,
    once_possible,
    say_ready,
    spare_memory,
    spare_the_collector,
)
from console.gauges import desk_gauges, gauges
from console.wiring import Vitals, Wiring
from processors.watch.pulse import NOT_JOINED
from processors.watch.pulse import PART as PULSE
from schemas.errors import Fault, RetryLater

PARTS: Final[Mapping[str, Mapping[str, str | None]]] = {
    "intake": {"relay": None, "intake": None},
    "delivery": {"relay": None, "lanes": None, "sweep": None},
    "watch": {"relay": None, PULSE: NOT_JOINED},
}
"""What must beat, by role, and why it may not be ready when it begins."""
START_AGAIN: Final = 3
"""Exit code of a role that is to be started anew, and needs no human."""

log = structlog.get_logger()


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
    parts = PARTS[role]
    vitals = wiring.vitals(*parts)
    crew = Crew()
    obey(crew.stop, attached=attached)
    reporter = wiring.reporter(vitals)
    try:
        say_ready(role, reporter.port, wiring.settings.http.host)
        once_possible(wiring.require_parts, vitals, parts, crew.stop)
        if crew.stop.is_set():
            return
        main = _main_of(role, wiring, vitals, crew)
        crew.add("relay", wiring.relay(vitals).run)
        crew.add("gauges", gauges(wiring))
        crew.sail(main)
    except RetryLater as away:
        log.warning("role.gave_up", role=role, why=str(away))
        raise click.exceptions.Exit(START_AGAIN) from None
    except Fault:
        raise
    except Exception:  # noqa: BLE001 - nobody thought of it, and nobody is told what to do
        sys.excepthook(*sys.exc_info())
        raise click.exceptions.Exit(START_AGAIN) from None
    finally:
        reporter.close()


def _main_of(role: str, wiring: Wiring, vitals: Vitals, crew: Crew) -> Work:
    """Return the loop of this thread, and add those that only this role has."""
    if role == "intake":
        intake = wiring.intake(vitals).run
        spare_the_collector()
        return intake
    if role == "delivery":
        delivery = wiring.delivery(vitals).run
        crew.add("housekeeping", wiring.housekeeping().run)
        crew.add("sweep", wiring.sweep(vitals).run)
        crew.add("mail", wiring.mailing().run)
        return delivery
    agents = wiring.agents()
    crew.add("pulse", wiring.pulse(agents, vitals).run)
    crew.add("desk gauges", desk_gauges(wiring))
    return agents.run


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
    """Play a day, a flood, an evening and a midnight on this machine, and prove the result."""
    from console.demo.play import play  # noqa: PLC0415 - the demo alone needs the simulators

    holds = play(wiring, people, flood, seed, folder, keep=keep)
    raise click.exceptions.Exit(0 if holds else 1)
