"""What goes over the wire: constant documents, values as variables, clears only where meant."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from connectors.xledger.documents import write_document, write_variables
from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target, TargetValue

NASTY = 'O\'Brien "Q" \\ \n\t \u2028 æøå 🦊 """ $a {x}'


def node(verb: Verb, record: Root, given_: Input, gender_by: Any = "code") -> dict[str, Any]:
    """Return the node of one input as it goes over the wire."""
    variables = write_variables([WriteRoot("a", verb, record, (given_,))], gender_by)
    wire: dict[str, Any] = variables["a"][0]
    assert wire["clientId"] == given_.client_id
    written: dict[str, Any] = wire["node"]
    return written


def test_each_root_has_an_alias_a_mutation_and_a_variable() -> None:
    """A document names every root once, with the input type its mutation takes."""
    roots = [
        WriteRoot("a0", Verb.UPDATE, Root.EMPLOYEE, ()),
        WriteRoot("a1", Verb.ADD, Root.CONTACT, ()),
        WriteRoot("a2", Verb.UPDATE, Root.SUBLEDGER, ()),
    ]
    assert write_document(roots) == (
        "mutation Write($a0: [UpdateEmployeesInput!]!, $a1: [AddContactsInput!]!, "
        "$a2: [UpdateSuppliersInput!]!) {\n"
        "  a0: updateEmployees(inputs: $a0) { edges { clientId node { dbId } } }\n"
        "  a1: addContacts(inputs: $a1) { edges { clientId node { dbId } } }\n"
        "  a2: updateSuppliers(inputs: $a2) { edges { clientId node { dbId } } }\n"
        "}"
    )


@pytest.mark.rule("R-51")
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_value_reaches_a_document(value: str) -> None:
    """The document of two requests with different values is the same text."""

    def document(text: str) -> str:
        written = Input("0", {Target.CONTACT_FIRST_NAME: text}, db_id="1")
        return write_document([WriteRoot("a", Verb.UPDATE, Root.CONTACT, (written,))])

    assert document(value) is document("Kari")


@pytest.mark.rule("R-51")
def test_every_character_arrives_unchanged(bench: Callable[..., Any]) -> None:
    """Quotes, backslashes, line breaks and emoji stand in the variables as they were."""
    written = Input("0", {Target.CONTACT_FIRST_NAME: NASTY}, db_id="1")
    roots = [WriteRoot("a", Verb.UPDATE, Root.CONTACT, (written,))]
    place = bench({"data": {"a": {"edges": None}}})
    place.ask(lambda client: client.write(roots))
    (body,) = place.bodies()
    assert body["variables"]["a"][0]["node"]["firstName"] == NASTY
    parse(body["query"])


def test_an_alias_that_is_no_name_is_refused() -> None:
    """Nothing but a GraphQL name can become part of a document."""
    with pytest.raises(ValueError, match="GraphQL name"):
        write_document([WriteRoot("a) {", Verb.ADD, Root.CONTACT, ())])


@pytest.mark.parametrize(
    ("record", "values", "expected"),
    [
        (Root.CONTACT, {Target.CONTACT_EMAIL: "a@x.no"}, {"email": "a@x.no"}),
        (Root.CONTACT, {Target.CONTACT_SOCIAL_SEC: None}, {"socialSec": None}),
        (Root.CONTACT, {Target.CONTACT_GENDER: "F"}, {"gender": {"code": "F"}}),
        (Root.CONTACT, {Target.CONTACT_GENDER: None}, {"gender": None}),
        (
            Root.CONTACT,
            {Target.CONTACT_STREET_ADDRESS: "Gata 1", Target.CONTACT_COUNTRY: "NO"},
            {"address": {"streetAddress": "Gata 1", "country": "NO"}},
        ),
        (
            Root.SUBLEDGER,
            {Target.SUBLEDGER_ZIP_CODE: "0150", Target.SUBLEDGER_COUNTRY: "NO"},
            {"zipCode": "0150", "country": {"code": "NO"}},
        ),
        (Root.SUBLEDGER, {Target.SUBLEDGER_BANK_ACCOUNT: None}, {"bankAccount": None}),
        (
            Root.EMPLOYEE,
            {Target.EMPLOYEE_CODE: "007", Target.EMPLOYMENT_TO: None},
            {"code": "007", "employmentTo": None},
        ),
    ],
)
def test_an_update_holds_exactly_what_differs(
    record: Root, values: dict[Target, TargetValue], expected: dict[str, Any]
) -> None:
    """A node carries its dbId and the values given, an explicit null among them (R-46)."""
    assert node(Verb.UPDATE, record, Input("0", values, db_id="42")) == {"dbId": "42", **expected}


@pytest.mark.rule("R-45", "R-46")
@pytest.mark.parametrize(
    ("record", "target"),
    [(t.root, t) for t in Target if ".address." in t.value],
)
def test_no_part_of_an_address_is_ever_null(record: Root, target: Target) -> None:
    """A null that the lane might give for an address is left out, never sent."""
    assert node(Verb.UPDATE, record, Input("0", {target: None}, db_id="1")) == {"dbId": "1"}


@pytest.mark.parametrize(("code", "name"), [("M", "MALE"), ("F", "FEMALE")])
def test_gender_is_looked_up_by_name_where_so_configured(code: str, name: str) -> None:
    """The same value goes out as a code or as a name, as the setting says."""
    given_ = Input("0", {Target.CONTACT_GENDER: code}, db_id="1")
    assert node(Verb.UPDATE, Root.CONTACT, given_, "name")["gender"] == {"name": name}


@pytest.mark.rule("R-36")
def test_what_is_added_carries_its_key_and_its_references() -> None:
    """Contacts and suppliers are added with their codes, employees with both records' dbIds."""
    record = Input("0", {Target.CONTACT_LAST_NAME: "Ås"}, code="HABC")
    assert node(Verb.ADD, Root.CONTACT, record) == {"code": "HABC", "lastName": "Ås"}
    employee = Input("0", {Target.EMPLOYEE_CODE: "12"}, code="H1", contact="5", subledger="6")
    assert node(Verb.ADD, Root.EMPLOYEE, employee) == {
        "code": "12",
        "contact": {"dbId": "5"},
        "subledger": {"dbId": "6"},
    }
    bare = Input("0", {}, code="H1", contact="5", subledger="6")
    assert node(Verb.ADD, Root.EMPLOYEE, bare)["code"] == "H1"


def test_every_target_has_a_place_on_the_wire() -> None:
    """No target is forgotten, and no two of a record share a name."""
    for target in Target:
        value = "M" if target is Target.CONTACT_GENDER else "x"
        written = node(Verb.UPDATE, target.root, Input("0", {target: value}, db_id="1"))
        assert len(written) == 2, target


def test_a_root_holds_targets_of_its_own_record_only() -> None:
    """A contact's value never goes into an employee's input."""
    wrong = Input("0", {Target.CONTACT_EMAIL: "x"}, db_id="1")
    with pytest.raises(KeyError):
        node(Verb.UPDATE, Root.EMPLOYEE, wrong)
