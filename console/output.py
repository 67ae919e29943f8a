"""How commands print: lines for people, one JSON document for programs."""

import json
from collections.abc import Sequence
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def emit(document: Any, lines: Sequence[str], *, as_json: bool) -> None:
    """Print the result on standard output.

    Args:
        document: for programs; anything JSON can hold.
        lines: for people, the same facts.
        as_json: which of the two.
    """
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, default=str))
        return
    for line in lines:
        click.echo(line)
