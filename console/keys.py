"""`keys create|show|rotate`: the master key, which wraps each organisation's data key (R-108)."""

from pathlib import Path

import click

from console.output import JSON, emit
from console.people.erase import EXECUTE, PLAN
from console.wiring import Wiring


@click.group()
def keys() -> None:
    """The master key, which wraps each organisation's data key."""


@keys.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@JSON
@click.pass_obj
def create(wiring: Wiring, file: Path, *, as_json: bool) -> None:
    """Write a new master key to FILE, which must not exist, readable by its owner only."""
    wiring.create_master_key(file)
    click.echo("keep a copy apart from the store's backups", err=True)
    emit({"file": str(file)}, [f"wrote {file}"], as_json=as_json)


@keys.command()
@JSON
@click.pass_obj
def show(wiring: Wiring, *, as_json: bool) -> None:
    """Show which master keys the store needs, by their ids; exit code 2 when one is not here."""
    found = wiring.master_keys()
    document = [
        {"master_key": one.id, "data_keys": one.data_keys, "held": one.held} for one in found
    ]
    lines = [
        f"{one.id}  wraps {one.data_keys:,} data keys"
        + ("" if one.held else "; MASTER_KEY_FILE does not hold it")
        for one in found
    ]
    emit(document, lines, as_json=as_json)
    if not all(one.held for one in found):
        raise click.exceptions.Exit(2)


@keys.command()
@click.option(
    "--new-key-file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File whose first key takes over, as `keys create` writes it.",
)
@EXECUTE
@JSON
@click.pass_obj
def rotate(wiring: Wiring, new_key_file: Path, *, execute: bool, as_json: bool) -> None:
    """Wrap every data key with another master key, in one transaction; no value is sealed anew.

    Roles that are to go on meanwhile are first restarted with a MASTER_KEY_FILE that holds both
    keys, the old one in the first line. Afterwards MASTER_KEY_FILE is the new file, and the roles
    are restarted. Destroying the old key then makes every backup unreadable that was taken before.

    Example: huma-xledger keys rotate --new-key-file new.key
    """
    key, count = wiring.rotate(new_key_file, execute=execute)
    document = {"master_key": key, "data_keys": count, "rotated": execute}
    if not execute:
        click.echo(PLAN, err=True)
        emit(document, [f"would wrap {count:,} data keys with {key}"], as_json=as_json)
        return
    click.echo(
        f"next: set HUMA_XLEDGER_MASTER_KEY_FILE to {new_key_file} and restart every role; then "
        "`keys show` must name this key only, before the old one is destroyed",
        err=True,
    )
    emit(document, [f"wrapped {count:,} data keys with {key}"], as_json=as_json)
