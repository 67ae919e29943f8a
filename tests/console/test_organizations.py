"""An organisation in numbers, and its erasure, by command (R-108)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store.keyring import Keyring
from connectors.store.tables import audit, organization
from schemas.connection import Connection, LinkState
from tests.console.conftest import Operator, Said
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored

WHY = ("--reason", "contract ended")
NOBODY = "9b2e0c1a-0000-4000-8000-0000000000ff"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    file = tmp_path / "master.key"
    new_master_key_file(file)
    return Keyring(open_vault(file))


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation with two connections and three people, and an operator who looks at it."""

    operator: Operator
    stored: Stored
    one: Connection

    def says(self, *arguments: str) -> Said:
        """Give a command about organisations."""
        return self.operator.types("organizations", *arguments)

    def shows(self) -> Any:
        """Return the document of `organizations show`."""
        said = self.says("show", ORGANIZATION, "--json")
        assert said.code == 0, said.err
        return said.json


@pytest.fixture
def customer(operator: Operator, store_url: str, stored: Stored) -> Customer:
    """Kari is linked, locked, and has work that waits; Ola was deleted; a third is only known."""
    one = stored.connect("c1", group="g1")
    stored.connect("c2", group="g2", active=False)
    stored.connect("other", organization=ELSEWHERE)
    third = KARI._replace(user=NOBODY.replace("ff", "cc"))
    stored.people(KARI, active=False, active_version=9)
    stored.people(OLA, third)
    stored.linked(one, KARI, incomplete=True)
    stored.linked(one, third, state=LinkState.DECLINED)
    stored.change(one, KARI, 1, {"phone": "canary", "email": "canary"})
    with stored.intake.transaction() as transaction:
        transaction.delete_people([OLA])
    return Customer(operator.but(STORE__URL=store_url), stored, one)


@pytest.mark.rule("R-108")
def test_an_organisation_is_shown_in_numbers(customer: Customer) -> None:
    """Connections, people, what waits and since when, Huma, and the key; no value."""
    customer.stored.connections.pause(customer.one.id, "operator")
    shown = customer.shows()
    assert [(c["name"], c["active"], c["state"], c["reason"]) for c in shown["connections"]] == [
        ("c1", True, "paused", "by hand"), ("c2", False, "running", None),
    ]  # fmt: skip
    assert shown["people"] == {
        "known": 2, "linked": 1, "locked": 1, "incomplete": 1, "deleted": 1,
    }  # fmt: skip
    assert (shown["open_fields"], shown["waiting_events"], shown["letters"]) == (2, 1, 0)
    assert shown["oldest_waiting"] is not None
    assert shown["huma"] == {"state": "ok", "since": None}
    assert shown["key"]["master_key"] == customer.stored.keyring.vault.current
    said = customer.says("show", ORGANIZATION)
    assert "2 known, 1 linked, 1 locked, 1 incomplete, 1 deleted" in said.out
    assert "paused (by hand)" in said.out
    assert "canary" not in said.out + said.err


@pytest.mark.rule("R-97")
def test_since_when_huma_is_away_is_told(customer: Customer) -> None:
    """The first failure counts; a probe that fails again leaves it."""
    stored = customer.stored
    lease = stored.claim(customer.one)
    stored.lanes.huma_state(lease, "away", 900.0)
    first = customer.shows()["huma"]
    assert (first["state"], first["since"] is not None) == ("away", True)
    stored.set(organization, organization.c.id == ORGANIZATION, huma_since=1)
    stored.lanes.huma_state(lease, "away", 900.0)
    assert customer.shows()["huma"]["since"] == "1970-01-01T00:00:00.001000+00:00"
    stored.lanes.huma_state(lease, "ok", 0.0)
    assert customer.shows()["huma"]["since"] > first["since"]


@pytest.mark.rule("R-108")
def test_a_plan_shows_what_there_is_and_changes_nothing(customer: Customer) -> None:
    """The same numbers, and what to type to do it."""
    before = customer.shows()
    said = customer.says("erase", ORGANIZATION, *WHY, "--json")
    assert (said.code, said.json) == (0, {**before, "erased": False}), said.err
    assert "--execute" in said.err
    assert customer.shows() == before


@pytest.mark.rule("R-108", "R-09")
def test_an_erased_organisation_is_gone(customer: Customer) -> None:
    """Its connections, its people, its key; others stay; a running intake sees it at once."""
    said = customer.says("erase", ORGANIZATION, *WHY, "--execute", "--json")
    assert (said.code, said.json["erased"], said.json["ended"]) == (0, True, 1), said.err
    assert "backups" in said.err
    stored = customer.stored
    assert [one.connection.name for one in stored.connections.shown()] == ["other"]
    assert stored.intake.connections().by_organization.keys() == {ELSEWHERE}
    assert stored.ended() == {"e1": ("skipped", "connection removed")}
    assert (ORGANIZATION,) not in stored.rows(organization.c.id)
    actions = [row[0] for row in stored.rows(audit.c.action, audit.c.organization)]
    assert actions.count("connection.removed") == 2
    assert actions.count("organization.erased") == 1
    again = customer.says("erase", ORGANIZATION, *WHY, "--execute")
    assert (again.code, "is known here" in again.err) == (1, True)


@pytest.mark.rule("R-108")
def test_one_without_connections_is_erased_too(customer: Customer) -> None:
    """What the removal of its last connection left: tombstones and the key."""
    for one in customer.stored.connections.shown():
        customer.operator.types("connections", "remove", one.connection.id, "--execute")
    assert customer.shows()["people"]["deleted"] == 1
    assert customer.says("erase", ORGANIZATION, *WHY, "--execute").code == 0
    assert customer.says("show", ORGANIZATION).code == 1


@pytest.mark.rule("R-108")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((ORGANIZATION,), 2, "--reason"),
        (("all", *WHY), 2, "is no UUID"),
        ((NOBODY, *WHY, "--execute"), 1, f"no organisation {NOBODY} is known here"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    customer: Customer, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """Nothing is erased without a reason, or of somebody else."""
    said = customer.says("erase", *arguments)
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert len(customer.shows()["connections"]) == 2
