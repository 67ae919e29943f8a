"""`dead-letters replay`: a plan first, and with --execute letters are sent again (R-91)."""

from typing import Any

import click

from console.dead_letters.forecast import document, lines
from console.dead_letters.progress import sentence_of, shown
from console.dead_letters.selection import selected
from console.output import JSON, emit
from console.people.whom import WHY
from console.wiring import Wanted, Wiring
from processors.ports.replay import Progress
from schemas.desk import Selection
from schemas.personal import Personal

PLAN_ONLY = "a plan only: repeat with --execute to do it"


@click.command()
@selected
@WHY
@click.option("--execute", is_flag=True, help="Do it; without it the plan is shown.")
@click.option(
    "--canary",
    type=click.IntRange(0, 500),
    metavar="N",
    help="Letters that must end well first; default: REPLAY__CANARY.",
)
@click.option(
    "--share",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help="Of what a connection can take; default: REPLAY__SHARE.",
)
@click.option(
    "--stop-at",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Stop when more of those that ended failed; default: REPLAY__STOP_AT.",
)
@click.option(
    "--resume", metavar="RUN", help="Go on with a run that stopped, instead of a selection."
)
@JSON
@click.pass_obj
def replay(
    wiring: Wiring,
    selection: Selection,
    reason: Personal[str],
    canary: int | None,
    share: int | None,
    stop_at: int | None,
    resume: str | None,
    *,
    execute: bool,
    as_json: bool,
) -> None:
    """Plan to send letters again, and with --execute do it: a few first, then at a limited rate.

    Of open letters, unless --state says otherwise. What is sent is the current value, judged anew.
    A run that was stopped or killed goes on with --resume; no letter of it is sent twice.

    Example: huma-xledger dead-letters replay --code "refused by Xledger" --reason "rights are
    back" --execute
    """  # fmt: skip
    if resume is not None:
        if selection != Selection() or any(one is not None for one in (canary, share, stop_at)):
            raise click.UsageError("--resume goes on with a run as it was planned: give it alone")
        if not execute:
            click.echo(PLAN_ONLY, err=True)
            _emit(resume, wiring.replay_progress(resume), as_json=as_json)
            return
        run = resume
    else:
        judged = wiring.foretell(selection)
        sent = wiring.to_send(judged)
        if not execute or not sent:
            if sent:
                click.echo(PLAN_ONLY, err=True)
            emit(document(judged), lines(judged), as_json=as_json)
            return
        for line in lines(judged):
            click.echo(line, err=True)
        wanted = Wanted(reason, canary, share, stop_at)
        run = wiring.plan_replay(selection, judged, wanted)
    click.echo(f"replay {run}: should it stop, go on with --resume {run}", err=True)
    with shown() as shows:
        progress = wiring.execute_replay(run, reason, shows.show, shows.say)
    _emit(run, progress, as_json=as_json)


def _emit(run: str, progress: Progress, *, as_json: bool) -> None:
    ended: list[dict[str, Any]] = [
        {"result": result, "code": code, "letters": many}
        for (result, code), many in sorted(progress.ended.items(), key=str)
    ]
    emit(
        {
            "run": run,
            "letters": progress.letters,
            "to_be_sent": progress.unsent,
            "under_way": progress.waits_for,
            "not_sent": progress.refused,
            "ended": ended,
        },
        [
            f"replay {run}: {sentence_of(progress)}",
            *(
                f"  {one['letters']:>7,}  {one['result']}"
                + (f" ({one['code']})" if one["code"] else "")
                for one in ended
            ),
        ],
        as_json=as_json,
    )
