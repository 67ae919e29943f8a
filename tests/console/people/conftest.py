"""People in a real store, and somebody of a payroll office who asks about them by command."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store.keyring import Keyring
from connectors.store.tables import audit
from schemas.person import Json, PersonKey
from tests.console.conftest import Operator, Said
from tests.fixtures.arrivals import Arrivals
from tests.fixtures.working import Bench, person, whole

KARI = person(1)
KEY = f"{KARI.organization}:{KARI.user}"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    file = tmp_path / "master.key"
    new_master_key_file(file)
    return Keyring(open_vault(file))


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation with one connection; intake and lane run on its store when told to."""

    operator: Operator
    bench: Bench
    arrivals: Arrivals

    def says(self, *arguments: str) -> Said:
        """Give a command about people."""
        return self.operator.types("people", *arguments)

    def shows(self, *more: str, user: str = KARI.user) -> Any:
        """Return the document of `people show`."""
        said = self.says("show", user, "--json", *more)
        assert said.code == 0, said.err
        return said.json

    def explains(self, field: str, *more: str) -> Any:
        """Return the document of `people explain`."""
        said = self.says("explain", KARI.user, field, "--json", *more)
        assert said.code == 0, said.err
        return said.json

    def delivers(self) -> None:
        """Let the lane run until nothing is open."""
        self.bench.run(lambda: not self.bench.stored.open(self.bench.connection))

    def hires(self, *positions: dict[str, Json], **more: Json) -> None:
        """Let Kari be created in Huma, with positions."""
        user: dict[str, Json] = {**whole(1), "type": "user", "status": {"active": True}, **more}
        user["positions"] = list(positions)
        self.arrivals.arrive("user.created", {"user": user, "origin": "manual"}, 1, user=KARI.user)
        self.arrivals.read()

    def changes(self, revision: int, **fields: Json) -> None:
        """Let fields of Kari change in Huma."""
        self.arrivals.updated(revision, KARI.user, **fields)
        self.arrivals.read()

    def audited(self) -> Sequence[tuple[Any, ...]]:
        """Return the audit's rows of persons: action, person, actor, fields, reason."""
        columns = (audit.c.action, audit.c.person, audit.c.actor, audit.c.fields, audit.c.reason)
        return [row for row in self.bench.stored.rows(*columns) if row[1] is not None]


@pytest.fixture
def office(operator: Operator, store_url: str, bench: Bench, arrivals: Arrivals) -> Office:
    """An office on an empty store, with an active connection that adds new users."""
    return Office(operator.but(STORE__URL=store_url), bench, arrivals)


def only(document: Any) -> Any:
    """Return the one connection of a document."""
    (found,) = document["connections"]
    return found


def key_of(one: PersonKey) -> str:
    """Return a person's record key."""
    return f"{one.organization}:{one.user}"
