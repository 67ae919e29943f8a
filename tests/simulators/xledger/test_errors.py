"""The catalogue of errors (`xledger-api.md` 4.3): bodies, statuses, and what is left undone."""

from typing import Any

import pytest

PROBE = "{ __typename }"


def test_one_path_and_one_method(xledger: Any) -> None:
    """POST to /graphql, in any case of letters."""
    headers = {"authorization": f"token {xledger.ready.tokens[0]['token']}"}
    for path in ("/graphql", "/GraphQL"):
        answer = xledger.http.post(path, json={"query": PROBE}, headers=headers)
        assert answer.json() == {"data": {"__typename": "Query"}}
    assert xledger.http.get("/graphql").status_code == 405
    assert xledger.http.post("/other").status_code == 404


def test_the_content_type_does_not_matter(xledger: Any) -> None:
    """The official sample sends none of JSON's."""
    headers = {"authorization": f"token {xledger.ready.tokens[0]['token']}"}
    answer = xledger.http.post("/graphql", content='{"query": "{__typename}"}', headers=headers)
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"query": 1}'])
def test_a_body_that_is_none(xledger: Any, body: str) -> None:
    """It is answered with an error, like everything."""
    headers = {"authorization": f"token {xledger.ready.tokens[0]['token']}"}
    answer = xledger.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 200
    assert len(answer.json()["errors"]) == 1


@pytest.mark.parametrize("status", [200, 401, 403])
@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        (None, "Bad format for API Token. Expected header: "),
        ("Bearer {}", "Bad format for API Token. Expected header: "),
        ("token bm90LWEtdG9rZW4", "Invalid API token."),
    ],
)
def test_a_token_that_is_none(
    xledger: Any, authorization: str | None, says: str, status: int
) -> None:
    """With the word `token` before it; the status is a switch."""
    xledger.set(auth_status=status)
    headers = {"authorization": authorization} if authorization else {}
    answer = xledger.http.post("/graphql", json={"query": PROBE}, headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["message"].startswith(says)) == (status, True)
    assert error.keys() == {"message"}


def test_a_token_may_have_expired(xledger: Any, message: Any) -> None:
    """Then it is one that nobody knows."""
    token = {**xledger.ready.tokens[0], "expires": "2020-01-01T00:00:00Z"}
    xledger.admin("PUT", "tokens", [token])
    assert message(xledger.ask(PROBE)) == "Invalid API token."


@pytest.mark.parametrize(
    ("scopes", "query", "lacks"),
    [
        ([], "{ employees { edges { cursor } } }", ["Employee read"]),
        (["Employee read"], "{ employees { edges { node { dbId } } } }", []),
        (
            ["Employee read"],
            "{ employees { edges { node { contact { address { place } } } } } }",
            ["Contact read", "Address read"],
        ),
        (
            ["Contact read"],
            "mutation { updateContacts(inputs: {node: {dbId: 1}}) { edges { clientId } } }",
            ["Contact write"],
        ),
        ([], "{ viewer { entity { company { dbId } } } }", []),
    ],
)
def test_a_scope_is_missing(xledger: Any, scopes: list[str], query: str, lacks: list[str]) -> None:
    """Reading follows the types that a document shows; nothing is executed."""
    xledger.admin("PUT", "tokens", [{**xledger.ready.tokens[0], "scopes": scopes}])
    answer = xledger.ask(query)
    told = [error["message"] for error in answer.get("errors", ())]
    assert told == [f"Token lacks scope {scope}." for scope in lacks]
    assert ("data" in answer) is not bool(lacks)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ('{ contacts(after: "x', "Unterminated string."),
        ('{ contacts(after: "a\nb") }', "Unterminated string."),
        ('{ contacts(after: "\\") }', "Unterminated string."),
        ("{ contacts(", "Syntax"),
    ],
)
def test_what_cannot_be_parsed(xledger: Any, query: str, says: str, status: int) -> None:
    """Interpolated text ends a string too early, or not at all."""
    xledger.set(syntax_status=status)
    answer = xledger.post(query)
    (error,) = answer.json()["errors"]
    assert answer.status_code == status
    assert error["message"].startswith("Error parsing query: ")
    assert says in error["message"] or says == "Syntax"
    assert "Syntax Error" not in error["message"]
    assert error["extensions"] == {"code": "SYNTAX_ERROR", "codes": ["SYNTAX_ERROR"]}
    assert error["locations"][0].keys() == {"line", "column"}


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        (
            "{ employees { edges { node { x } } } }",
            "FIELDS_ON_CORRECT_TYPE",
            "Cannot query field 'x' on type 'Employee'.",
        ),
        (
            "{ employees(x: 1) { edges { cursor } } }",
            "KNOWN_ARGUMENT_NAMES",
            "Unknown argument 'x'",
        ),
        ("query Q($a: X) { employees { edges { cursor } } }", "KNOWN_TYPE_NAMES", "Unknown type"),
        ("{ employees }", "SCALAR_LEAFS", "Field 'employees' of type 'EmployeeConnection'"),
        ("mutation { addContacts { edges { clientId } } }", "PROVIDED_NON_NULL_ARGUMENTS", "Field"),
        (
            "query Q($i: [Int64String!]) { employees(filter: {dbId_in: $i}) { edges { cursor } } }",
            "VARIABLES_IN_ALLOWED_POSITION",
            "Variable '$i' of type",
        ),
        (
            '{ employees(first: "1") { edges { cursor } } }',
            "ARGUMENTS_OF_CORRECT_TYPE",
            "Int cannot represent",
        ),
    ],
)
def test_a_document_that_does_not_fit(
    xledger: Any, query: str, code: str, says: str, status: int
) -> None:
    """Codes are graphql-dotnet's; the first error is the one meant here."""
    xledger.set(validation_status=status)
    answer = xledger.post(query)
    errors = {error["extensions"]["code"]: error for error in answer.json()["errors"]}
    assert answer.status_code == status
    assert errors[code]["message"].startswith(says)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"x": 1}, "'$r0[1].node' is invalid. Unrecognized input fields 'x' for type"),
        ({"phone": 1}, "'$r0[1].node.phone' is invalid. Unable to convert '1' to 'String'"),
        ({"address": {"place": []}}, "'$r0[1].node.address.place' is invalid. "),
        ({"gender": {"dbId": "x"}}, "'$r0[1].node.gender.dbId' is invalid. Unable to convert 'x'"),
        ({"gender": {"showAlternatives": "?"}}, "'$r0[1].node.gender.showAlternatives' is invalid"),
        (None, "'$r0[1].node' is invalid. Received a null input for a non-null variable."),
        ("x", "'$r0[1].node' is invalid. Unable to convert a value to 'AddContactsInputNode'"),
    ],
)
def test_a_variable_that_does_not_fit(xledger: Any, message: Any, node: Any, says: str) -> None:
    """It is told with its place, and nothing is done."""
    answer = xledger.write("addContacts", {}, node)
    assert message(answer).startswith(f"Variable {says}")
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VALUE"
    assert xledger.nodes("contacts") == []


def test_an_update_needs_its_record(xledger: Any, message: Any) -> None:
    """A missing required field is told."""
    told = message(xledger.write("updateContacts", {}))
    assert told == (
        "Variable '$r0[0].node.dbId' is invalid. No value provided for a non-null variable."
    )


@pytest.mark.parametrize("status", [200, 400])
def test_a_look_up_that_finds_nothing(xledger: Any, status: int) -> None:
    """The status is a switch; the text is Xledger's own."""
    xledger.set(lookup_status=status)
    answer = xledger.post(
        'mutation { addContacts(inputs: {node: {gender: {code: "X"}}}) { edges { clientId } } }'
    )
    owner = xledger.ready.tokens[0]["company"]
    assert (answer.status_code, answer.json()["errors"]) == (
        status,
        [
            {
                "message": f"gender.code: No value matching owner {owner}, code 'X'.",
                "path": ["addContacts"],
            }
        ],
    )


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("query A { __typename } query B { __typename }", "Document does not contain exactly one"),
        ("subscription { x }", ""),
        ("query Q($w: Boolean!) { __typename @skip(if: $w) }", ""),
    ],
)
def test_an_operation_that_is_none(xledger: Any, document: str, says: str) -> None:
    """It is refused as the document is."""
    answer = xledger.ask(document)
    assert answer["errors"][0]["message"].startswith(says)
