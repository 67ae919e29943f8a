"""`events publish|validate`: a file of events, one JSON event a line (structured mode)."""

from pathlib import Path

import click

from console.output import JSON, emit
from console.wiring import Wiring

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def events() -> None:
    """Publish events, or check them against the contract."""


@events.command()
@FILE
@JSON
@click.pass_obj
def publish(wiring: Wiring, file: Path, *, as_json: bool) -> None:
    """Publish each line of FILE to the source topic, keyed by its person."""
    count = wiring.publish(file.read_bytes().splitlines())
    emit({"published": count}, [f"published {count:,} events"], as_json=as_json)


@events.command()
@FILE
@JSON
@click.pass_obj
def validate(wiring: Wiring, file: Path, *, as_json: bool) -> None:
    """Check each line of FILE; exit code 2 when one is no event of the contract."""
    wrong = wiring.validate(file.read_bytes().splitlines())
    lines = [f"line {number}: {why}" for number, why in wrong] or ["every line is an event"]
    document = [{"line": number, "why": why} for number, why in wrong]
    emit({"wrong": document}, lines, as_json=as_json)
    if wrong:
        raise click.exceptions.Exit(2)
