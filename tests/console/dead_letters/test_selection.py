"""The options that say which letters a command is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner

from console.dead_letters.selection import selected
from schemas.desk import LetterState, Selection
from tests.fixtures.stored import KARI, ORGANIZATION

Said = tuple[int, str, Selection | None]


def choose(*options: str) -> Said:
    """Return exit code, what was said, and the selection that options come to."""
    chosen: list[Selection] = []

    @click.command()
    @selected
    def command(selection: Selection) -> None:
        chosen.append(selection)

    said = CliRunner().invoke(command, options)
    return said.exit_code, said.output, next(iter(chosen), None)


@pytest.mark.rule("R-91")
@pytest.mark.parametrize(
    ("options", "part"),
    [
        ([], {}),
        (["--id", "AB12", "--id", "cd34"], {"ids": ("ab12", "cd34")}),
        (["--person", KARI.user], {"persons": (KARI.user,)}),
        (
            ["--person", ":".join(KARI)],
            {"persons": (KARI.user,), "organizations": (ORGANIZATION,)},
        ),
        (["--connection", "c1"], {"connections": ("c1",)}),
        (["--organization", ORGANIZATION.upper()], {"organizations": (ORGANIZATION,)}),
        (["--stage", "call", "--class", "data"], {"stages": ("call",), "classes": ("data",)}),
        (["--code", "refused by Xledger"], {"codes": ("refused by Xledger",)}),
        (["--field", "phone", "--replays", "2"], {"fields": ("phone",), "replayed_at_least": 2}),
        (["--since", "2026-11-23T02:00:00Z"], {"since": datetime(2026, 11, 23, 2, tzinfo=UTC)}),
        (["--state", "parked"], {"states": (LetterState.PARKED,)}),
        (["--state", "all"], {"states": tuple(LetterState)}),
    ],
)
def test_options_come_to_a_selection(options: list[str], part: dict[str, Any]) -> None:
    """What is not asked for is left out, so that it holds for every letter."""
    code, _, selection = choose(*options)
    assert (code, selection) == (0, Selection(**part))


@pytest.mark.parametrize(
    ("age", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400)]
)
def test_an_age_is_a_time(age: str, seconds: int) -> None:
    """So long before now."""
    before = datetime.now(UTC)
    _, _, selection = choose("--until", age)
    assert selection is not None
    assert selection.until is not None
    assert (
        timedelta(0) <= selection.until + timedelta(seconds=seconds) - before < timedelta(minutes=1)
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--since", "yesterday"], "an age such as 90s, 30m, 2h or 7d"),
        (["--since", "2026-11-23T02:00:00"], "neither a time"),
        (["--id", "nothing hexadecimal"], "is no letter's id"),
        (["--code", " "], "is empty"),
        (["--person", "kari"], "neither Huma's user id"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(options: list[str], says: str) -> None:
    """Exit code 2: wrong use."""
    code, said, selection = choose(*options)
    assert (code, selection) == (2, None)
    assert says in " ".join(said.split())
