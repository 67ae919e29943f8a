"""The figures as a table: for a terminal, and as `docs/benchmarks.md`."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figures import OURS, Figure

HEADS: Final = ("", "figure", "who", "median", "spread", "unit", "aim", "found")
SMALL: Final = 100
WIDTH: Final = 160
HOW: Final = (
    "Medians of the rounds, with the least and the greatest; each figure and its peers were "
    "measured in turn, in the same run. A figure's aim is compared with its median."
)


def show(figures: Iterable[Figure], machine: str) -> None:
    """Print the table."""
    table = Table(*HEADS)
    for row in _rows(figures):
        table.add_row(*row)
    console = Console(width=WIDTH)
    console.print(machine)
    console.print(table)


def markdown(figures: Iterable[Figure], machine: str, day: str) -> str:
    """Return the document."""
    lines = [
        "# Figures",
        "",
        f"Written by `make bench` on {day}: {machine}. {HOW}",
        "",
        f"| {' | '.join(HEADS)} |",
        f"|{' --- |' * len(HEADS)}",
        *(f"| {' | '.join(row)} |" for row in _rows(figures)),
    ]
    return "\n".join(lines) + "\n"


def _rows(figures: Iterable[Figure]) -> Iterable[Sequence[str]]:
    for figure in figures:
        for who, values in figure.rounds.items():
            ours = who == OURS
            aim, found = "", ""
            if ours and figure.aim is not None:
                value, reached = figure.aim.reached(figure)
                aim, found = figure.aim.says, f"{_number(value)} {'✓' if reached else '✗'}"
            yield (
                figure.letter if ours else "",
                figure.title if ours else "",
                who,
                _number(median(values)),
                f"{_number(min(values))} to {_number(max(values))}",
                figure.unit,
                aim,
                found,
            )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= SMALL else f"{value:.2f}"
