"""`python -m benchmarks [--only a,b] [--rounds N] [--scale S]`: measure, and print a table.

A whole run writes `docs/benchmarks.md` as well.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from benchmarks import delivery, durable, intake, letters, lone, turning
from benchmarks.figures import Figure
from benchmarks.ground import machine
from benchmarks.options import Options
from benchmarks.report import markdown, show
from connectors.broker import apache

ALL: Final[Mapping[str, Callable[[Options], list[Figure]]]] = {
    "a": intake.passed_by_key,
    "b": intake.decoded,
    "c": durable.accepted,
    "d": delivery.flood,
    "n": delivery.creations,
    "e": lone.lone,
    "f": turning.turning,
    "g": letters.letters,
}
DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"


@click.command()
@click.option("--only", help=f"Letters of figures, with commas: {', '.join(ALL)}.")
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option("--scale", type=click.FloatRange(0.001, 1), default=1.0, show_default=True)
def main(only: str | None, rounds: int, scale: float) -> None:
    """Measure what it costs, beside its peers, on Apache Kafka."""
    lacking = apache.missing()
    if lacking is not None:
        raise click.ClickException(
            f"the figures are taken on Apache Kafka, and {lacking} is not here"
        )
    letters = list(ALL) if only is None else only.split(",")
    unknown = [letter for letter in letters if letter not in ALL]
    if unknown:
        raise click.UsageError(f"no figure {', '.join(unknown)}; there are {', '.join(ALL)}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="huma-xledger-bench-") as folder:
        options = Options(Path(folder), rounds, scale)
        for letter in letters:
            click.echo(f"measuring ({letter})", err=True)
            figures += ALL[letter](options)
    show(figures, machine())
    if only is None and scale == 1:
        DOCUMENT.write_text(markdown(figures, machine(), datetime.now(UTC).date().isoformat()))


if __name__ == "__main__":
    sys.exit(main())
