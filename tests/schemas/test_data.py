"""An event's `data`: strict where a value is needed, open everywhere else."""

from typing import Any

import pytest

from schemas.data import POSITION_FIELDS
from schemas.person import Projection
from schemas.reasons import Code
from tests.schemas.records import changed, event_of, example, refusal, structured

CREATED = example("user.created.v1")
USER = CREATED["data"]["user"]


def created(**changes: Any) -> dict[str, Any]:
    """Return `user.created` with other members of the person."""
    return {**CREATED, "data": {"user": {**USER, **changes}}}


def position(type_: str, given: Any) -> dict[str, Any]:
    """Return a position event about this position."""
    return {**example(f"position.{type_}.v1"), "data": {"position": given}}


def test_a_created_person_is_read_whole() -> None:
    """Fields, kind, account, groups, positions."""
    read = event_of(structured(CREATED))
    assert read.fields["email"] == "kari.nordmann@example.com"
    assert (read.user_type, read.active) == ("user", True)
    assert read.groups == tuple(group["id"] for group in USER["groups"])
    assert read.positions == {USER["positions"][0]["id"]: Projection(USER["positions"][0])}


@pytest.mark.rule("R-46")
def test_absent_and_null_are_not_the_same() -> None:
    """An empty text is null, also inside an address; a field that is not there stays absent."""
    read = event_of(
        structured(
            changed({"phone": "", "gender": None, "homeAddress": {"line1": "", "city": "A"}})
        )
    )
    assert dict(read.fields) == {
        "phone": None,
        "gender": None,
        "homeAddress": {"line1": None, "city": "A"},
    }


@pytest.mark.rule("R-87")
@pytest.mark.parametrize("value", [5, True, 1.5, [], {}, ["x"], "text"])
def test_what_a_field_holds_is_for_the_mapping_to_judge(value: Any) -> None:
    """A wrong value is one field's trouble, not the event's."""
    for name in ("email", "bankAccount", "homeAddress", "identifications"):
        assert event_of(structured(changed({name: value}))).fields[name] == value


@pytest.mark.rule("R-99")
def test_an_unconfirmed_email_is_not_seen() -> None:
    """Events carry the confirmed address; what else an API's shape says is left out."""
    read = event_of(structured(changed({"requestedValue": "new@example.com", "phone": "1"})))
    assert dict(read.fields) == {"phone": "1"}


@pytest.mark.rule("R-111")
def test_fields_that_are_not_synchronised_are_left_out() -> None:
    """An event may be left with none."""
    read = event_of(structured(changed({"salary": 5, "manager": "x", "Email": "a@b.no"})))
    assert dict(read.fields) == {}
    assert (read.user_type, read.active, read.groups) == (None, None, None)


def test_a_change_may_speak_of_kind_account_and_groups() -> None:
    """They mean what the other events mean, at this revision; no groups is an empty list."""
    read = event_of(
        structured(changed({"type": "service_user", "status": {"active": False}, "groups": []}))
    )
    assert (read.user_type, read.active, read.groups) == ("service_user", False, ())
    assert event_of(structured(changed({"groups": None}))).groups == ()
    said_nothing = event_of(structured(changed({"status": None, "type": None})))
    assert (said_nothing.user_type, said_nothing.active) == (None, None)
    assert event_of(structured(changed({"status": {}}))).active is None


@pytest.mark.parametrize(
    ("changes", "member"),
    [({"type": 5}, "type"), ({"type": "a\nb"}, "type"), ({"status": True}, "status"),
     ({"status": {"active": "yes"}}, "status.active"), ({"groups": "all"}, "groups"),
     ({"groups": ["a"]}, "groups"), ({"groups": [{"type": "team"}]}, "groups.id")],
)  # fmt: skip
def test_what_decides_about_a_person_is_strict(changes: dict[str, Any], member: str) -> None:
    """A lock or a group that is not understood must not be passed over."""
    for event in (changed(changes), created(**changes)):
        refused = refusal(structured(event))
        assert (refused.code, refused.fields) == (Code.BAD_EVENT, (member,))


def test_kinds_we_do_not_know_are_kept() -> None:
    """An unknown enum value is no error (R-95): it is no person, that is all."""
    assert event_of(structured(created(type="robot"))).user_type == "robot"


def test_deactivated_and_reactivated_decide_themselves() -> None:
    """Whatever the person that a reactivation carries says of the account."""
    assert event_of(structured(example("user.deactivated.v1"))).active is False
    back = {**example("user.reactivated.v1"), "data": {"user": {"status": {"active": False}}}}
    assert event_of(structured(back)).active is True


@pytest.mark.parametrize("type_", ["created", "updated"])
def test_a_position_is_kept_whole(type_: str) -> None:
    """All that the contract names, of the title as well; nothing else."""
    given = dict.fromkeys(POSITION_FIELDS, "x") | {
        "title": {"id": "t", "name": "N", "colour": "red"}, "salary": 5, "contractEndDate": "",
    }  # fmt: skip
    read = event_of(structured(position(type_, given))).positions["x"]
    assert read is not None
    assert set(read) == POSITION_FIELDS
    assert (read["title"], read["contractEndDate"]) == ({"id": "t", "name": "N"}, None)


def test_a_deleted_position_is_its_id() -> None:
    """And nothing is known of it any more."""
    assert event_of(structured(position("deleted", {"id": "p"}))).positions == {"p": None}


@pytest.mark.parametrize("type_", ["created", "updated", "deleted"])
@pytest.mark.parametrize("given", [None, [], "p", {}, {"id": None}, {"id": 5}, {"id": "a\nb"}])
def test_a_position_without_an_id_is_refused(type_: str, given: Any) -> None:
    """It could not be told from another."""
    assert refusal(structured(position(type_, given))).fields[0] in {"position", "position.id"}


@pytest.mark.parametrize(
    "data",
    [[], "text", 5, True, {"user": []}, {"user": None}, {"changes": {}}, {},
     {"user": {"positions": {}}}, {"user": {"positions": [{}]}}],
)  # fmt: skip
def test_a_created_person_of_a_wrong_shape_is_refused(data: Any) -> None:
    """Nothing of it is taken."""
    assert refusal(structured({**CREATED, "data": data})).code is Code.BAD_EVENT


@pytest.mark.rule("R-103")
def test_an_event_shows_names_and_never_values() -> None:
    """Neither its `repr` nor that of anything in it."""
    canary = "Kanarifugl-2718"
    values: dict[str, Any] = dict.fromkeys(
        ("email", "givenName", "familyName", "employmentId", "phone", "birthDate", "gender"), canary
    )
    values |= {
        "bankAccount": {"number": canary}, "homeAddress": {"line1": canary},
        "identifications": [{"value": canary}],
        "positions": [{"id": "p", "title": {"name": canary}}],
    }  # fmt: skip
    read = event_of(structured(created(**values)))
    assert canary in str(read.fields["email"])
    for shown in (repr(read), str(read), f"{read}", repr(read.fields), repr(read.positions)):
        assert canary not in shown
        assert "email" in shown or "Projection(id, title)" in shown
