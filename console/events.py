"""`events publish|validate`: a file of events, one JSON event a line (structured mode)."""

from pathlib import Path

import click

from console.output import JSON, emit
from console.wiring import Wiring
from schemas.about import BadEvent
from schemas.events import Event
from schemas.key import key_of
from schemas.reading import Reading, read
from schemas.topics import EVENTS

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
HEADERS = (("content-type", b"application/cloudevents+json"),)


@click.group()
def events() -> None:
    """Publish events, or check them against the contract."""


@events.command()
@FILE
@JSON
@click.pass_obj
def publish(wiring: Wiring, file: Path, *, as_json: bool) -> None:
    """Publish each line of FILE to the source topic, keyed by its person.

    Nothing is published unless every line is an event of the contract.
    """
    found, wrong = _read(wiring, file)
    if wrong:
        _complain(wrong, as_json=as_json)
    count = wiring.publish(found)
    emit({"published": count}, [f"published {count:,} events"], as_json=as_json)


@events.command()
@FILE
@JSON
@click.pass_obj
def validate(wiring: Wiring, file: Path, *, as_json: bool) -> None:
    """Check each line of FILE; exit code 2 when one is no event of the contract."""
    _, wrong = _read(wiring, file)
    if wrong:
        _complain(wrong, as_json=as_json)
    emit({"wrong": []}, ["every line is an event"], as_json=as_json)


def _read(wiring: Wiring, file: Path) -> tuple[list[tuple[bytes, bytes]], list[tuple[int, str]]]:
    """Return the events as key and value, and what is wrong with which line."""
    given = wiring.settings.intake
    reading = Reading(EVENTS.ours, given.max_value_kib * 1024, given.future, given.version_from)
    found: list[tuple[bytes, bytes]] = []
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            event = read(None, line, HEADERS, None, reading)
        except BadEvent as bad:
            wrong.append((number, str(bad)))
            continue
        if isinstance(event, Event):
            found.append((key_of(event.organization, event.user), line))
        else:
            wrong.append((number, "not an event of a person"))
    return found, wrong


def _complain(wrong: list[tuple[int, str]], *, as_json: bool) -> None:
    lines = [f"line {number}: {why}" for number, why in wrong]
    emit({"wrong": [{"line": n, "why": why} for n, why in wrong]}, lines, as_json=as_json)
    raise click.exceptions.Exit(2)
