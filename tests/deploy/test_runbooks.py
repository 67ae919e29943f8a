"""Runbooks: one an alert, and what they tell people to type works."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import pytest

from console.command import commands
from console.configuration import names_of
from console.documentation import ROOT, alerts
from console.documentation.commands import NAME
from schemas.metrics import ALL
from schemas.settings import PREFIX, Settings

BOOKS: Final = ROOT / "deploy" / "runbooks"
INDEX: Final = BOOKS / "README.md"
PAGES: Final = sorted(file for file in BOOKS.iterdir() if file != INDEX)
RULES: Final = {rule["alert"]: rule for group in alerts.groups() for rule in group.alerts}
HEADINGS: Final = ["Meaning", "Impact", "First", "Mend", "Wake"]
UUID: Final = "9b2e0c1a-0000-4000-8000-000000000001"
STAND_INS: Final = {
    "ORGANIZATION": UUID, "USER": UUID, "CONNECTION": UUID, "ID": "0123abcd", "RUN": "r1",
    "TIME": "2026-11-23T02:00:00+01:00",
}  # fmt: skip
"""What is typed for the words in capitals."""
LOOK: Final = re.compile(
    r"curl -s http://(INTAKE|DELIVERY|WATCH):9400/(metrics|health/live|health/ready)"
)
SHORT: Final = re.compile(
    r"`((?:connections|dead-letters|offsets|people|topics|store|keys) [^`]+)`"
)
"""Commands in running text, without the program's name."""


def name_of(path: Path) -> str:
    """Return how a page is called."""
    return path.stem


def typed(text: str) -> Iterator[str]:
    """Yield every command of ours that a text names whole, in a block or in a line."""
    for block in re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (line for line in block.splitlines() if line.startswith(NAME))
    yield from re.findall(rf"`({NAME} [^`\n]+)`", text)


def found(words: Sequence[str]) -> tuple[click.Command, click.Context, list[str]]:
    """Return the command that words begin with, and what is left of them.

    Raises:
        click.ClickException: there is none.
    """
    command: click.Command = commands
    context, left = click.Context(command, info_name=NAME), list(words)
    while isinstance(command, click.Group):
        name, inner, left = command.resolve_command(context, left)
        assert inner is not None
        command = inner
        context = click.Context(command, parent=context, info_name=name)
    return command, context, left


def understood(line: str) -> None:
    """Read a command as the program would, and stop before it does anything.

    Raises:
        click.ClickException: it would not be understood.
    """
    program, *words = shlex.split(line)
    assert program == NAME
    command, context, left = found([STAND_INS.get(word, word) for word in words])
    command.make_context(context.info_name, left, parent=context.parent)


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    """By its name."""
    assert [file.stem for file in PAGES] == sorted(RULES)


def test_the_index_lists_every_page_with_its_severity() -> None:
    """And nothing else."""
    rows = re.findall(
        r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|", INDEX.read_text("utf-8"), re.MULTILINE
    )
    assert dict(rows) == {name: rule["labels"]["severity"] for name, rule in RULES.items()}
    assert len(rows) == len(RULES)


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_a_page_answers_the_same_questions(file: Path) -> None:
    """What it means, what it costs, what to type first, how to mend it, whom to wake."""
    text = file.read_text("utf-8")
    assert re.findall(r"^# (.+)$", text, re.MULTILINE) == [file.stem]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    severity = RULES[file.stem]["labels"]["severity"].capitalize()
    (group,) = [one.name for one in alerts.groups()
                if file.stem in {rule["alert"] for rule in one.alerts}]  # fmt: skip
    assert f"{severity}. Rule: [{group}.yaml](../prometheus/rules/{group}.yaml)." in text
    assert len(text) < 4_000


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_a_page_begins_with_three_commands_that_only_look(file: Path) -> None:
    """Nothing that changes anything stands where somebody tired types first."""
    first = file.read_text("utf-8").split("## First\n")[1].split("```")[1].strip().splitlines()
    assert len(first) == 3
    assert any(line.startswith(NAME) for line in first)
    for line in first:
        assert line.startswith(NAME) or LOOK.fullmatch(line)
        assert not {"--execute", "release", "resume", "pause", "apply"} & set(line.split())


@pytest.mark.parametrize("file", [*PAGES, *RULES.values()], ids=lambda one: getattr(
    one, "stem", None) or f"words of {one['alert']}")  # fmt: skip
def test_every_command_that_is_named_is_understood(file: Path | dict[str, Any]) -> None:
    """With its options and their values, in a page or in an alert's own words."""
    words = (
        file.read_text("utf-8")
        if isinstance(file, Path)
        else re.sub(r"\{\{.*?\}\}", "unsupported type", file["annotations"]["description"])
    )
    for line in typed(words):
        understood(line)
    for short in SHORT.findall(words):
        command, _, left = found(shlex.split(short))
        options = {name for one in command.params for name in one.opts}
        assert {word for word in left if word.startswith("--")} <= options, short


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("huma-xledger connections lists", "No such command"),
        ("huma-xledger offsets show --topics x", "No such option"),
        ("huma-xledger connections show", "Missing parameter"),
        ("huma-xledger dead-letters list --state opened", "is not one of"),
        ("huma-xledger dead-letters list --by colour", "names something else"),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str, why: str) -> None:
    """Or the tests above would prove nothing."""
    with pytest.raises(click.ClickException, match=why):
        understood(line)


@pytest.mark.parametrize("file", [*PAGES, INDEX], ids=name_of)
def test_a_page_names_settings_metrics_and_pages_that_there_are(file: Path) -> None:
    """A renamed one is noticed here."""
    text = file.read_text("utf-8")
    settings = {name.removeprefix(PREFIX) for name in names_of(Settings)}
    assert set(re.findall(r"\b[A-Z]+__[A-Z_]+\b", text)) <= settings
    series = {metric.name for metric in ALL}
    for name in re.findall(r"\bhuma_xledger_\w+", text):
        assert re.sub(r"_(count|sum|bucket)$", "", name) in series
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (BOOKS / target).exists(), target
    for document in re.findall(r"`(docs/[\w/.-]+)`", text):
        assert (ROOT / document).exists(), document
