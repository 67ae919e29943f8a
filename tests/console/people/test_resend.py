"""Sending a person again by command: a request that intake reads and judges (R-112)."""

import time
from typing import Any

import pytest

from connectors.store import outbox
from connectors.store.outbox import NewRow
from connectors.store.tables import connection, field, link, person
from processors.ports.source import Place
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.topics import OUTCOMES, REQUESTS
from tests.console.people.conftest import KARI, KEY, Office
from tests.fixtures.sources import Arrived

WHY = ("--reason", "letter of 23 November")


@pytest.fixture
def employed(office: Office) -> Office:
    """Kari was created in Xledger, and all is quiet."""
    office.hires()
    office.delivers()
    office.arrivals.forget()
    return office


def asks(office: Office, *more: str) -> Any:
    """Ask for a resend, let it be published and read, and return what was said."""
    said = office.says("resend", KARI.user, *WHY, "--json", *more)
    assert said.code == 0, said.err
    place, there = Place(REQUESTS.name, 0), office.arrivals.source.records
    for row in office.arrivals.rows(REQUESTS.name):
        records, now = there.setdefault(place, []), int(time.time() * 1000)
        headers = list(row.headers)
        records.append(Arrived(place, len(records), row.key, row.value, headers, now))
    office.arrivals.forget()
    office.arrivals.read()
    office.delivers()
    return said.json


def ended(office: Office) -> dict[str, tuple[str, str | None]]:
    """Return result and reason of what ended, by the outcome's id."""
    told = office.arrivals.outcomes()
    return {one["id"]: (one["result"], one.get("reason")) for one in told}


@pytest.mark.rule("R-112")
def test_what_differs_is_sent_again(employed: Office) -> None:
    """As the projection has it now; the outcome has the id that the command said."""
    stored = employed.bench.stored
    phones = dict(stored.rows(field.c.field, field.c.value))
    with stored.store.begin() as transaction:
        cipher = stored.keyring.cipher_of(transaction, KARI.organization)
        sealed = cipher.seal(KARI.user, "field.value/phone", b'"41111111"')
    assert phones["phone"] is not None
    stored.set(field, field.c.field == "phone", value=sealed)
    (asked,) = asks(employed)["outcomes"]
    assert asked["connection"] == employed.bench.connection.id
    assert ended(employed) == {asked["id"]: ("applied", None)}
    assert "41111111" in [
        values.get(Target.CONTACT_PHONE)
        for values in employed.bench.xledger.records[Target.CONTACT_PHONE.root].values()
    ]


@pytest.mark.rule("R-112", "R-84")
def test_what_is_equal_costs_no_call(employed: Office) -> None:
    """All of it, or one field by name: unchanged."""
    before = len(employed.bench.xledger.writes)
    ids = [asks(employed, *more)["outcomes"][0]["id"] for more in ((), ("--field", "phone"))]
    assert ended(employed)[ids[1]] == ("unchanged", None)
    assert len(employed.bench.xledger.writes) == before


@pytest.mark.rule("R-71")
def test_a_locked_person_may_be_asked_for_and_ends_as_locked(employed: Office) -> None:
    """It is said at once, and so it ends."""
    employed.arrivals.arrive("user.deactivated", {}, 9, user=KARI.user)
    employed.arrivals.read()
    employed.arrivals.forget()
    said = asks(employed)
    assert said["notes"] == [f"connection {employed.bench.connection.id}: ends as skipped: locked"]
    assert ended(employed) == {said["outcomes"][0]["id"]: ("skipped", "locked")}


@pytest.mark.rule("R-104", "R-112")
def test_who_asked_and_why_is_in_the_audit(employed: Office) -> None:
    """With the names of the fields and the outcome; the request itself holds ids and names."""
    said = employed.says("resend", KEY, *WHY, "--field", "phone", "--field", "gender")
    assert said.code == 0, said.err
    assert "asked; outcome" in said.out
    ((_, user, actor, fields, reason),) = [
        row for row in employed.audited() if row[0] == "resend.requested"
    ]
    assert (user, actor.split(":")[0], fields) == (KARI.user, "command", "phone,gender")
    assert b"letter of" not in reason
    (row,) = employed.arrivals.rows(REQUESTS.name)
    assert row.key == KEY.encode()
    assert b"letter of" not in (row.value or b"")


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        ((person, {"deleted_at": 1}), (), "was deleted or erased"),
        ((person, {"type": "service_user"}), (), "is no person but a service_user"),
        ((link, {"state": LinkState.EXISTS.value}), (), ": exists"),
        ((connection, {"activated_at": None}), (), ": not active"),
        (None, ("--field", "title"), "does not go out yet"),
        (None, ("--connection", "c9"), "has no connection c9"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(
    employed: Office, change: Any, arguments: tuple[str, ...], says: str
) -> None:
    """Nothing is asked for, and nothing is in the audit."""
    if change is not None:
        table, values = change
        employed.bench.stored.set(table, table.c.organization == KARI.organization, **values)
    said = employed.says("resend", KARI.user, *WHY, *arguments)
    assert (said.code, said.out) == (1, "")
    assert says in said.err
    assert employed.arrivals.rows(REQUESTS.name) == []
    assert "resend.requested" not in [row[0] for row in employed.audited()]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((*WHY, "--field", "salary"), "'salary'"), ((), "--reason")],
)
def test_wrong_use_is_told_as_such(employed: Office, arguments: tuple[str, ...], says: str) -> None:
    """A field that nobody knows, no reason: exit code 2."""
    said = employed.says("resend", KARI.user, *arguments)
    assert (said.code, says in said.err) == (2, True)


def test_at_a_quarter_of_the_outbox_nobody_is_sent_again(employed: Office) -> None:
    """Requests wait first: what Huma's events caused has the room that is left."""
    rows = [NewRow(OUTCOMES.name, b"k", b"{}")] * 250
    with employed.bench.stored.store.begin() as transaction:
        outbox.write(transaction, employed.bench.stored.keyring, rows, 1)
    full = employed.operator.but(OUTBOX__LIMIT="1000")
    said = full.types("people", "resend", KARI.user, *WHY)
    assert (said.code, "OUTBOX__LIMIT" in said.err) == (1, True)
    assert employed.arrivals.rows(REQUESTS.name) == []
    room = employed.operator.but(OUTBOX__LIMIT="1004")
    assert room.types("people", "resend", KARI.user, *WHY).code == 0
