"""`docs/desk.md`: what an operator types at night, and what the program says; it stays true.

`make docs` writes it anew.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store.keyring import Keyring
from tests.console.conftest import Operator
from tests.console.dead_letters.night import CONNECTION, Night
from tests.fixtures.arrivals import Arrivals
from tests.fixtures.stored import Stored
from tests.fixtures.working import person

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "desk.md"
WRITE: Final = "HUMA_XLEDGER_TEST_WRITE_TRANSCRIPT"
LETTERS: Final = "huma-xledger dead-letters"
REFUSED: Final = '--code "refused by Xledger"'
MENDED: Final = '--reason "Xledger takes the numbers again"'

HEAD: Final = """# A night at the operator's desk

Made by `tests/console/dead_letters/test_transcript.py`, which types each command and compares: \
what stands here is what the program says. `make docs` writes it anew.

The commands are those of [commands.md](commands.md), the codes those of [reasons.md](reasons.md); \
each takes `--json`, too. It is four in the morning, and an alert has rung. Begin with what the \
letters have in common, not with one of them.
"""


class Step(NamedTuple):
    """What somebody does: why, what they type, and what happened just before."""

    title: str
    why: str
    types: str
    before: Callable[[Night], None] = lambda _: None


STEPS: Final = (
    Step(
        "How much is it, and of what?",
        "One line for each cause and connection, the most first.",
        f"{LETTERS} list --by code,connection",
        Night.fall,
    ),
    Step(
        "Which are they?",
        "The last two of the greatest cause. `--since 2h`, `--field`, `--person` and others narrow "
        "it, here and in every command below.",
        f"{LETTERS} list {REFUSED} --limit 2",
    ),
    Step(
        "Understand one of them",
        "What happened in order, Xledger's own words with the person's values replaced by their "
        "fields' names, and what to type next. Values only with `--values` and a reason.",
        f"{LETTERS} show 02474bf0d781",
    ),
    Step(
        "What would come of sending them again?",
        "From what is stored here alone: Xledger is not asked. Nothing has been mended yet.",
        f"{LETTERS} forecast",
    ),
    Step(
        "The cause is mended: what would a replay do?",
        "A plan. What is sent is what Huma has now, never the old value of a letter.",
        f"{LETTERS} replay {REFUSED} {MENDED}",
        Night.mend,
    ),
    Step(
        "Send them again",
        "A few first; the others only when these ended well, at a limited rate, behind live "
        "changes. It can be stopped, or killed, and goes on with `--resume`.",
        f"{LETTERS} replay {REFUSED} {MENDED} --execute",
    ),
    Step(
        "What is left?",
        "All letters, by how they stand and why. One was closed before anybody looked, because HR "
        "had corrected the number; whoever was deactivated meanwhile stays as they were (R-72).",
        f"{LETTERS} list --by state,code,closed-as --state all",
    ),
    Step(
        "Give the publisher what it sent",
        "JSON, one letter a line; with the record's bytes by `--values`, which is audited.",
        f"{LETTERS} export --stage decode",
    ),
    Step(
        "Close what needs nothing more",
        "Without `--execute` it is a plan only.",
        f'{LETTERS} ignore --code "not JSON" --reason "case 18: sent anew by the publisher" '
        "--execute",
    ),
    Step(
        "Set aside what waits for somebody else",
        "No replay of what is open takes it along; a correction in Huma closes it all the same.",
        f'{LETTERS} park --code "invalid bank account" --reason "case 17: with HR" --execute',
    ),
    Step(
        "How is it with one person?",
        "What waits, what failed, what Xledger confirmed. Values only with `--values` and a "
        "reason.",
        f"huma-xledger people show {person(41).user} --history 0",
    ),
    Step(
        "Another night: a mass change is held",
        "The guard has stopped a lane before anything left. Look at some of the ten in Huma: is "
        "this what HR meant to do?",
        f"huma-xledger connections held {CONNECTION}",
        Night.change_many,
    ),
    Step(
        "It was meant",
        "If it was not: `connections reject`.",
        f'huma-xledger connections release {CONNECTION} --reason "HR meant it: new addresses"',
    ),
)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    file = tmp_path / "master.key"
    new_master_key_file(file)
    return Keyring(open_vault(file))


@pytest.fixture
def store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty store of SQLite: that both stores answer alike is shown elsewhere."""
    path = tmp_path / "store.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def night(
    operator: Operator, stored: Stored, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> Night:
    """A night before anything has happened; nobody asks Kafka."""
    settings = operator.but(KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1")
    return Night(settings, stored, arrivals, monkeypatch)


def transcript(night: Night) -> str:
    """Play the night; returns the document."""
    parts = [HEAD]
    for number, step in enumerate(STEPS, 1):
        step.before(night)
        parts.append(f"## {number}. {step.title}\n\n{step.why}\n")
        parts.append(f"```console\n$ {step.types}\n{night.types(step.types)}\n```\n")
    return "\n".join(parts)


@pytest.mark.rule("R-89", "R-91", "R-93")
def test_the_transcript_says_what_the_program_says(night: Night) -> None:
    """Command by command; whoever changes what is said writes the document anew."""
    made = transcript(night)
    if os.environ.get(WRITE):
        DOCUMENT.write_text(made, "utf-8")
    assert DOCUMENT.read_text("utf-8") == made, "docs/desk.md is not up to date: run `make docs`"
