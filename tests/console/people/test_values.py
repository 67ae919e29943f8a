"""Values on the terminal: never unasked, and only after the audit says who looked and why."""

import logging
from typing import Any

import pytest
import structlog

from connectors.store import audit as audits
from connectors.store.people_shown import StoredPeople
from processors.fields import FIELDS
from processors.people import explained, shown
from schemas.employee import Target
from schemas.person import HumaField, Json
from schemas.personal import Personal
from tests.console.people.conftest import KARI, Office, only
from tests.fixtures.working import whole

CANARY = "Kanari4711"
ASKED = ("--values", "--reason", "Kari rang om lønn, sak 4711")
PREVIEW = 86_400.0
ACCOUNT = "86011117947"
POSITION: dict[str, Json] = {
    "id": "p1", "title": {"name": CANARY}, "contractStartDate": "1911-11-11",
    "contractEndDate": "2111-11-11",
}  # fmt: skip
VALUES: dict[str, Json] = {
    "email": f"{CANARY}@x.no", "employmentId": CANARY, "givenName": CANARY, "familyName": CANARY,
    "phone": CANARY, "birthDate": "1911-11-11", "bankAccount": {"number": ACCOUNT},
    "homeAddress": {"line1": CANARY, "city": CANARY, "postalCode": CANARY},
    "gender": CANARY, "identifications": [{"id": CANARY, "type": "national", "value": CANARY}],
}  # fmt: skip
CANARIES = (CANARY, CANARY.lower(), ACCOUNT, "1911-11-11", "2111-11-11")


@pytest.fixture
def filled(office: Office) -> Office:
    """An office that knows a canary by every field: confirmed, and changed again since."""
    office.hires(POSITION, **VALUES)
    office.delivers()
    office.changes(5, **{name: value for name, value in VALUES.items() if name != "gender"})
    office.changes(6, phone=f"{CANARY} 2", bankAccount={"number": f"{ACCOUNT[:-1]}0"})
    return office


def found(text: str) -> list[str]:
    """Return the canaries in a text."""
    return [canary for canary in CANARIES if canary in text]


@pytest.mark.rule("R-103")
def test_no_value_is_shown_unasked(filled: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Not as text, not as JSON, not beside it, not in a log; in whatever state the person is."""
    caplog.set_level(logging.DEBUG)
    few = [("show", KARI.user), ("explain", KARI.user, "contractEndDate")]
    all_ = [few[0], *(("explain", KARI.user, name.value) for name in FIELDS)]
    with structlog.testing.capture_logs() as logs:
        for event, commands in ((None, all_), ("user.deactivated", few), ("user.deleted", few)):
            if event is not None:
                filled.arrivals.arrive(event, {}, 7 + len(event), user=KARI.user)
                filled.arrivals.read()
            for command in commands:
                for more in ((), ("--json",)):
                    said = filled.says(*command, *more)
                    assert (said.code, found(said.out + said.err)) == (0, [])
    assert found(f"{logs} {caplog.text}") == []
    assert filled.audited() != []
    assert "values.shown" not in {row[0] for row in filled.audited()}


@pytest.mark.rule("R-103", "R-104")
def test_confirmed_values_are_shown_for_a_reason(filled: Office) -> None:
    """As text and as JSON; the row says who, whom, which fields by name, and why, sealed."""
    said = filled.says("show", KARI.user, *ASKED)
    assert (said.code, said.err) == (0, "")
    assert f"{CANARY}@x.no" in said.out
    document = filled.shows(*ASKED)
    values = {one["target"]: one["value"] for one in only(document)["confirmed"]}
    assert (values["contact.phone"], values["employee.code"]) == (CANARY, CANARY)
    assert (values["contact.jobTitle"], values["employee.employmentTo"]) == (CANARY, "2111-11-11")
    rows = [row for row in filled.audited() if row[0] == "values.shown"]
    assert len(rows) == 2
    for _, user, actor, fields, reason in rows:
        assert (user, actor.startswith("command:")) == (KARI.user, True)
        assert fields.split(",") == sorted(values)
        assert found(fields) == []
        assert b"4711" not in bytes(reason)
        stored = filled.bench.stored
        with stored.store.read() as connection:
            why = audits.opened(
                connection, stored.keyring, KARI.organization, bytes(reason), KARI.user
            )
        assert why == Personal(ASKED[2])
    (newest, *_) = document["audit"]
    assert newest["action"] == "values.shown"  # the first one; its own row came after the look


@pytest.mark.rule("R-103", "R-104")
@pytest.mark.parametrize(
    ("field", "values", "names"),
    [
        ("phone", (f"{CANARY} 2", CANARY), {"phone", "contact.phone", "subledger.phone"}),
        ("contact.phone", (f"{CANARY} 2", CANARY), {"phone", "contact.phone"}),
        (
            "contractEndDate",
            ("2111-11-11", "1911-11-11"),
            {
                "employee.employmentTo", "position.title", "position.contractStartDate",
                "position.contractEndDate",
            },
        ),
        (
            "subledger.description",
            (f"{CANARY} {CANARY}",),
            {"givenName", "familyName", "subledger.description"},
        ),
    ],
)  # fmt: skip
def test_what_a_value_is_made_of_is_shown_for_a_reason(
    filled: Office, field: str, values: tuple[str, ...], names: set[str]
) -> None:
    """Inputs, what they come to now, and what was confirmed; each is named in the audit."""
    said = filled.says("explain", KARI.user, field, *ASKED)
    assert said.code == 0
    assert all(value in said.out for value in values)
    (row,) = [row for row in filled.audited() if row[0] == "values.shown"]
    assert set(row[3].split(",")) == names


@pytest.mark.rule("R-104")
def test_nothing_is_shown_that_could_not_be_audited(filled: Office) -> None:
    """The row is there before any value leaves."""
    refuse = {
        "sqlite": "CREATE TRIGGER refused BEFORE INSERT ON audit WHEN NEW.action = 'values.shown' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END",
        "postgresql": "ALTER TABLE audit ADD CHECK (action <> 'values.shown')",
    }
    with filled.bench.stored.store.begin() as connection:
        connection.exec_driver_sql(refuse[connection.dialect.name])
    for command in (("show", KARI.user), ("explain", KARI.user, "phone")):
        for more in ((), ("--json",)):
            said = filled.says(*command, *more, *ASKED)
            assert (said.code, said.out) == (1, "")
            assert found(said.err) == []


@pytest.mark.rule("R-104")
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--values"], "--values needs --reason"),
        (["--reason", "x"], "--reason is for --values"),
        (["--values", "--reason", " "], "say why"),
        (["--values", "--reason", "x" * 501], "longer than 500"),
    ],
)
def test_a_reason_is_needed_and_is_for_values(
    filled: Office, options: list[str], says: str
) -> None:
    """Wrong use; nothing is shown, nothing audited."""
    for command in (("show", KARI.user), ("explain", KARI.user, "phone")):
        said = filled.says(*command, *options)
        assert (said.code, said.out, says in said.err) == (2, "", True), said.err
    assert "values.shown" not in {row[0] for row in filled.audited()}


@pytest.mark.rule("R-78", "R-104")
def test_where_no_value_is_left_none_was_shown(filled: Office) -> None:
    """The audit does not tell of what was not there to see."""
    filled.arrivals.arrive("user.deleted", {}, 9, user=KARI.user)
    filled.arrivals.read()
    for command in (("show", KARI.user), ("explain", KARI.user, "phone")):
        said = filled.says(*command, *ASKED)
        assert (said.code, found(said.out)) == (0, [])
    assert "values.shown" not in {row[0] for row in filled.audited()}


@pytest.mark.rule("R-103")
def test_nothing_in_memory_prints_a_value(filled: Office) -> None:
    """Neither the snapshot nor the documents, before they are revealed."""
    stored = filled.bench.stored
    seen = StoredPeople(stored.store, stored.keyring, PREVIEW).look(KARI, None, 20, tuple(Target))
    documents: list[Any] = [shown.shown(seen, 5, values=True)]
    documents += [explained.explained(seen, name, 5, values=True) for name in FIELDS]
    assert all(shown.values_in(documents[0]))
    assert found(f"{seen!r} {documents!r} {documents}") == []


@pytest.mark.rule("R-103")
def test_the_canary_is_in_every_field() -> None:
    """Or the tests above would look for what is not there."""
    assert set(VALUES) == {name.value for name in HumaField} >= set(whole(1))


def test_a_value_cannot_take_over_the_terminal(office: Office) -> None:
    """Control characters of a text are shown as what they are."""
    office.hires(gender="\x1b[2J\u202eMale")
    said = office.says("explain", KARI.user, "gender", *ASKED)
    assert "\\u001b[2J\\u202eMale" in said.out
    assert "\x1b" not in said.out
