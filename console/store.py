"""`store migrate|version`: the schema."""

import click

from console.output import JSON, emit
from console.wiring import Wiring


@click.group()
def store() -> None:
    """Bring the store's schema up to date."""


@store.command()
@JSON
@click.pass_obj
def migrate(wiring: Wiring, *, as_json: bool) -> None:
    """Apply every migration that is missing; repeating it changes nothing."""
    version = wiring.migrate()
    emit({"version": version}, [f"the store is at {version}"], as_json=as_json)


@store.command()
@JSON
@click.pass_obj
def version(wiring: Wiring, *, as_json: bool) -> None:
    """Show which migration the store is at; exit code 2 when that is not this program's."""
    here, wanted = wiring.store_version()
    emit({"version": here, "wanted": wanted}, [f"{here} (wanted: {wanted})"], as_json=as_json)
    if here != wanted:
        raise click.exceptions.Exit(2)
