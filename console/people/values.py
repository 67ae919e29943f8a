"""Personal values on the terminal: only when asked for, with a reason, after the audit (R-103)."""

from typing import Any

import click

from schemas.personal import Personal

VALUES = click.option(
    "--values", is_flag=True, help="Show personal values too; needs --reason, and is audited."
)


def require_reason(reason: Personal[str] | None, *, values: bool) -> None:
    """Refuse values without a reason, and a reason without values."""
    if values and reason is None:
        raise click.UsageError("--values needs --reason: say why you look, for the audit")
    if reason is not None and not values:
        raise click.UsageError("--reason is for --values: without it no value is shown")


def revealed(document: Any) -> Any:
    """Return a document with the values in place of what hides them; for printing only.

    >>> revealed({"value": [Personal("x")]})
    {'value': ['x']}
    """
    if isinstance(document, Personal):
        return document.reveal()
    if isinstance(document, dict):
        return {name: revealed(part) for name, part in document.items()}
    if isinstance(document, list):
        return [revealed(part) for part in document]
    return document
