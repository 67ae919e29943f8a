"""`people`: one person, named by Huma's user id or by `<organization>:<user>`."""

import click


@click.group()
def people() -> None:
    """See one person's state, and act on it. USER: Huma's user id, or <organization>:<user>."""
