"""`people explain`: the rule, the inputs, what was confirmed and by which event it was written."""

from typing import Any

import pytest

from connectors.store.tables import dirty, link
from schemas.connection import LinkState
from schemas.outcome import outcome_id
from schemas.person import Json
from tests.console.people.conftest import KARI, Office, only
from tests.console.people.test_show import CHEF, COOK
from tests.fixtures.working import person

BOSS: dict[str, Json] = {"id": "p0", "title": {"name": "Daglig leder"}, "primary": True}


def explained(document: Any) -> Any:
    """Return the one field of the one connection."""
    (field,) = only(document)["fields"]
    return field


def targets(document: Any) -> dict[str, Any]:
    """Return the field's targets by name."""
    return {one["target"]: one for one in explained(document)["targets"]}


@pytest.mark.rule("R-102")
def test_a_value_is_traced_to_rule_input_event_and_actor(office: Office) -> None:
    """From Huma's field with its revision to the record of Xledger that was written."""
    office.hires()
    office.delivers()
    anne = person(7).user
    office.arrivals.arrive(
        "user.updated", {"changes": {"phone": "2"}}, 5, user=KARI.user,
        headers=[("ce_actor", anne.encode())],
    )  # fmt: skip
    office.arrivals.read()
    office.delivers()
    said, document = office.says("explain", KARI.user, "phone"), office.explains("phone")
    field = explained(document)
    assert [rule["rule"] for rule in field["rules"]] == ["R-34", "R-40", "R-46"]
    assert field["inputs"] == [{"field": "phone", "use": "written", "revision": 5}]
    assert (field["result"], field["open"]) == ("mapped", None)
    for name, target in targets(document).items():
        (write,) = target["writes"]
        record = name.split(".")[0]
        assert target["stands"] == "equal to confirmed"
        assert target["confirmed_at"] == write["at"]
        assert write["object"] == f"{record}:{only(document)['link'][record]}"
        event = outcome_id(only(document)["id"], "/huma/users", "e5", 0)
        assert (write["actor"], write["event"]) == (anne, event)
        assert write["event"] in said.out
    assert (said.code, said.err) == (0, "")
    assert f"by {anne}" in said.out


@pytest.mark.rule("R-57", "R-58", "R-60")
def test_a_position_field_has_two_explanations(office: Office) -> None:
    """The one stored with the write, and the one of today, which a new position changed."""
    office.hires(COOK)
    office.delivers()
    office.arrivals.arrive("position.created", {"position": BOSS}, 4, user=KARI.user)
    office.arrivals.read()
    said, document = office.says("explain", KARI.user, "title").out, office.explains("title")
    field = explained(document)
    assert (field["choice"]["rule"], field["choice"]["chosen"]) == ("R-58", "p0")
    assert field["choice"]["lost"] == {"p1": "is not primary"}
    (target,) = field["targets"]
    assert target["stands"] == "will be sent"
    assert (target["choice"]["chosen"], target["choice"]["lost"]) == ("p1", {})
    assert target["choice"]["on"] == "2026-11-23"  # when it was written
    assert [(one["position"], one["revision"]) for one in field["inputs"]] == [("p0", 4), ("p1", 1)]
    assert "choice  position p0, by R-58" in said
    assert "not p1: is not primary" in said
    assert "was of     position p1, by R-58, on 2026-11-23" in said


@pytest.mark.rule("R-60")
def test_only_what_the_date_can_change_names_the_day(office: Office) -> None:
    """The contract's end is of the position that ends last, whatever day it is."""
    office.hires(COOK, CHEF)
    assert explained(office.explains("title"))["changes_on"] == "2100-01-01"
    assert explained(office.explains("contractEndDate"))["changes_on"] is None


def test_a_target_is_explained_by_every_field_that_makes_it(office: Office) -> None:
    """The subledger's description is made of both names."""
    office.hires()
    fields = only(office.explains("subledger.description"))["fields"]
    assert [field["field"] for field in fields] == ["givenName", "familyName"]
    for field in fields:
        assert {one["field"] for one in field["inputs"]} == {"givenName", "familyName"}
        assert [one["target"] for one in field["targets"]] == ["subledger.description"]


def test_what_is_only_compared_with_is_told_apart(office: Office) -> None:
    """A birth date is compared with the identity number, and not made of it."""
    office.hires(birthDate="1990-01-01")
    document = office.explains("birthDate")
    uses = {one["field"]: (one["use"], one["revision"]) for one in explained(document)["inputs"]}
    assert uses == {"birthDate": ("written", 1), "identifications": ("compared", None)}
    said = office.says("explain", KARI.user, "birthDate").out
    assert "not known, only compared with" in said


@pytest.mark.rule("R-44", "R-87")
def test_a_failing_field_says_what_to_do(office: Office) -> None:
    """With the sentence and the advice of its code; it waits only for its end."""
    office.hires()
    office.delivers()
    office.changes(5, bankAccount={"number": "123"})
    said, document = (
        office.says("explain", KARI.user, "bankAccount").out,
        office.explains("bankAccount"),
    )
    field = explained(document)
    assert (field["result"], field["code"]) == ("failed", "invalid bank account")
    assert field["open"]["waits"] == "nothing"
    assert "Correct it in Huma" in field["advice"]
    assert "The bank account is no valid Norwegian account number" in said


@pytest.mark.rule("R-43")
def test_a_warning_is_told(office: Office) -> None:
    """A foreign account goes out all the same."""
    office.hires()
    office.delivers()
    office.changes(5, bankAccount={"number": "4711", "country": "SE"})
    (warning,) = explained(office.explains("bankAccount"))["warnings"]
    assert warning["code"] == "account country not written"
    assert (
        "warning: The account's country is not Norway"
        in office.says("explain", KARI.user, "bankAccount").out
    )


def test_what_huma_never_told_is_nothing(office: Office) -> None:
    """Nothing to send, nothing confirmed, no write."""
    office.hires()
    said, document = office.says("explain", KARI.user, "gender").out, office.explains("gender")
    assert explained(document)["result"] == "nothing"
    (target,) = targets(document).values()
    assert (target["stands"], target["confirmed_at"], target["writes"]) == (
        "nothing to write", None, [],
    )  # fmt: skip
    assert "Huma never told it" in said
    assert "confirmed  never" in said


@pytest.mark.rule("R-37", "R-112")
def test_what_differs_and_is_not_sent_says_why(office: Office) -> None:
    """By the state of the link."""
    office.hires()
    stored = office.bench.stored
    stored.set(link, link.c.person == KARI.user, state=LinkState.DECLINED.value)
    stored.set(dirty, dirty.c.person == KARI.user, open=False)
    for target in targets(office.explains("phone")).values():
        assert target["stands"] == "differs"
        assert "Was never written. At a manual sync it was decided" in target["says"]


@pytest.mark.rule("R-78")
def test_of_the_deleted_nothing_is_explained(office: Office) -> None:
    """Ids, and when."""
    office.hires()
    office.arrivals.arrive("user.deleted", {}, 9, user=KARI.user)
    office.arrivals.read()
    document = office.explains("phone")
    assert only(document)["fields"] == []
    assert "every value is gone" in office.says("explain", KARI.user, "phone").out


def test_a_field_that_is_none_is_wrong_use(office: Office) -> None:
    """The message names them all."""
    office.hires()
    said = office.says("explain", KARI.user, "salary")
    assert (said.code, said.out) == (2, "")
    for name in ("bankAccount", "contractEndDate", "subledger.bankAccount"):
        assert name in said.err
