"""`store migrate|version`: the schema."""

import click

from console.output import JSON, emit
from console.wiring import Wiring


@click.group()
def store() -> None:
    """Bring the store's schema up to date."""


@store.command()
@click.option(
    "--grant-to",
    metavar="ROLE",
    help="PostgreSQL: give this role what the program needs, and no right to change the audit.",
)
@JSON
@click.pass_obj
def migrate(wiring: Wiring, grant_to: str | None, *, as_json: bool) -> None:
    """Apply every migration that is missing; repeating it changes nothing.

    On PostgreSQL the schema's owner runs it, and the roles of the program run as another one, which
    can add to the audit and not change it (R-104). Whoever was granted once is granted again with
    each later migration.

    Example: huma-xledger store migrate --grant-to huma_xledger
    """
    version = wiring.migrate(grant_to)
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
