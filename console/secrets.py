"""Secrets as commands take them: from a file, or `-` for standard input; never as an argument."""

import json
import sys
from pathlib import Path
from typing import Final

import click

from schemas.errors import StopProcess
from schemas.personal import Personal

STDIN: Final = "-"
LONGEST: Final = 64 * 1024
"""Bytes; a longer file is no secret."""


def token_of(file: str) -> Personal[str]:
    """Return the token in a file.

    Raises:
        StopProcess: the file cannot be read, or holds none.
    """
    token = _text(file, "token").strip()
    if not token:
        raise StopProcess(f"the token's file {file} is empty")
    return Personal(token)


def client_of(file: str) -> tuple[Personal[str], Personal[str]]:
    """Return Huma's client id and secret: a JSON object `{"client_id", "client_secret"}`.

    Raises:
        StopProcess: the file cannot be read, or is not that.
    """
    try:
        document = json.loads(_text(file, "client"))
    except ValueError:
        document = None
    if isinstance(document, dict):
        id_, secret = document.get("client_id"), document.get("client_secret")
        if isinstance(id_, str) and isinstance(secret, str) and id_ and secret:
            return Personal(id_), Personal(secret)
    raise StopProcess(
        f'the client\'s file {file} must hold {{"client_id": "…", "client_secret": "…"}}'
    )


def one_stdin(*files: str) -> None:
    """Refuse two secrets from one standard input."""
    if files.count(STDIN) > 1:
        raise click.UsageError("only one secret can come from standard input")


def _text(file: str, what: str) -> str:
    try:
        raw = (
            sys.stdin.buffer.read(LONGEST + 1)
            if file == STDIN
            else Path(file).read_bytes()[: LONGEST + 1]
        )
        if len(raw) <= LONGEST:
            return raw.decode()
    except (OSError, UnicodeError):
        pass
    raise StopProcess(f"the {what}'s file {file} cannot be read")
