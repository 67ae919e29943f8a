"""`dead-letters`: the operator's desk. What failed, why, and what to do about it (R-89 to R-92)."""

import click


@click.group("dead-letters")
def dead_letters() -> None:
    """See what failed, mend the cause, and send it again: the operator's desk."""
