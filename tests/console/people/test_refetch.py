"""Reading a person from Huma by command (R-97)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from connectors.store.organizations import HumaClientOf, Organizations
from connectors.store.tables import person
from schemas.personal import Personal
from simulators.huma import serve
from tests.console.conftest import Said
from tests.console.people.conftest import KARI, KEY, Office
from tests.fixtures.working import whole

WHY = ("--reason", "case 17")
POSITION = "9b2e0c1a-0000-4000-8000-00000000aaaa"
WRONG = 999_999


@dataclass(frozen=True, slots=True)
class Payroll:
    """An office whose organisation has a Huma."""

    office: Office
    huma: serve.Ready

    def huma_has(self, **values: Any) -> None:
        """Let Kari be so in Huma, with one position."""
        users = {KARI.user: {**whole(1), **values}}
        positions = {KARI.user: {POSITION: {"percentage": 80, "contractType": "Permanent"}}}
        self._admin("PATCH", "state", {"users": users, "positions": positions})

    def suffers(self, fault: str) -> None:
        """Let every request to Huma suffer this."""
        self._admin("PUT", "faults", [{"fault": fault, "match": {"path": "/users*"}}])

    def _admin(self, method: str, path: str, body: Any) -> None:
        url = f"{self.huma.url}/_admin/{path}"
        httpx.request(method, url, json=body, trust_env=False).raise_for_status()

    def refetches(self, *more: str) -> Said:
        """Give the command."""
        return self.office.says("refetch", KARI.user, *WHY, *more, "--json")

    def phone(self) -> tuple[int, Any]:
        """Return version and value of Kari's phone number."""
        return self.office.arrivals.projection(KARI.user)["phone"]


@pytest.fixture
def payroll(office: Office) -> Iterator[Payroll]:
    """Kari was created in Xledger; then came a revision that was far too high."""
    office.hires()
    office.changes(WRONG, phone="49999999")
    office.delivers()
    office.arrivals.forget()
    with serve.running(3, None, 5) as huma:
        stored = office.bench.stored
        client = HumaClientOf(huma.url, Personal(huma.client_id), Personal(huma.client_secret))
        Organizations(stored.store, stored.keyring).set_huma(KARI.organization, client)
        yield Payroll(office, huma)


@pytest.mark.rule("R-97", "R-112")
def test_a_refetch_fills_and_sends_nothing(payroll: Payroll) -> None:
    """What no event has told is there, and what to type next is said."""
    payroll.huma_has(gender="Female", phone="41111111")
    said = payroll.refetches()
    assert (said.code, said.json["done"], said.json["reset"]) == (0, True, False), said.err
    assert said.json["positions"] == [POSITION]
    assert "gender" in said.json["fields"]
    assert f"people resend {KEY}" in said.err
    assert payroll.phone() == (WRONG, "49999999")
    assert payroll.office.bench.stored.open(payroll.office.bench.connection) == {}
    again = payroll.refetches()
    assert (again.json["fields"], again.json["positions"]) == ([], [])
    assert "resend" not in again.err


@pytest.mark.rule("R-97")
def test_a_wrong_revision_is_mended_by_a_reset(payroll: Payroll) -> None:
    """Planned, by name; then done: Huma's value is sent, and the next event counts again."""
    payroll.huma_has(phone="41111111")
    payroll.office.changes(101, phone="42222222")
    assert payroll.phone() == (WRONG, "49999999")
    plan = payroll.refetches("--reset-versions")
    assert (plan.code, plan.json["done"], plan.json["fields"]) == (0, False, ["phone"]), plan.err
    assert "--execute" in plan.err
    assert payroll.phone() == (WRONG, "49999999")
    done = payroll.refetches("--reset-versions", "--execute")
    assert (done.code, done.json["done"]) == (0, True), done.err
    assert payroll.phone() == (0, "41111111")
    payroll.office.changes(102, phone="43333333")
    assert payroll.phone() == (102, "43333333")
    payroll.office.delivers()
    assert payroll.office.arrivals.read()["e102"] == ("applied", None)


@pytest.mark.rule("R-97")
@pytest.mark.parametrize("more", [(), ("--reset-versions",), ("--reset-versions", "--execute")])
def test_whom_huma_does_not_know_stays_as_they_are(payroll: Payroll, more: tuple[str, ...]) -> None:
    """It says so, and changes nothing."""
    before = payroll.office.arrivals.projection(KARI.user)
    said = payroll.refetches(*more)
    assert (said.code, said.out) == (1, "")
    assert "does not know" in said.err
    assert "nothing was changed" in said.err
    assert payroll.office.arrivals.projection(KARI.user) == before


@pytest.mark.rule("R-97", "R-78")
@pytest.mark.parametrize(
    ("case", "arguments", "code", "says"),
    [
        ("deleted", (), 1, "was deleted or erased"),
        ("away", (), 1, "Huma"),
        ("fine", ("--execute",), 2, "--reset-versions"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    payroll: Payroll, case: str, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """And nothing is changed."""
    payroll.huma_has(phone="41111111")
    if case == "deleted":
        stored = payroll.office.bench.stored
        stored.set(person, person.c.person == KARI.user, deleted_at=1)
    elif case == "away":
        payroll.suffers("http-503")
    before = payroll.office.arrivals.projection(KARI.user)
    said = payroll.refetches(*arguments)
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert "41111111" not in said.err
    assert payroll.office.arrivals.projection(KARI.user) == before


@pytest.mark.rule("R-103", "R-97")
def test_names_are_told_and_no_value(payroll: Payroll) -> None:
    """To people as to programs."""
    payroll.huma_has(phone="41111111")
    plan = payroll.office.says("refetch", KARI.user, *WHY, "--reset-versions")
    done = payroll.office.says("refetch", KARI.user, *WHY, "--reset-versions", "--execute")
    assert "would replace fields: phone" in plan.out
    assert "replaced fields: phone" in done.out
    shown = plan.out + plan.err + done.out + done.err
    assert not [value for value in ("41111111", "49999999", "case 17") if value in shown]
