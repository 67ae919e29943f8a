"""`dead-letters forecast`: what a replay of letters would come to, without sending anything."""

from collections.abc import Sequence
from typing import Any

import click

from console.dead_letters.selection import selected
from console.output import JSON, emit
from console.wiring import Wiring
from processors.ports.replay import Sending
from processors.replay.foretelling import Judged
from processors.replay.plan import Kind, kinds
from schemas.desk import Selection

NONE_MEANT = "no letter is meant by this: see `dead-letters list`"


@click.command()
@selected
@JSON
@click.pass_obj
def forecast(wiring: Wiring, selection: Selection, *, as_json: bool) -> None:
    """Say what sending letters again would come to now; Xledger is not asked (R-91).

    Of open letters, unless --state says otherwise.

    Example: huma-xledger dead-letters forecast --code "refused by Xledger" --since 2h
    """
    judged = wiring.foretell(selection)
    emit(document(judged), lines(judged), as_json=as_json)


def document(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return a forecast for programs."""
    return {
        "letters": len(judged),
        "sent": sum(kind.letters for kind in kinds(judged) if kind.sent),
        "without_bytes": sum(not one.whole for one in judged),
        "forecast": [
            {
                "forecast": kind.forecast.value,
                "why": kind.why or None,
                "letters": kind.letters,
                "sent": kind.sent,
                "examples": list(kind.examples),
            }
            for kind in kinds(judged)
        ],
    }


def lines(judged: Sequence[Judged]) -> list[str]:
    """Return a forecast for people."""
    if not judged:
        return [NONE_MEANT]
    found = kinds(judged)
    sent = sum(kind.letters for kind in found if kind.sent)
    return [
        f"{_letters(len(judged))}; a replay sends {sent:,} of them",
        *_without_bytes(judged),
        *(_line(kind) for kind in found),
    ]


def _without_bytes(judged: Sequence[Judged]) -> list[str]:
    """Say of how many letters the bytes are gone, and what is sent instead (R-90)."""
    gone = [one for one in judged if not one.whole]
    instead = sum(isinstance(one.way, Sending) for one in gone)
    if not gone:
        return []
    says = (
        f"the topic does not hold the bytes of {len(gone):,}; for {instead:,} of these a request "
        "for the current values of the same fields is sent instead"
    )
    return [says]


def _line(kind: Kind) -> str:
    why = f" ({kind.why})" if kind.why else ""
    examples = ", ".join(one[:12] for one in kind.examples)
    left = "" if kind.sent else "; not sent"
    return f"  {kind.letters:>7,}  {kind.forecast.value}{why}{left}: {examples}"


def _letters(many: int) -> str:
    return "1 letter" if many == 1 else f"{many:,} letters"
