"""What one sees while the demo plays: a live picture in a terminal, plain lines without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from console.demo.tally import Tally, percentiles

LINES_EVERY: Final = 5.0
"""Seconds between two plain lines of progress."""


class Picture(Protocol):
    """Somewhere to show how far things are."""

    def say(self, line: str) -> None:
        """Say something that stays."""
        ...

    def show(self, published: int, tally: Tally, requests: int) -> None:
        """Show the numbers of this moment."""
        ...


class Lines:
    """Plain lines: for logs, pipes and CI."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def show(self, published: int, tally: Tally, requests: int) -> None:
        """Print nothing: the lines of the chapters say enough."""


class Screen:
    """A panel at the bottom that changes in place; what is said scrolls above it."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def say(self, line: str) -> None:
        """Print a line above the panel."""
        self._live.console.print(line, highlight=False, markup=False)

    def show(self, published: int, tally: Tally, requests: int) -> None:
        """Draw the panel anew."""
        grid = Table.grid(padding=(0, 3))
        for _ in range(6):
            grid.add_column(justify="right")
        grid.add_row("changes in Huma", "ended", "applied", "waiting", "letters", "requests")
        grid.add_row(
            *(
                f"{number:,}"
                for number in (
                    published,
                    len(tally),
                    tally.count("applied"),
                    max(0, published - len(tally)),
                    tally.count("dead-lettered"),
                    requests,
                )
            )
        )
        times = percentiles((tally.flood or tally.day)[-200:])
        title = f"latest 200 applied: median {times[0]:.2f} s" if times else "huma-xledger"
        self._live.update(Panel(grid, title=title, expand=False))


@contextmanager
def picture() -> Iterator[Picture]:
    """Show things on standard output, in the way that fits it."""
    console = Console()
    if not console.is_terminal:
        yield Lines(console)
        return
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        yield Screen(live)
