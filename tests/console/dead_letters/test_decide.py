"""`dead-letters park` and `ignore`: a plan first, then what was decided (R-89)."""

from pathlib import Path
from typing import Any

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store.keyring import Keyring
from schemas.desk import LetterState
from tests.console.conftest import Operator, Said
from tests.fixtures.letters import a_letter, file
from tests.fixtures.stored import Stored

WHY = ("--reason", "case 17")

pytestmark = pytest.mark.rule("R-89")


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    new_master_key_file(file := tmp_path / "master.key")
    return Keyring(open_vault(file))


@pytest.fixture
def desk(operator: Operator, store_url: str, stored: Stored) -> Operator:
    """An operator, and letters: two open ones, and one in each other state."""
    stored.connect()
    others = [one for one in LetterState if one is not LetterState.OPEN]
    letters = [a_letter(0), a_letter(1, code="not JSON")]
    letters += [a_letter(2 + at, state=state) for at, state in enumerate(others)]
    file(stored.store, letters)
    return operator.but(STORE__URL=store_url)


def gives(desk: Operator, *command: str, code: int = 0) -> Said:
    """Give a command about letters."""
    said = desk.types("dead-letters", *command)
    assert said.code == code, said.err
    return said


def open_ones(desk: Operator) -> int:
    """Return how many are open."""
    total: int = gives(desk, "list", "--state", "open", "--json").json["total"]
    return total


def test_a_plan_says_what_would_be_done(desk: Operator) -> None:
    """By code, and which letters are left out since they cannot be decided about."""
    said = gives(desk, "park", "--state", "all", *WHY)
    assert said.err == "a plan only: repeat with --execute to do it\n"
    lines = said.out.splitlines()
    assert lines[0] == "would park:"
    assert {line.strip() for line in lines[1:]} == {
        "1  refused by Xledger", "1  not JSON", "1  left out: retrying", "1  left out: resolved",
        "1  left out: ignored", "1  left out: parked",
    }  # fmt: skip
    assert open_ones(desk) == 2


@pytest.mark.parametrize(("command", "count"), [("park", 2), ("ignore", 3)])
def test_it_is_done_when_told_so(desk: Operator, command: str, count: int) -> None:
    """What is open is meant, and what is parked can be ignored."""
    document: Any = gives(desk, command, "--replays", "0", "--since", "9999d", *WHY, "--json",
                          "--execute").json  # fmt: skip
    assert (document["letters"], document["done"]) == (count, True)
    assert open_ones(desk) == 0
    again = gives(desk, command, "--since", "9999d", *WHY, "--execute")
    assert again.out.startswith("no letter to ")


def test_one_letter_by_the_beginning_of_its_id(desk: Operator) -> None:
    """As `list` shows it."""
    said = gives(desk, "ignore", "--id", a_letter(0).id[:12], *WHY, "--execute")
    assert said.out.splitlines() == ["ignored: 1", "      1  refused by Xledger"]
    assert open_ones(desk) == 1


@pytest.mark.parametrize("command", ["park", "ignore"])
def test_wrong_use_is_said(desk: Operator, command: str) -> None:
    """Nothing is done about everything by accident, and nothing without a reason."""
    assert "say which letters" in gives(desk, command, *WHY, "--execute", code=2).err
    assert "--reason" in gives(desk, command, "--state", "open", "--execute", code=2).err
    assert open_ones(desk) == 2
