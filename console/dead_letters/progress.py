"""How a replay is getting on: a bar on a terminal, else a line when something changed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from processors.ports.replay import Progress
from processors.replay.run import failures_of


class Shows(Protocol):
    """What shows a replay."""

    def show(self, progress: Progress) -> None:
        """Show how it is getting on."""
        ...

    def say(self, sentence: str) -> None:
        """Say what a human should read."""
        ...


class Plain:
    """Lines on standard error, for logs and pipes."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, progress: Progress) -> None:
        """See `Shows`."""
        line = sentence_of(progress)
        if line != self._last:
            self._last = line
            self.say(line)

    def say(self, sentence: str) -> None:
        """See `Shows`."""
        click.echo(sentence, err=True)


class Drawn:
    """A bar on standard error; sentences stand above it."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("replay", total=None, says="")

    def show(self, progress: Progress) -> None:
        """See `Shows`."""
        done = progress.letters - progress.unsent - progress.waits_for
        self._bar.update(
            self._task, total=progress.letters, completed=done, says=sentence_of(progress)
        )

    def say(self, sentence: str) -> None:
        """See `Shows`."""
        self._bar.console.print(sentence, markup=False, highlight=False)


@contextmanager
def shown() -> Iterator[Shows]:
    """Show a replay until it ends."""
    if not sys.stderr.isatty():
        yield Plain()
        return
    columns = (
        BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[says]}", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True)) as bar:
        yield Drawn(bar)


def sentence_of(progress: Progress) -> str:
    """Say how a replay is getting on."""
    failed = failures_of(progress)
    return (
        f"{progress.settled:,} ended, {failed:,} of them not well; {progress.waits_for:,} under "
        f"way, {progress.unsent:,} to be sent, {progress.refused:,} not sent"
    )
