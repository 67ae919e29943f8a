"""Who is done, who is refused, and which field: from exact answers (R-86 to R-88)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.xledger.naming import MOST_QUOTES
from processors.ports.xledger import Input, RootAnswer, Verb, WriteRoot
from schemas.employee import Root, Target

pytestmark = pytest.mark.rule("R-86", "R-88")

Root_ = Callable[..., WriteRoot]
Told = Callable[..., Mapping[str, RootAnswer]]
BAD = {"extensions": {"code": "INVALID_VALUE"}}


@pytest.fixture
def told(bench: Callable[..., Any]) -> Told:
    """Return what the client says of an answer to roots."""

    def write(roots: list[WriteRoot], answer: Any, status: int = 200) -> Mapping[str, RootAnswer]:
        place = bench(answer, status)
        answers: Mapping[str, RootAnswer] = place.ask(lambda client: client.write(roots))
        (observed,) = place.numbers.observed
        assert observed[1:] == ("write", "refused" if answer.get("errors") else "ok")
        return answers

    return write


def edges(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    """Return a mutation's result: clientId and dbId."""
    return {"edges": [{"clientId": client, "node": {"dbId": db_id}} for client, db_id in pairs]}


@pytest.mark.parametrize(
    "result",
    [
        edges(("0", 1), ("1", "2"), ("2", 3)),
        edges(("2", 3), ("0", 1), ("1", 2)),
        edges((0, "1"), (1, "2"), (2, "3")),
        {"edges": [None, *edges(("0", 1), ("1", 2), ("2", 3))["edges"]]},
    ],
)
def test_success_is_told_by_client_id(told: Told, root: Root_, result: Any) -> None:
    """Order and JSON types of the edges do not matter."""
    answers = told([root("r0", Root.CONTACT)], {"data": {"r0": result}})
    assert answers == {"r0": RootAnswer({"0": "1", "1": "2", "2": "3"})}


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        {"edges": None},
        {"edges": []},
        {"edges": [None]},
        {"edges": [{"clientId": "0", "node": None}, {"clientId": "1", "node": {"dbId": None}}]},
        {"edges": [{"node": {"dbId": 1}}, {"clientId": None, "node": {"dbId": 1}}]},
        edges(("7", 1), ("", 1)),
    ],
)
def test_what_is_not_named_is_not_done(told: Told, root: Root_, result: Any) -> None:
    """An edge without our clientId or without a dbId confirms nothing."""
    answers = told([root("r0", Root.CONTACT)], {"data": {"r0": result}})
    assert answers == {"r0": RootAnswer({})}


def refused(answers: Mapping[str, RootAnswer], alias: str = "r0") -> tuple[Any, ...]:
    """Return what the only refusal of a root names."""
    (refusal,) = answers[alias].refusals
    return refusal.clients, refusal.target and refusal.target.value


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {"r0": None}}])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "x", "path": ["r0", "inputs", 1, "node", "birthday"]}, "contact.birthday"),
        (
            {"message": "x", "path": ["updateContacts", "inputs", 1, "node", "phone"]},
            "contact.phone",
        ),
        ({"message": "x", "path": ["r0", "edges", 1]}, None),
        (
            {"message": "x", "path": ["r0"], "extensions": {**BAD["extensions"], "clientId": "1"}},
            None,
        ),
        ({"message": "clientId '1': birthday is not a date", "path": ["r0"]}, None),
        ({"message": "inputs[1].node.address.zipCode: too long"}, "contact.address.zipCode"),
        (
            {"message": "inputs[1].gender.code: No value matching owner 4, code 'F'."},
            "contact.gender",
        ),
        (
            {"message": "Variable '$r0[1].node.birthday' is invalid. Not a date."},
            "contact.birthday",
        ),
        ({"message": "Variable '$r0.[1].node.phone' is invalid."}, "contact.phone"),
        (
            {
                "message": "Variable '$r0' got invalid value 7 at 'r0[1].node.jobTitle'; "
                "String cannot represent a non string value: 7"
            },
            "contact.jobTitle",
        ),
        ({"message": "Invalid value 'ole@x.no' for 'email'"}, "contact.email"),
        ({"message": "email: 'ole@x.no' is not an address"}, "contact.email"),
        ({"message": "Ole's name \"D'Arc 'the' \\\"7\\\"\" is odd"}, None),
        ({"message": "No record with dbId '100'"}, None),
    ],
)
def test_a_culprit_is_found_by_name(
    told: Told, root: Root_, status: int, data: Any, error: dict[str, Any], expected: str | None
) -> None:
    """By clientId, index, path or a value that only one input holds; and the field it names."""
    values = {"email": "ole@x.no", "lastName": "D'Arc 'the' \\\"7\\\""}
    told_ = told(
        [root("r0", Root.CONTACT, **values)], {**data, "errors": [{**BAD, **error}]}, status
    )
    assert refused(told_) == (("1",), expected)


@pytest.mark.parametrize(
    "message",
    [
        "Something is wrong.",
        "Value 'v0' and value 'v9' clash",
        "inputs[77]: bad",
        "clientId 'x9': bad",
        "Invalid value 'nobody@x.no'",
        "'" * (MOST_QUOTES + 1) + "v1'",
        "",
    ],
)
def test_naming_too_much_or_too_little_names_nobody(told: Told, root: Root_, message: str) -> None:
    """A value of two inputs, an index or clientId that was not sent: the search must find out."""
    roots = [root("r0", Root.CONTACT, email="v0")]
    answers = told(roots, {"errors": [{"message": message, "path": ["r0"]}]})
    assert answers["r0"].refusals[0].clients == ()


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        ({"message": "x", "extensions": {"code": "INVALID_VALUE"}}, False),
        ({"message": "x", "extensions": {"codes": ["ARGUMENTS_OF_CORRECT_TYPE"]}}, False),
        ({"message": "code: No value matching owner 1, code 'v1'."}, False),
        ({"message": "code: Multiple values matching owner 1, code 'v1'."}, False),
        ({"message": "x"}, True),
        ({"message": "x", "code": "SOMETHING.NEW"}, True),
        ({"message": "x", "code": "BAD_REQUEST.UNHEARD_OF"}, True),
        ("no object", True),
        ({}, True),
    ],
)
@pytest.mark.rule("R-85")
def test_only_unknown_codes_are_worth_repeating(
    told: Told, root: Root_, error: Any, *, retry: bool
) -> None:
    """A refusal that we know is the data's for good; one that nobody knows is tried again."""
    answers = told([root("r0", Root.CONTACT)], {"errors": [error], "data": {"r0": None}})
    assert answers["r0"].refusals[0].retry is retry


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("dbId: No value matching owner 42, dbId '100'.", True),
        ("inputs[1].node.dbId: No value matching owner 42, dbId '100'.", True),
        ("updateContacts.inputs[1].dbId: No value matching owner 42, dbId '100'.", True),
        ("gender.code: No value matching owner 42, code '100'.", False),
        ("dbId: No value matching owner 42, dbId '999'.", False),
        ("contact.dbId: No value matching owner 42, dbId '100'.", False),
    ],
)
def test_gone_is_a_record_whose_db_id_does_not_exist(
    told: Told, root: Root_, message: str, *, gone: bool
) -> None:
    """Only the look-up of the named input's own dbId makes its record gone."""
    answers = told([root("r0", Root.CONTACT)], {"errors": [{"message": message}]})
    assert answers["r0"].refusals[0].gone is gone


def test_a_bad_reference_is_not_the_record_itself(told: Told) -> None:
    """An employee added to a contact that is away is refused, and is not itself gone."""
    given = Input("0", {}, contact="5", subledger="6")
    answers = told(
        [WriteRoot("r0", Verb.ADD, Root.EMPLOYEE, (given,))],
        {"errors": [{"message": "subledger.dbId: No value matching owner 42, dbId '6'."}]},
    )
    (refusal,) = answers["r0"].refusals
    assert (refusal.clients, refusal.target, refusal.gone) == (("0",), None, False)


def three(root: Root_) -> list[WriteRoot]:
    """Return one root of each record."""
    return [
        root("r0", Root.EMPLOYEE, employmentFrom="2026-01-01", code="E1"),
        root("r1", Root.CONTACT, birthday="1990-01-01"),
        root("r2", Root.SUBLEDGER, bankAccount="123", description="E1"),
    ]


def test_an_error_belongs_to_the_root_of_its_path(told: Told, root: Root_) -> None:
    """The other roots are judged by what they answered (R-87)."""
    done = edges(("0", 1), ("1", 2), ("2", 3))
    errors = [{"message": "clientId 1 is bad", "path": ["r1"], **BAD}]
    answers = told(three(root), {"data": {"r0": done, "r1": None, "r2": done}, "errors": errors})
    assert [len(answers[alias].refusals) for alias in ("r0", "r1", "r2")] == [0, 1, 0]
    assert len(answers["r0"].done) == len(answers["r2"].done) == 3
    assert answers["r1"].done == {}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Something is wrong.", {"r0": (), "r1": (), "r2": ()}),
        ("Variable '$r2' is invalid.", {"r2": ()}),
        ("updateEmployees.inputs[1]: bad", {"r0": ("1",)}),
        ("birthday: not a date", {"r1": ()}),
        ("'123' is no account", {"r2": ("1",)}),
        ("'E1' is taken", {"r0": ("1",), "r2": ("1",)}),
        ("code: 'E1' is taken", {"r0": ("1",)}),
    ],
)
def test_an_error_without_a_path_belongs_where_it_names_most(
    told: Told, root: Root_, message: str, expected: dict[str, tuple[str, ...]]
) -> None:
    """To the roots it names, else to every root that is not done."""
    answers = told(three(root), {"data": None, "errors": [{"message": message, **BAD}]})
    found = {a: answer.refusals[0].clients for a, answer in answers.items() if answer.refusals}
    assert found == expected


def test_an_error_without_a_path_spares_what_is_done(told: Told, root: Root_) -> None:
    """A root all of whose inputs are answered cannot be the one refused."""
    done = edges(("0", 1), ("1", 2), ("2", 3))
    data = {"r0": done, "r1": None, "r2": done}
    answers = told(three(root), {"data": data, "errors": [{"message": "Something is wrong."}]})
    assert [len(answers[alias].refusals) for alias in ("r0", "r1", "r2")] == [0, 1, 0]


def test_a_root_may_be_done_in_part(told: Told, root: Root_) -> None:
    """Partial success: edges for some, an error for the other one by its index."""
    answers = told(
        [root("r0", Root.CONTACT)],
        {
            "data": {"r0": edges(("0", 7), ("2", 9))},
            "errors": [{"message": "bad", "path": ["r0", "edges", 1], **BAD}],
        },
    )
    assert answers["r0"].done == {"0": "7", "2": "9"}
    assert answers["r0"].refusals[0].clients == ("1",)


def test_who_is_done_is_no_culprit(told: Told, root: Root_) -> None:
    """An index that points to somebody who was confirmed points wrongly."""
    answers = told(
        [root("r0", Root.CONTACT)],
        {
            "data": {"r0": edges(("0", 7), ("1", 8))},
            "errors": [{"message": "bad", "path": ["r0", "edges", 1], **BAD}],
        },
    )
    assert answers["r0"].refusals[0].clients == ()


def test_several_errors_name_several_people(told: Told, root: Root_) -> None:
    """Each error is one refusal."""
    errors = [{"message": f"inputs[{n}].email: bad", **BAD} for n in range(3)]
    answers = told([root("r0", Root.CONTACT)], {"errors": errors})
    assert [r.clients for r in answers["r0"].refusals] == [("0",), ("1",), ("2",)]


@pytest.mark.rule("R-51")
def test_an_unterminated_string_names_the_likely_field(
    bench: Callable[..., Any], root: Root_
) -> None:
    """Where Xledger still answers so, the refusal and the log name fields, never values."""
    error = {"message": "Error parsing query: Unterminated string."}
    roots = [root("r0", Root.CONTACT, lastName='Canary "Q"', phone="41234567")]
    with capture_logs() as logged:
        answers = bench({"errors": [error]}).ask(lambda client: client.write(roots))
    (refusal,) = answers["r0"].refusals
    assert (refusal.target, refusal.retry) == (Target.CONTACT_LAST_NAME, False)
    (entry,) = logged
    assert entry == {
        "event": "xledger.syntax_refused",
        "log_level": "warning",
        "likely_fields": ["contact.lastName"],
    }


def test_a_refusals_text_is_kept_and_not_shown(told: Told, root: Root_) -> None:
    """Xledger's own text can quote a value: it is there for the error log, and prints nowhere."""
    answers = told([root("r0", Root.CONTACT)], {"errors": [{"message": "Canary 'v1'"}]})
    assert answers["r0"].refusals[0].text.reveal() == "Canary 'v1'"
    assert "Canary" not in repr(answers)
