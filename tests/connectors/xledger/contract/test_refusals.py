"""What is wrong with one person is told of that person alone (R-86 to R-88)."""

from collections.abc import Callable
from typing import Any

import pytest

from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target, TargetValue


def contacts(made: Any, target: Target, *values: TargetValue) -> WriteRoot:
    """Return a root that updates one field of the contacts in order."""
    inputs = [Input(str(n), {target: value}, made[n][0]) for n, value in enumerate(values)]
    return WriteRoot("r0", Verb.UPDATE, Root.CONTACT, tuple(inputs))


@pytest.mark.rule("R-86", "R-88")
@pytest.mark.usefixtures("any_xledger")
@pytest.mark.parametrize(
    ("target", "value"),
    [(Target.CONTACT_BIRTHDAY, "not a date"), (Target.CONTACT_GENDER, "X")],
)
def test_a_bad_value_is_blamed_on_its_person(
    ask: Any, create: Callable[..., Any], target: Target, value: str
) -> None:
    """Nobody but the culprit is named, it is not done, and trying again would not help."""
    root = contacts(create(3), target, None, value, None)
    answer = ask(lambda client: client.write([root]))["r0"]
    assert "1" not in answer.done
    assert {client for refusal in answer.refusals for client in refusal.clients} <= {"1"}
    assert answer.refusals
    assert not any(refusal.gone or refusal.retry for refusal in answer.refusals)


@pytest.mark.rule("R-87")
@pytest.mark.usefixtures("any_xledger")
@pytest.mark.parametrize(
    ("target", "value"),
    [(Target.CONTACT_BIRTHDAY, "not a date"), (Target.CONTACT_GENDER, "X")],
)
def test_a_bad_value_alone_names_its_field(
    ask: Any, create: Callable[..., Any], target: Target, value: str
) -> None:
    """When the culprit is tried once more alone, the field is known."""
    root = contacts(create(1), target, value)
    (refusal,) = ask(lambda client: client.write([root]))["r0"].refusals
    assert refusal.target is target


@pytest.mark.rule("R-37")
@pytest.mark.usefixtures("any_xledger")
def test_a_record_that_is_away_is_gone(ask: Any, create: Callable[..., Any]) -> None:
    """The dbId that does not exist is named as such, and nobody else is."""
    made = create(2) | {1: ("999999999", "", "")}
    root = contacts(made, Target.CONTACT_PHONE, "40000001", "40000002")
    answer = ask(lambda client: client.write([root]))["r0"]
    assert [(refusal.clients, refusal.gone) for refusal in answer.refusals] == [(("1",), True)]


@pytest.mark.rule("R-87")
def test_a_root_apart_is_done_beside_a_refused_one(ask: Any, create: Callable[..., Any]) -> None:
    """Aliased roots are judged apart where Xledger does so."""
    made = create(1)
    bad = contacts(made, Target.CONTACT_BIRTHDAY, "not a date")
    good = Input("0", {Target.EMPLOYMENT_FROM: "2026-02-01"}, made[0][2])
    roots = [bad, WriteRoot("r1", Verb.UPDATE, Root.EMPLOYEE, (good,))]
    answers = ask(lambda client: client.write(roots))
    assert (answers["r0"].done, len(answers["r0"].refusals)) == ({}, 1)
    assert (answers["r1"].done, answers["r1"].refusals) == ({"0": made[0][2]}, ())


@pytest.mark.rule("R-88")
@pytest.mark.parametrize("naming", ["clientId", "index", "value", "none"])
@pytest.mark.parametrize("report", ["all", "first"])
def test_a_refusal_names_whom_it_names(
    xledger: Any, ask: Any, create: Callable[..., Any], naming: str, report: str
) -> None:
    """By clientId, index or value the culprit is known; else nobody is accused."""
    made = create(3)
    match = {"root": "updateContacts", "field": "phone", "value": "bad"}
    fault = {"match": match, "fault": "refuse", "message": "odd", "naming": naming}
    xledger.admin("PUT", "faults", [{**fault, "report": report}])
    root = contacts(made, Target.CONTACT_PHONE, "40000000", "bad", "40000002")
    answer = ask(lambda client: client.write([root]))["r0"]
    (refusal,) = answer.refusals
    assert refusal.clients == (() if naming == "none" else ("1",))
    assert "1" not in answer.done
