"""Connecting by command: all is tested before anything is saved (R-01 to R-04, R-08, R-09)."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from console import sync
from console.wiring import Wiring
from schemas.errors import StoreUnavailable
from simulators.huma import serve as huma_server
from simulators.xledger import serve as xledger_server
from tests.console.conftest import Operator, Said


@dataclass(frozen=True, slots=True)
class Customer:
    """An administrator with an organisation, tokens and a client."""

    operator: Operator
    xledger: xledger_server.Ready
    huma: huma_server.Ready

    def token(self, number: int = 0) -> str:
        """Return one of Xledger's tokens; each reaches a company of its own."""
        return str(self.xledger.tokens[number]["token"])

    def connects(self, *more: str, token: str | None = None, consent: bool = True) -> Said:
        """Connect, with the token on standard input."""
        client = self.operator.folder / "client.json"
        given = {"client_id": self.huma.client_id, "client_secret": self.huma.client_secret}
        client.write_text(json.dumps(given))
        organization = (
            () if "--organization" in more else ("--organization", self.huma.organization)
        )
        return self.operator.types(
            "connections", "add", *organization, "--token-file", "-",
            "--huma-client-file", str(client), *(("--consent",) if consent else ()),
            "--xledger-url", self.xledger.url, "--huma-url", self.huma.url, "--json", *more,
            given=token or self.token(),
        )  # fmt: skip

    def listed(self) -> Any:
        """Return every connection."""
        return self.operator.types("connections", "list", "--json").json

    def says(self, *arguments: str, given: str = "") -> Said:
        """Give a command about connections."""
        return self.operator.types("connections", *arguments, "--json", given=given)

    def grants(self, *tokens: dict[str, Any]) -> None:
        """Let Xledger know these tokens and no others."""
        base = self.xledger.url.removesuffix("/graphql")
        httpx.put(f"{base}/_admin/tokens", json=tokens, trust_env=False).raise_for_status()


@pytest.fixture
def customer(migrated: Operator) -> Iterator[Customer]:
    """A customer, with both systems; Xledger's limit is far away."""
    with xledger_server.running(3) as xledger, huma_server.running(3, None, 5) as huma:
        base = xledger.url.removesuffix("/graphql")
        open_ = {"burst": {"requests": 1_000_000, "seconds": 5}}
        httpx.put(f"{base}/_admin/settings", json=open_, trust_env=False).raise_for_status()
        yield Customer(migrated.but(DELIVERY__WINDOW="0.01"), xledger, huma)


@pytest.mark.rule("R-03", "R-04", "R-08", "R-09")
def test_a_connection_is_saved_inactive_with_its_company(customer: Customer) -> None:
    """It knows whose the token is; adding users is off; the token is never shown."""
    said = customer.connects("--name", "Fjordmat")
    assert said.code == 0, said.err
    made = said.json
    assert made["entity"] == customer.xledger.tokens[0]["company"]
    (shown,) = customer.listed()
    assert (shown["id"], shown["activated_at"], shown["add_new_users"]) == (made["id"], None, False)
    assert (shown["state"], shown["name"], shown["zone"]) == ("running", "Fjordmat", "Europe/Oslo")
    assert shown["synthetic_numbers"] is False
    everything = said.out + said.err + customer.says("show", made["id"]).out
    assert customer.token() not in everything
    assert customer.huma.client_secret not in everything
    assert "sync run" in said.err


@pytest.mark.rule("R-02")
def test_what_cannot_be_tested_is_told_and_does_not_block(customer: Customer) -> None:
    """Nobody knows a mutation of subledgers: that scope answers neither way."""
    said = customer.connects()
    assert said.json["untested"] == ["Subledger write"]
    assert "could not be tested: Subledger write" in said.err


@pytest.mark.rule("R-01")
def test_nothing_is_saved_without_consent(customer: Customer) -> None:
    """It is wrong use, not a failure."""
    said = customer.connects(consent=False)
    assert (said.code, customer.listed()) == (2, [])
    assert "--consent" in said.err


@pytest.mark.rule("R-02")
def test_every_missing_scope_is_named_and_nothing_saved(customer: Customer) -> None:
    """The administrator learns all of them at once."""
    whole = customer.xledger.tokens[0]
    lacks = {"Supplier write", "Bank read", "Contact read"}
    customer.grants({**whole, "scopes": sorted(set(whole["scopes"]) - lacks)})
    said = customer.connects()
    assert (said.code, customer.listed()) == (1, [])
    named = said.err.split("lacks these scopes: ")[1].split(";")[0].split(", ")
    assert lacks <= set(named)
    assert {name.split()[0] for name in named} <= {"Supplier", "Bank", "Contact", "Address"}


@pytest.mark.parametrize("token", ["wrong", "no token at all"])
def test_a_refused_token_is_one_sentence(customer: Customer, token: str) -> None:
    """Nothing is saved, and the token is not repeated."""
    said = customer.connects(token=token)
    assert (said.code, customer.listed()) == (1, [])
    assert "Xledger refuses this token" in said.err
    assert token not in said.err


def test_another_organisations_client_is_refused(customer: Customer) -> None:
    """The client's own organisation is named; nothing is saved."""
    said = customer.connects("--organization", str(uuid4()))
    assert (said.code, customer.listed()) == (1, [])
    assert f"belongs to organisation {customer.huma.organization}" in said.err


def test_systems_that_are_away_are_named(customer: Customer) -> None:
    """Huma or Xledger: which of the two, and that nothing was saved."""
    for option, name in (("--xledger-url", "Xledger"), ("--huma-url", "Huma")):
        said = customer.connects(option, "http://127.0.0.1:9")
        assert said.code == 1
        assert f"{name} does not answer" in said.err
        assert "nothing was saved" in said.err


@pytest.mark.rule("R-103")
@pytest.mark.parametrize("option", ["--xledger-url", "--huma-url"])
def test_a_password_in_an_address_is_refused(customer: Customer, option: str) -> None:
    """It would be shown by every list, and stand in the place of the token."""
    said = customer.connects(option, "http://kari:canary@127.0.0.1:9/graphql")
    assert (said.code, customer.listed()) == (1, [])
    assert "--token-file" in said.err
    assert "canary" not in said.out + said.err


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "\x1b[2J", "\udcff", "x" * 101])
def test_a_name_that_cannot_be_shown_is_refused(customer: Customer, name: str) -> None:
    """It stands in lists and mails, and not every store takes every character."""
    said = customer.connects("--name", name)
    assert (said.code, customer.listed()) == (2, [])
    assert "characters" in said.err


def test_a_connection_is_saved_with_its_huma_client_or_not_at_all(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a client nobody could be read, and the same token could not be connected again."""

    def away(*_: object) -> None:
        raise StoreUnavailable("the store is away")

    monkeypatch.setattr("connectors.store.connections.put_huma", away)
    assert customer.connects().code == 1
    assert customer.listed() == []
    monkeypatch.undo()
    assert customer.connects().code == 0


@pytest.mark.rule("R-104")
def test_a_user_without_a_name_is_audited_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs as whoever the cluster says."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert Wiring({}).actor == f"command:{os.getuid()}"


@pytest.mark.rule("R-09", "R-100")
def test_one_company_is_connected_once_for_each_group(customer: Customer) -> None:
    """The same token is refused; another token of the company too, but for another group."""
    group, other = str(uuid4()), str(uuid4())
    whole = customer.xledger.tokens[0]
    second, third = ({**whole, "name": name, "token": name * 20} for name in ("twoo", "thre"))
    customer.grants(whole, second, third)
    assert customer.connects("--group", group).code == 0
    again = customer.connects("--group", other)
    assert (again.code, "this token is in use" in again.err) == (1, True)
    for more in ((), ("--group", group)):
        said = customer.connects(*more, token=second["token"])
        assert (said.code, "reaches the same company" in said.err) == (1, True)
    assert customer.connects("--group", other, token=third["token"]).code == 0
    assert [one["group"] for one in customer.listed()] == [group, other]


@pytest.mark.rule("R-09")
def test_a_token_is_replaced_by_one_of_the_same_company_only(customer: Customer) -> None:
    """The other company is named; the connection stays as it was."""
    whole = customer.xledger.tokens[0]
    fresh = {**whole, "name": "fresh", "token": "fresh" * 8}
    customer.grants(*customer.xledger.tokens, fresh)
    id_ = customer.connects().json["id"]
    other = customer.says("replace-token", id_, "--token-file", "-", given=customer.token(1))
    assert other.code == 1
    assert "make a new connection" in other.err
    said = customer.says("replace-token", id_, "--token-file", "-", given=fresh["token"])
    assert "could not be tested: Subledger write" in said.err
    assert said.code == 0, said.err
    assert customer.connects("--group", str(uuid4())).code == 1  # the company is still taken


@pytest.mark.rule("R-04", "R-37")
def test_options_change_and_the_rest_stays(customer: Customer) -> None:
    """What is not named is not touched; a wrong value is wrong use."""
    id_ = customer.connects().json["id"]
    assert customer.says("set", id_, "--add-new-users", "--country", "se").code == 0
    assert customer.says("set", id_, "--zone", "Europe/Stockholm").code == 0
    (shown,) = customer.listed()
    assert (shown["add_new_users"], shown["country"], shown["zone"]) == (
        True, "SE", "Europe/Stockholm",
    )  # fmt: skip
    assert customer.says("set", id_, "--zone", "Oslo").code == 2
    assert customer.says("set", id_, "--country", "Norge").code == 2
    assert customer.says("set", id_).code == 2


@pytest.mark.rule("R-94", "R-103")
def test_who_gets_mail_can_be_changed_and_is_never_shown(customer: Customer) -> None:
    """Another address, nobody, or what is no address at all."""
    id_ = customer.connects().json["id"]
    changed = customer.says("set", id_, "--notify", "canary@payroll.example")
    assert (changed.code, changed.json) == (0, {"notify": True})
    assert customer.says("set", id_, "--no-notify").json == {"notify": False}
    for wrong in ("canary", "canary@a, b@c", "Canary <canary@a>", "canary@a\nBcc: b@c"):
        refused = customer.says("set", id_, "--notify", wrong)
        assert refused.code == 2
        assert "is no email address" in refused.err
        assert "canary" not in refused.out + refused.err
    assert customer.says("set", id_, "--notify", "a@b", "--no-notify").code == 2
    assert "canary" not in customer.says("show", id_).out


def test_a_lane_is_paused_and_resumed_by_hand(customer: Customer) -> None:
    """The reason says who did it."""
    id_ = customer.connects().json["id"]
    assert customer.says("pause", id_).code == 0
    assert [(one["state"], one["reason"]) for one in customer.listed()] == [("paused", "by hand")]
    assert customer.says("resume", id_).code == 0
    assert [(one["state"], one["reason"]) for one in customer.listed()] == [("running", None)]


@pytest.mark.rule("R-09", "R-98")
def test_removing_is_planned_first(customer: Customer) -> None:
    """Without --execute nothing happens; afterwards the company can be connected anew."""
    id_ = customer.connects().json["id"]
    plan = customer.says("remove", id_)
    assert (plan.code, "--execute" in plan.err, len(customer.listed())) == (0, True, 1)
    assert customer.says("remove", id_, "--execute").json == {"id": id_, "ended": 0}
    assert customer.listed() == []
    gone = customer.says("show", id_)
    assert (gone.code, "there is no connection" in gone.err) == (1, True)
    assert customer.connects().code == 0


def test_a_sync_that_nobody_takes_is_given_up(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to start; the next one is not held up by it."""
    monkeypatch.setattr(sync, "TAKEN_SECONDS", 0.05)
    id_ = customer.connects().json["id"]
    for _ in range(2):
        said = customer.operator.types("sync", "run", id_, "--link-matching")
        assert (said.code, "run delivery" in said.err) == (1, True)
    runs = customer.operator.types("sync", "show", id_, "--json").json
    assert [one["state"] for one in runs] == ["failed", "failed"]
