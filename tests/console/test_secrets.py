"""Secrets come from files or standard input, and are never printed."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from console.secrets import client_of, one_stdin, token_of
from schemas.errors import StopProcess

CANARY = "canary-7c1f-secret"


def test_a_token_is_read_without_its_line_end(tmp_path: Path) -> None:
    """An editor's last line break is no part of it; its type does not print it."""
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n")
    token = token_of(str(file))
    assert token.reveal() == CANARY
    assert CANARY not in repr(token)
    assert CANARY not in f"{token}"


def test_a_secret_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is standard input."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(CANARY.encode())))
    assert token_of("-").reveal() == CANARY


def test_only_one_secret_comes_from_standard_input() -> None:
    """Two would read each other's bytes."""
    one_stdin("-", "file")
    with pytest.raises(click.UsageError, match="standard input"):
        one_stdin("-", "-")


def test_a_client_is_a_json_object(tmp_path: Path) -> None:
    """Huma's client id and secret stand in one file."""
    file = tmp_path / "client.json"
    file.write_text(f'{{"client_id": "id", "client_secret": "{CANARY}"}}')
    client_id, secret = client_of(str(file))
    assert (client_id.reveal(), secret.reveal()) == ("id", CANARY)


@pytest.mark.rule("R-103")
@pytest.mark.parametrize(
    "content",
    [
        CANARY,
        f'["{CANARY}"]',
        f'{{"client_id": "{CANARY}"}}',
        f'{{"client_id": 1, "client_secret": "{CANARY}"}}',
        f'{{"client_id": "", "client_secret": "{CANARY}"}}',
    ],
)
def test_a_wrong_client_file_is_told_without_its_content(tmp_path: Path, content: str) -> None:
    """The sentence names the file and the form that it must have."""
    file = tmp_path / "client.json"
    file.write_text(content)
    with pytest.raises(StopProcess, match="must hold") as stopped:
        client_of(str(file))
    assert CANARY not in str(stopped.value)
    assert stopped.value.__cause__ is None


@pytest.mark.parametrize("content", [b"", b"\n ", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_holds_no_token_is_named(tmp_path: Path, content: bytes) -> None:
    """Empty, not text, or far too long."""
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(StopProcess, match=str(file)):
        token_of(str(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """One sentence, no traceback."""
    with pytest.raises(StopProcess, match="nowhere cannot be read"):
        token_of(str(tmp_path / "nowhere"))
