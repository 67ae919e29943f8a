"""The demo's proof holds only if Xledger holds what the story says, person by person."""

from collections.abc import Callable
from datetime import date

import pytest

from console.demo.cast import Cast, cast
from console.demo.expectations import Record
from console.demo.proof import prove
from console.demo.story import Story

TODAY = date(2026, 11, 25)


@pytest.fixture
def players() -> Cast:
    """A cast after a day's work, all of which is expected to have arrived."""
    made = cast(3, 150, TODAY)
    story = Story(made, TODAY)
    for _ in story.day():
        pass
    return made


def held(players: Cast) -> list[Record]:
    """Return what Xledger holds when everything arrived."""
    return [dict(one) for one in players.employees()]


def test_it_holds_when_everything_arrived(players: Cast) -> None:
    """Equal and different people are counted, the latter with a reason."""
    proof = prove(players, held(players))
    assert proof.holds
    assert proof.equal + sum(proof.different.values()) == len(players.members)
    assert proof.equal > 50
    assert len(proof.different) >= 5


def lost(employees: list[Record]) -> None:
    """Let one value not have arrived."""
    employees[0]["contact.phone"] = "+47 00 00 00 00"


def doubled(employees: list[Record]) -> None:
    """Let one person be there twice."""
    employees.append(dict(employees[0]))


def missing(employees: list[Record]) -> None:
    """Let one person not be there."""
    del employees[0]


def strange(employees: list[Record]) -> None:
    """Let somebody who is Xledger's own have been written."""
    employees[-1]["subledger.bankAccount"] = "86011117947"


def unasked(employees: list[Record]) -> None:
    """Let there be somebody whom nobody asked for."""
    employees.append({**employees[0], "employee.code": "nobody's"})


@pytest.mark.parametrize("wrong", [lost, doubled, missing, strange, unasked])
def test_it_does_not_hold_when_anything_is_wrong(
    players: Cast, wrong: Callable[[list[Record]], None]
) -> None:
    """One wrong value among all is enough, and is named without itself."""
    employees = held(players)
    wrong(employees)
    proof = prove(players, employees)
    assert not proof.holds
    assert len(proof.unexplained) == 1
    assert "+47" not in proof.unexplained[0]
