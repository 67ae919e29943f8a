"""A change in Huma reaches the right Xledger employee, or ends with a reason."""

import json
from typing import Any
from uuid import uuid4

import pytest

from schemas.topics import EVENTS
from tests.path.conftest import MainPath, event_of, headers_of

NEW: dict[str, Any] = {
    "type": "user",
    "status": {"active": True},
    "groups": [],
    "email": "ny@example.no",
    "givenName": "Ny",
    "familyName": "Kollega",
    "employmentId": "00071",
    "phone": "+47 40 00 00 01",
}


@pytest.mark.rule("R-40", "R-42", "R-80")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"phone": "+47 41 22 33 44"}, {"contact.phone": "+47 41 22 33 44",
                                         "subledger.phone": "+47 41 22 33 44"}),
        ({"givenName": "Åse", "familyName": "Ødegård"}, {
            "contact.firstName": "Åse", "contact.lastName": "Ødegård",
            "subledger.description": "Åse Ødegård"}),
        ({"bankAccount": {"type": "national", "code": "NO", "country": "NO",
                          "number": "8601.11.17947"}}, {"subledger.bankAccount": "86011117947"}),
        ({"homeAddress": {"line1": "Storgata 1", "line2": None, "postalCode": "0155",
                          "city": "Oslo", "country": "NO"}}, {
            "contact.address.streetAddress": "Storgata 1", "subledger.address.zipCode": "0155",
            "subledger.address.country": "NO"}),
    ],
)  # fmt: skip
def test_a_change_arrives_and_nothing_else_changes(
    path: MainPath, values: dict[str, Any], expected: dict[str, str]
) -> None:
    """The right employee's record, on every target; one outcome, applied."""
    member = path.person()
    before = path.employee(member)
    path.change(member, values)
    (outcome,) = path.ends(member.id)
    assert (outcome["result"], outcome["connection"]) == ("applied", path.stage.connection)
    assert set(outcome["fields"]) == set(values)
    after = path.employee(member)
    assert {name: after[name] for name in expected} == expected
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {name for name in after if _same_group(name, expected)}


def _same_group(name: str, expected: dict[str, str]) -> bool:
    return name in expected or ("address" in name and any("address" in one for one in expected))


@pytest.mark.rule("R-04", "R-06", "R-36", "R-40")
def test_a_new_colleague_becomes_one_employee(path: MainPath) -> None:
    """Contact, supplier and employee, with the employment id as it was typed."""
    user = str(uuid4())
    path.change(user, {**NEW, "origin": "teamtailor"})
    assert path.results(user) == [("applied", None)]
    (employee,) = path.employees("00071")
    assert employee["contact.email"] == employee["subledger.email"] == "ny@example.no"
    assert employee["subledger.description"] == "Ny Kollega"


@pytest.mark.rule("R-05")
def test_a_change_of_somebody_who_is_not_linked_is_skipped(path: MainPath) -> None:
    """Nobody is created by a change."""
    member = path.unlinked()
    path.change(member, {"phone": "+47 41 22 33 45"})
    assert path.results(member.id) == [("skipped", "not linked")]
    assert path.employees(member.user["employmentId"]) == []


@pytest.mark.rule("R-70", "R-71")
def test_what_was_changed_before_the_lock_still_goes(path: MainPath) -> None:
    """The change a moment before the deactivation arrives, the one after it does not."""
    member = path.person()
    path.change(member, {"phone": "+47 41 22 33 46"})
    path.change(member, {"status": {"active": False}})
    path.change(member, {"bankAccount": {"number": "86011117947", "country": "NO",
                                         "type": "national", "code": "NO"}})  # fmt: skip
    account = path.employee(member)["subledger.bankAccount"]
    results = path.results(member.id, 3)
    assert ("applied", None) in results
    assert ("skipped", "locked") in results
    held = path.employee(member)
    assert (held["contact.phone"], held["subledger.bankAccount"]) == ("+47 41 22 33 46", account)


@pytest.mark.rule("R-75", "R-78")
def test_a_deleted_person_stays_in_xledger(path: MainPath) -> None:
    """Deletion itself and everything after it is skipped; the record is as it was."""
    member = path.person()
    before = path.employee(member)
    path.change(member, None)
    path.ends(member.id)
    path.publish(
        b'{"changes": {"phone": "+47 99 99 99 99"}}', event_of(path.organization, member.id),
        f"{path.organization}:{member.id}".encode(),
    )  # fmt: skip
    assert path.results(member.id, 2) == [("skipped", "deleted")] * 2
    assert path.employee(member) == before


@pytest.mark.rule("R-44", "R-85", "R-87", "R-90")
def test_a_value_that_cannot_be_sent_is_a_letter_and_the_others_arrive(path: MainPath) -> None:
    """The letter is the record as it came, with headers that say what failed; no value in them."""
    member = path.person()
    wrong = {"number": "86011117948", "country": "NO", "type": "national", "code": "NO"}
    path.change(member, {"bankAccount": wrong, "phone": "+47 41 22 33 47"})
    (outcome,) = path.ends(member.id)
    assert (outcome["result"], outcome["reason"]) == ("dead-lettered", "invalid bank account")
    ends = {name: end["result"] for name, end in outcome["fields"].items()}
    assert ends == {"bankAccount": "failed", "phone": "applied"}
    assert path.employee(member)["contact.phone"] == "+47 41 22 33 47"
    (letter,) = path.letters_of(outcome["event"]["id"])
    headers = headers_of(letter)
    assert letter.key() == f"{path.organization}:{member.id}".encode()
    said = {
        name: (headers[f"huma-xledger-{name}"] or b"").decode()
        for name in ("source-topic", "event-source", "connection", "stage", "class", "code",
                     "fields", "attempts")
    }  # fmt: skip
    assert said == {
        "source-topic": EVENTS.name, "event-source": outcome["event"]["source"],
        "connection": path.stage.connection, "stage": "map", "class": "data",
        "code": "invalid bank account", "fields": "bankAccount", "attempts": "0",
    }  # fmt: skip
    assert b"86011117948" in (letter.value() or b"")
    assert b"86011117948" not in b"".join(value or b"" for value in headers.values())


@pytest.mark.rule("R-83", "R-84")
def test_the_same_value_again_costs_no_call(path: MainPath) -> None:
    """A newer event with the confirmed value is unchanged; an older one is stale."""
    member = path.person()
    key = f"{path.organization}:{member.id}".encode()
    value = b'{"changes": {"phone": "+47 41 22 33 48"}}'
    for revision in (2_000_000_000_000_001, 2_000_000_000_000_002, 2_000_000_000_000_000):
        headers = event_of(path.organization, member.id, revision=str(revision))
        path.publish(value, headers, key)
        path.ends(member.id, revision % 10 or 3)
    assert path.results(member.id, 3) == [
        ("applied", None), ("unchanged", None), ("skipped", "stale"),
    ]  # fmt: skip


@pytest.mark.rule("R-81", "R-98")
def test_an_organisation_without_a_connection_leaves_no_trace(path: MainPath) -> None:
    """Nothing of it is told, and what comes after it is handled."""
    organization, user = str(uuid4()), str(uuid4())
    key = f"{organization}:{user}".encode()
    path.publish(b'{"changes": {"phone": "1"}}', event_of(organization, user), key)
    member = path.person()
    path.change(member, {"phone": "+47 41 22 33 49"})
    assert path.results(member.id) == [("applied", None)]
    assert path.ended(user) == []


@pytest.mark.rule("R-95", "R-96", "R-111")
@pytest.mark.parametrize(
    ("value", "attributes", "result", "reason"),
    [
        (b"no json", {}, "dead-lettered", "not JSON"),
        (b'{"changes": {"phone": "\xff"}}', {}, "dead-lettered", "not JSON"),
        (b'{"changes": {"phone": NaN}}', {}, "dead-lettered", "not JSON"),
        (None, {}, "dead-lettered", "schema"),
        (b"{}", {"time": "2099-01-01T00:00:00Z"}, "dead-lettered", "schema"),
        (b'{"changes": {"shoeSize": 43}}', {}, "skipped", "no supported field"),
        (b'{"changes": {"birthDate": "1990-02-30"}}', {}, "dead-lettered", "invalid birth date"),
        (b'{"changes": {"phone": "' + b"7" * 2_000_000 + b'"}}', {}, "dead-lettered", "too large"),
        (b'{"changes": {"phone": "1"}}', {"revision": "1.5"}, "dead-lettered", "schema"),
        (b'{"changes": {}}', {"type": "com.humahr.user.moved.v1"}, "dead-lettered",
         "unsupported type"),
        (b"{}", {"type": "com.humahr.absence.created.v1"}, "skipped", "not ours"),
    ],
)  # fmt: skip
def test_a_strange_event_ends_and_the_next_one_arrives(
    path: MainPath, value: bytes | None, attributes: dict[str, str], result: str, reason: str
) -> None:
    """Whatever comes gets the outcome that the rules name, and holds up nobody."""
    member = path.person()
    key = f"{path.organization}:{member.id}".encode()
    headers = event_of(path.organization, member.id, **attributes)
    path.publish(value, headers, key)
    path.change(member, {"phone": "+47 41 22 33 50"})
    by_id = {one["event"]["id"]: one for one in path.ends(member.id, 2)}
    strange = by_id.pop(dict(headers)["ce_id"])
    (good,) = by_id.values()
    assert (strange["result"], strange.get("reason")) == (result, reason)
    assert good["result"] == "applied"
    if result == "dead-lettered":
        (letter,) = path.letters_of(strange["event"]["id"])
        assert (letter.value(), letter.key()) == (value, key)


@pytest.mark.rule("R-81", "R-95")
def test_a_user_id_that_no_store_takes_is_a_letter(path: MainPath) -> None:
    """U+0000 in the subject and in the key: refused, and the next one is handled."""
    user = "9b2e0c1a-0000-4000-8000-0000000000\x00a"
    headers = event_of(path.organization, user)
    path.publish(b'{"changes": {"phone": "1"}}', headers, f"{path.organization}:{user}".encode())
    member = path.person()
    path.change(member, {"phone": "+47 41 22 33 51"})
    path.ends(member.id)
    id_ = dict(headers)["ce_id"]
    assert isinstance(id_, str)
    (letter,) = path.letters_of(id_)
    assert headers_of(letter)["huma-xledger-code"] == b"schema"


def test_structured_mode_arrives_too(path: MainPath) -> None:
    """The mode is the content type's: one JSON document, numbers as numbers."""
    member = path.person()
    attributes = {name[3:]: value for name, value in event_of(path.organization, member.id)}
    event = {**attributes, "revision": 3_000_000_000_000_000,
             "data": {"changes": {"phone": "+47 41 22 33 52"}}}  # fmt: skip
    path.publish(
        json.dumps(event).encode(), [("content-type", "application/cloudevents+json")],
        f"{path.organization}:{member.id}".encode(),
    )  # fmt: skip
    assert path.results(member.id) == [("applied", None)]
    assert path.employee(member)["contact.phone"] == "+47 41 22 33 52"
