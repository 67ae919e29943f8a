"""`huma-xledger`: every command, and the one place where an error becomes a sentence.

Exit codes: 0 done, 1 failed (one sentence on standard error says what to do), 2 wrong use, or a
difference found.
"""

import os
import sys
from typing import Final

import click

from console import (
    connections,
    events,
    keys,
    offsets,
    organizations,
    people,
    run,
    simulate,
    store,
    sync,
    topics,
)
from console.dead_letters import dead_letters
from console.wiring import Wiring
from schemas.errors import Fault

INTERRUPTED: Final = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="huma-xledger")
@click.pass_context
def commands(context: click.Context) -> None:
    """Carry changes to people in Huma to the right Xledger employees.

    Settings come from the environment, HUMA_XLEDGER_…: see docs/settings.md.
    """
    context.obj = wiring = Wiring(os.environ)
    context.call_on_close(wiring.close)


for group in (
    run.run,
    run.demo,
    topics.topics,
    store.store,
    keys.keys,
    connections.connections,
    sync.sync,
    people.people,
    dead_letters,
    organizations.organizations,
    offsets.offsets,
    events.events,
    simulate.simulate,
):
    commands.add_command(group)


def main() -> None:
    """Run the command line of this process, and leave with its exit code."""
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error of ours becomes one sentence."""
    try:
        code = commands.main(arguments, prog_name="huma-xledger", standalone_mode=False)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Fault as fault:
        click.echo(f"huma-xledger: {fault}", err=True)
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
