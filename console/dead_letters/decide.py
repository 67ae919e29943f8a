"""`dead-letters park` and `ignore`: what somebody decides about letters, after a plan (R-89)."""

from dataclasses import replace
from typing import Any

import click

from console.dead_letters.selection import selected
from console.output import JSON, emit
from console.people.erase import EXECUTE, PLAN
from console.people.whom import WHY
from console.wiring import Wiring
from processors.ports.desk import Group, decidable
from schemas.desk import LetterState, Selection
from schemas.personal import Personal

VERBS = {LetterState.PARKED: ("park", "parked"), LetterState.IGNORED: ("ignore", "ignored")}


@click.command()
@selected
@WHY
@EXECUTE
@JSON
@click.pass_obj
def park(
    wiring: Wiring, selection: Selection, reason: Personal[str], *, execute: bool, as_json: bool
) -> None:
    """Set open letters aside, so that a replay of what is open leaves them out.

    They still wait to be mended: what closes a letter by itself closes a parked one, too. Replay it
    with --state parked.

    Example: huma-xledger dead-letters park --code "unsupported bank account" --reason "case 17"
    """
    _decide(wiring, selection, LetterState.PARKED, reason, execute=execute, as_json=as_json)


@click.command()
@selected
@WHY
@EXECUTE
@JSON
@click.pass_obj
def ignore(
    wiring: Wiring, selection: Selection, reason: Personal[str], *, execute: bool, as_json: bool
) -> None:
    """Close open or parked letters of which nothing more is to be done; Xledger's words go.

    A replay opens one again only if it fails. One whose replay was lost (intake was set past its
    request) is ignored with --state retrying; replay it with --state ignored, then.

    Example: huma-xledger dead-letters ignore --id 3f2a9c --reason "left before it mattered"
    """
    _decide(wiring, selection, LetterState.IGNORED, reason, execute=execute, as_json=as_json)


def _decide(
    wiring: Wiring,
    selection: Selection,
    to: LetterState,
    reason: Personal[str],
    *,
    execute: bool,
    as_json: bool,
) -> None:
    if selection == Selection():
        raise click.UsageError(
            "say which letters: --id, --code, --connection …; all that are open: --state open"
        )
    meant, others = _meant(wiring, selection, to)
    document: dict[str, Any] = {
        "to": to.value,
        "letters": sum(meant.values()),
        "by_code": [{"code": code, "letters": many} for code, many in meant.items()],
        "left_out": others,
        "done": execute,
    }
    verb, done = VERBS[to]
    lines = [f"{many:>7,}  {code}" for code, many in meant.items()]
    lines += [f"{many:>7,}  left out: {state}" for state, many in others.items()]
    if not meant:
        emit(document, [f"no letter to {verb} is meant by this", *lines], as_json=as_json)
        return
    if not execute:
        click.echo(PLAN, err=True)
        emit(document, [f"would {verb}:", *lines], as_json=as_json)
        return
    document["letters"] = count = wiring.decide(selection, to, reason)
    emit(document, [f"{done}: {count:,}", *lines], as_json=as_json)


def _meant(
    wiring: Wiring, selection: Selection, to: LetterState
) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many letters are meant, by code, and how many others there are, by state."""
    every = replace(selection, states=selection.states or tuple(LetterState))
    mine = decidable(selection, to)
    meant: dict[str, int] = {}
    others: dict[str, int] = {}
    for one in wiring.desk.counts(every, [Group.CODE, Group.STATE]):
        code, state = map(str, one.values)
        where, key = (meant, code) if LetterState(state) in mine else (others, state)
        where[key] = where.get(key, 0) + one.letters
    return meant, others
