"""The demo's proof holds only if Xledger holds what the story says, person by person."""

from collections.abc import Callable

import pytest

from console.demo.cast import TYPED, Cast
from console.demo.expectations import Record
from console.demo.member import Member, Standing
from console.demo.proof import LOCKED, NOT_SENT, NOT_TURNED, SENT, TURNED, prove
from console.demo.records import records_in, state_of


def held(players: Cast) -> list[Record]:
    """Return what Xledger holds when everything arrived."""
    return [dict(one) for one in players.employees()]


def test_it_holds_when_everything_arrived(players: Cast) -> None:
    """Equal and different people are counted, the latter with a reason."""
    proof = prove(players, held(players))
    assert proof.holds
    assert proof.equal + sum(proof.different.values()) == len(players.members)
    assert proof.equal > 100
    assert len(proof.different) >= 6
    assert proof.different[Standing.HIRED_AGAIN] == 3


def test_position_data_is_counted_by_why_it_is_so(players: Cast) -> None:
    """Sent, turned, locked, left alone: every linked person once, and each kind occurs."""
    proof = prove(players, held(players))
    assert proof.positions.keys() == {SENT, TURNED, LOCKED, NOT_SENT, NOT_TURNED}
    linked = [one for one in players.members.values() if one.standing is Standing.LINKED]
    assert sum(proof.positions.values()) == len(linked)


def test_what_stands_in_the_simulator_is_read_back_whole(players: Cast) -> None:
    """Every field that the proof compares, position data included, goes there and comes back."""
    assert records_in(state_of(held(players))) == held(players)


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


def missed(one: Member) -> Record | None:
    """Let midnight not have turned somebody."""
    return {"contact.jobTitle": "Ansatt"} if one.turned else None


def passed(one: Member) -> Record | None:
    """Let midnight have turned somebody who is locked."""
    return None if one.live else one.tomorrow


def leaked(one: Member) -> Record | None:
    """Let midnight have sent a position that nobody changed."""
    return {"contact.jobTitle": "Kokk"} if one.handover and not one.posted else None


def late(one: Member) -> Record | None:
    """Let a date be another."""
    return {"employee.noticeDate": "2026-01-01"} if one.posted else None


@pytest.mark.parametrize("wrong", [missed, passed, leaked, late])
def test_it_does_not_hold_when_position_data_is_wrong(
    players: Cast, wrong: Callable[[Member], Record | None]
) -> None:
    """One such person is enough."""
    linked = [one for one in players.members.values() if one.standing is Standing.LINKED]
    member, values = next((one, found) for one in linked if (found := wrong(one)))
    code = member.user["employmentId"]
    employees = [one | (values if one["employee.code"] == code else {}) for one in held(players)]
    proof = prove(players, employees)
    assert len(proof.unexplained) == 1
    assert member.id in proof.unexplained[0]


def test_what_was_typed_stays_unless_a_position_changed(players: Cast) -> None:
    """Xledger's own position data is another than Huma's, so that sending it would show (R-54)."""
    linked = [one for one in players.members.values() if one.standing is Standing.LINKED]
    for member in linked:
        assert member.expected is not None
        assert (TYPED.items() <= member.expected.items()) != member.posted
