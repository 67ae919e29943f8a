"""What mutations do, and do not (`xledger-api.md` 1.6, 1.7, 4.2)."""

from collections.abc import Callable
from typing import Any

import pytest

ADDRESS = "address { streetAddress zipCode place country { code description } }"


def test_three_records_make_a_person(xledger: Any) -> None:
    """The employee shows contact and ledger record; a supplier and its subledger are one."""
    contact, supplier, employee = xledger.person()
    fields = "dbId code contactDbId email contact { dbId gender { name } } subledger { dbId code }"
    assert xledger.nodes("employees", fields) == [
        {
            "dbId": int(employee),
            "code": "E0",
            "contactDbId": int(contact),
            "email": "p0@x.no",
            "contact": {"dbId": contact, "gender": {"name": "FEMALE"}},
            "subledger": {"dbId": int(supplier), "code": "E0"},
        }
    ]
    assert xledger.nodes("subledgers") == xledger.nodes("suppliers") == [{"dbId": int(supplier)}]


def test_an_update_changes_what_it_names(xledger: Any) -> None:
    """An absent key is unchanged, null clears, and a part of an address leaves the others."""
    contact, *_ = xledger.person()
    node = {"dbId": contact, "lastName": None, "phone": "1", "address": {"place": "Bergen"}}
    xledger.write("updateContacts", node)
    (held,) = xledger.nodes("contacts", f"firstName lastName phone {ADDRESS}")
    assert (held["firstName"], held["lastName"], held["phone"]) == ("Kari", None, "1")
    assert held["address"]["place"] == "Bergen"
    assert held["address"]["streetAddress"] == "Gata 1"


@pytest.mark.parametrize(
    "address", [None, {}, {"place": None, "country": None, "streetAddress": None}]
)
def test_no_null_unsets_an_address(xledger: Any, address: Any) -> None:
    """Neither of the whole nor of a part (rule 7)."""
    contact, *_ = xledger.person()
    before = xledger.nodes("contacts", ADDRESS)
    xledger.write("updateContacts", {"dbId": contact, "address": address})
    assert xledger.nodes("contacts", ADDRESS) == before


def test_a_country_is_text_in_a_contact_and_a_look_up_in_a_supplier(xledger: Any) -> None:
    """Both are read as an object."""
    contact, supplier, _ = xledger.person()
    xledger.write("updateContacts", {"dbId": contact, "address": {"country": "Sweden"}})
    xledger.write("updateSuppliers", {"dbId": supplier, "place": "Umeå", "country": {"code": "SE"}})
    for root in ("contacts", "suppliers"):
        (held,) = xledger.nodes(root, ADDRESS)
        assert held["address"]["country"] == {"code": "SE", "description": "Sweden"}


def test_a_supplier_has_code_and_description(xledger: Any, message: Callable[..., str]) -> None:
    """Nothing else is needed to create one; codes need not be unique."""
    assert message(xledger.write("addSuppliers", {"code": "7"})) == (
        "description: A value is required."
    )
    first, second = xledger.add("addSuppliers", *[{"code": "7", "description": "x"}] * 2)
    assert first != second


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"birthday": "1.2.1990"}, "birthday: '1.2.1990' is no date of the form yyyy-MM-dd."),
        ({"birthday": "1990-02-30"}, "birthday: '1990-02-30' is no date of the form yyyy-MM-dd."),
        ({"gender": {"code": "X"}}, "gender.code: No value matching owner {owner}, code 'X'."),
        (
            {"address": {"country": "ZZ"}},
            "address.country: No value matching owner {owner}, code 'ZZ'.",
        ),
        ({"gender": {"code": "M", "name": "FEMALE"}}, "gender.code: No value matching owner "),
    ],
)
def test_a_wrong_value_is_told(
    xledger: Any, message: Callable[..., str], node: dict[str, Any], says: str
) -> None:
    """Dates in our words, look-ups in Xledger's; several keys must all match."""
    told = message(xledger.write("addContacts", node))
    assert told.startswith(says.format(owner=xledger.ready.tokens[0]["company"]))
    assert xledger.nodes("contacts") == []


def test_a_look_up_may_find_several(xledger: Any, message: Callable[..., str]) -> None:
    """Then it says so, and nothing is done."""
    contact, _, _ = xledger.person()
    xledger.add("addSuppliers", {"code": "E0", "description": "another"})
    links = {"contact": {"dbId": contact}, "subledger": {"code": "E0"}}
    told = message(xledger.write("addEmployees", links))
    assert told.startswith("subledger.code: Multiple values matching owner ")


def test_alternatives_can_be_asked_for(xledger: Any) -> None:
    """The mutation fails on purpose, and shows what would do."""
    answer = xledger.write("addContacts", {"gender": {"showAlternatives": "YES"}})
    (error,) = answer["errors"]
    examples = error["extensions"]["exampleValidInputs"]
    assert [(one["code"], one["text"]) for one in examples] == [("M", "MALE"), ("F", "FEMALE")]


def test_a_root_is_done_whole_or_not_at_all(xledger: Any) -> None:
    """By default one wrong input leaves the others undone, and all wrong ones are reported."""
    nodes = [{"phone": "1"}, {"birthday": "x"}, {"phone": "3"}, {"birthday": "y"}]
    answer = xledger.write("addContacts", *nodes)
    assert answer["data"] == {"r0": None}
    assert [error["path"] for error in answer["errors"]] == [["r0"], ["r0"]]
    assert xledger.nodes("contacts") == []


def test_a_root_may_be_done_in_part(xledger: Any) -> None:
    """Under a switch the others are done, and the error names the edge."""
    xledger.set(atomic=False)
    answer = xledger.write("addContacts", {"phone": "1"}, {"birthday": "x"}, {"phone": "3"})
    assert [edge and edge["clientId"] for edge in answer["data"]["r0"]["edges"]] == ["0", None, "2"]
    assert [error["path"] for error in answer["errors"]] == [["r0", "edges", 1]]
    assert len(xledger.nodes("contacts")) == 2


TWO = (
    "mutation M($a: [AddContactsInput!]!, $b: [AddContactsInput!]!) {"
    " good: addContacts(inputs: $a) { edges { node { dbId } } }"
    " bad: addContacts(inputs: $b) { edges { node { dbId } } } }"
)


@pytest.mark.parametrize(("apart", "left"), [(True, 1), (False, 0)])
def test_roots_stand_apart_or_together(xledger: Any, *, apart: bool, left: int) -> None:
    """What one root did is undone with another, or not, as the switch says."""
    xledger.set(aliases_apart=apart)
    answer = xledger.ask(TWO, a={"node": {}}, b={"node": {"birthday": "x"}})
    assert len(xledger.nodes("contacts")) == left
    assert (answer["data"] or {}).get("bad") is None
    entry = xledger.journal()[0]
    assert len(entry["committed"]) == left


def test_at_most_500_at_once(xledger: Any, message: Callable[..., str]) -> None:
    """One more is refused whole."""
    assert len(xledger.add("addContacts", *[{}] * 500)) == 500
    told = message(xledger.write("addContacts", *[{}] * 501))
    assert told == "inputs: At most 500 nodes per mutation, not 501."


def test_a_record_that_is_away_is_named(xledger: Any, message: Callable[..., str]) -> None:
    """By its dbId, as a look-up."""
    told = message(xledger.write("updateEmployees", {"dbId": "999"}))
    owner = xledger.ready.tokens[0]["company"]
    assert told == f"dbId: No value matching owner {owner}, dbId '999'."


def test_links_are_required_or_made(xledger: Any, message: Callable[..., str]) -> None:
    """By default they are required; under a switch they come into being."""
    assert message(xledger.write("addEmployees", {"code": "1"})) == "contact: A value is required."
    xledger.set(require_links=False)
    xledger.add("addEmployees", {"code": "1"})
    (held,) = xledger.nodes("employees", "contact { dbId } subledger { code }")
    assert held["subledger"] == {"code": "1"}
    assert held["contact"]["dbId"]


@pytest.mark.parametrize("passes", [True, False])
def test_inline_fields_are_passed_on_by_a_switch_only(xledger: Any, *, passes: bool) -> None:
    """By default nobody may rely on them."""
    xledger.set(inline_fields=passes)
    *_, employee = xledger.person()
    node = {"dbId": employee, "firstName": "Eva", "bankAccount": "1", "phoneSubledger": "2"}
    xledger.write("updateEmployees", node)
    (contact,) = xledger.nodes("contacts", "firstName")
    (supplier,) = xledger.nodes("suppliers", "bankAccount phone")
    assert contact["firstName"] == ("Eva" if passes else "Kari")
    assert supplier == {"bankAccount": "1" if passes else None, "phone": "2" if passes else None}


@pytest.mark.parametrize("unique", [True, False])
def test_an_employee_code_is_unique_by_a_switch_only(xledger: Any, *, unique: bool) -> None:
    """Also within one request; keeping one's own code is no clash."""
    xledger.set(unique_employee_code=unique, require_links=False)
    (first,) = xledger.add("addEmployees", {"code": "1"})
    assert "errors" not in xledger.write("updateEmployees", {"dbId": first, "code": "1"})
    assert ("errors" in xledger.write("addEmployees", {"code": "1"})) is unique
    assert ("errors" in xledger.write("addEmployees", {"code": "2"}, {"code": "2"})) is unique


@pytest.mark.parametrize(
    ("number", "right"), [("17912099997", True), ("17912099996", False), ("1", False)]
)
def test_an_identity_number_is_checked_by_a_switch_only(
    xledger: Any, number: str, *, right: bool
) -> None:
    """Eleven digits, the last two as they must be."""
    assert "errors" not in xledger.write("addContacts", {"socialSec": number})
    xledger.set(check_social_sec=True)
    assert ("errors" not in xledger.write("addContacts", {"socialSec": number})) is right


def test_an_employee_shows_no_whole_identity_number(xledger: Any) -> None:
    """Its last five digits are masked; the contact shows them."""
    contact, *_ = xledger.person()
    xledger.write("updateContacts", {"dbId": contact, "socialSec": "17912099997"})
    assert xledger.nodes("employees", "socialSecurityMasked contact { socialSec }") == [
        {"socialSecurityMasked": "179120*****", "contact": {"socialSec": "17912099997"}}
    ]


def test_what_nobody_uses_answers_null(xledger: Any) -> None:
    """The schema is served whole."""
    query = 'mutation { addWebhooks(inputs: {node: {url: "x"}}) { edges { clientId } } }'
    assert xledger.ask(query) == {"data": {"addWebhooks": None}}
