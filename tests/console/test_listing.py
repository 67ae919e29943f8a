"""`connections list` says at a glance which lanes stand still, since when, and why."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store.keyring import Keyring
from connectors.store.tables import lane
from tests.console.conftest import Operator, Said
from tests.fixtures.stored import Stored

NIGHT = 1_795_403_100_000
"""2026-11-23 03:05 UTC."""


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    file = tmp_path / "master.key"
    new_master_key_file(file)
    return Keyring(open_vault(file))


@dataclass(frozen=True, slots=True)
class Night:
    """An operator, and a store that commands look at."""

    operator: Operator
    stored: Stored

    def stands(self, name: str, state: str, reason: str | None) -> None:
        """Connect something whose lane came into a state at night."""
        which = lane.c.connection == self.stored.connect(name, group=f"group of {name}").id
        self.stored.set(lane, which, state=state, reason=reason, since=NIGHT)

    def shows(self, name: str) -> Said:
        """Show one of them."""
        (one,) = [row["id"] for row in self.lists("--json").json if row["name"] == name]
        said = self.operator.types("connections", "show", one)
        assert said.code == 0, said.err
        return said

    def lists(self, *options: str) -> Said:
        """Give the command."""
        said = self.operator.types("connections", "list", *options)
        assert said.code == 0, said.err
        return said


@pytest.fixture
def night(operator: Operator, store_url: str, stored: Stored) -> Night:
    """Nothing is connected."""
    return Night(operator.but(STORE__URL=store_url), stored)


@pytest.mark.rule("R-94")
def test_a_lane_that_stands_still_says_since_when_and_why(night: Night) -> None:
    """In the organisation's own time; one that runs says nothing."""
    night.stands("runs", "running", None)
    night.stands("waits", "waiting", "credits")
    night.stands("stays", "held", None)
    lines = {line.split()[3]: line for line in night.lists().out.splitlines()}
    assert lines["runs"].endswith("  runs")
    assert lines["waits"].endswith("  since 2026-11-23 04:05:00, credits")
    assert lines["stays"].endswith("  since 2026-11-23 04:05:00")


@pytest.mark.rule("R-94")
def test_one_state_of_thousands_can_be_asked_for(night: Night) -> None:
    """Several too; an empty list says that it is one."""
    assert night.lists("--state", "held").out == "no connections yet\n"
    night.stands("runs", "running", None)
    night.stands("stays", "held", None)
    night.stands("rests", "paused", "by hand")
    found = night.lists("--state", "held", "--state", "paused", "--json").json
    assert sorted((one["name"], one["state"]) for one in found) == [
        ("rests", "paused"), ("stays", "held"),
    ]  # fmt: skip
    assert night.lists("--state", "broken").out == "none of 3 connections is broken\n"
    assert night.lists("--state", "broken", "--json").json == []


@pytest.mark.rule("R-94")
def test_a_connection_says_what_ends_its_standstill(night: Night) -> None:
    """Until when it waits, or the command to give; one that runs says nothing of it."""
    night.stands("runs", "running", None)
    night.stands("rests", "paused", "by hand")
    night.stands("away", "broken", "Xledger is away")
    night.stands("stays", "held", "many people")
    assert night.shows("runs").err == ""
    assert "`huma-xledger connections resume " in night.shows("rests").err
    away = night.shows("away")
    assert "it is asked again in a moment" in away.err
    assert "since: 2026-11-23T03:05:00+00:00" in away.out
    assert "a human releases or rejects what waits" in night.shows("stays").err
