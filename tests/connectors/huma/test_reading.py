"""Reading one person, over real HTTP from the simulator (R-97, R-99)."""

from typing import Any
from uuid import uuid4

import pytest

from connectors.huma import HumaClient, Limits
from schemas.errors import NotFound, Unavailable
from schemas.person import HumaField
from simulators.huma.serve import Ready

pytestmark = pytest.mark.rule("R-97")


def test_a_person_is_read_as_events_tell_them(huma: Ready, ask: Any, first: str) -> None:
    """All ten fields and the whole positions come in the contract's names and shapes."""
    told = huma.simulator.organization.users[first]
    person = ask(lambda client: client.read(first))
    assert person.fields == {name.value: told.get(name.value) for name in HumaField}
    assert (person.type, person.active) == ("user", True)
    assert person.groups == tuple(group["id"] for group in told["groups"])
    expected = {
        id_: {name: value for name, value in position.items() if name != "primary"}
        for id_, position in huma.simulator.organization.positions[first].items()
    }
    assert person.positions == expected


def test_dates_that_only_the_detail_has_are_read(ask: Any, first: str, admin: Any) -> None:
    """Probation end and notice date come from each position's own answer."""
    id_ = str(uuid4())
    dates = {"probationEndDate": "2026-12-01", "terminationNoticeDate": "2027-01-01"}
    admin("PATCH", "/state", {"positions": {first: {id_: dates}}})
    assert ask(lambda client: client.read(first)).positions[id_] == {"id": id_, **dates}


def test_an_empty_field_is_null(ask: Any, first: str, admin: Any) -> None:
    """A field without a value, and an empty text, both come as None."""
    cleared = {"phone": None, "gender": "", "homeAddress": None, "identifications": None}
    admin("PATCH", "/state", {"users": {first: cleared}})
    fields = ask(lambda client: client.read(first)).fields
    assert {fields[name] for name in cleared} == {None}


@pytest.mark.rule("R-99")
def test_an_unconfirmed_email_is_ignored(ask: Any, first: str, admin: Any) -> None:
    """While a new address waits for its confirmation, the old one is the truth."""
    admin("PATCH", "/state", {"users": {first: {"requestedEmail": "new@fjordmat.example"}}})
    person = ask(lambda client: client.read(first))
    assert person.fields["email"] == "person00000@fjordmat.example"


@pytest.mark.rule("R-103")
def test_nothing_private_is_kept(ask: Any, first: str, admin: Any) -> None:
    """Salary, children, emergency contacts and diet are dropped before anything is returned."""
    private = {
        "salary": {"amount": 4711.0, "currency": "NOK"},
        "children": [{"id": str(uuid4()), "name": "Canary"}],
        "emergencyContacts": [{"id": str(uuid4()), "name": "Canary"}],
        "dietaryRequirements": "Canary",
    }
    admin("PATCH", "/state", {"users": {first: private}})
    person = ask(lambda client: client.read(first))
    assert set(person.fields) == {name.value for name in HumaField}
    assert "Canary" not in str(dict(person.fields))


@pytest.mark.rule("R-103")
def test_a_person_does_not_print_itself(ask: Any, first: str) -> None:
    """No value stands in the repr of what was read."""
    assert "fjordmat" not in repr(ask(lambda client: client.read(first)))


@pytest.mark.parametrize("user", ["9b2e0c1a-0000-4000-8000-00000000dead", "me", "..", "a/b", "\0"])
def test_an_unknown_person_is_not_found(ask: Any, user: str) -> None:
    """Whom Huma does not know is NotFound; what is no UUID is not even asked for."""
    with pytest.raises(NotFound):
        ask(lambda client: client.read(user))


def test_a_position_that_disappears_meanwhile_is_left_out(
    huma: Ready, ask: Any, first: str
) -> None:
    """A position listed but deleted before its detail is read is not an error."""
    gone = next(iter(huma.simulator.organization.positions[first]))
    whole = ask(lambda client: client.read(first))

    async def read(client: HumaClient) -> Any:
        original = client._position_ids

        async def listed(path: str) -> list[str]:
            ids = await original(path)
            huma.simulator.organization.patch({"positions": {first: {gone: None}}}, "test")
            return ids

        client._position_ids = listed  # type: ignore[method-assign]
        return await client.read(first)

    assert set(ask(read).positions) == set(whole.positions) - {gone}


def test_a_person_with_too_many_positions_is_refused(
    huma: Ready, first: str, admin: Any, asking: Any
) -> None:
    """The number of positions is bounded, across pages."""
    many = {str(uuid4()): {"contractType": "Other"} for _ in range(60)}
    admin("PATCH", "/state", {"positions": {first: many}})
    few = Limits(timeout=2, max_bytes=1 << 20, positions=40, people=1000, passes=4)
    enough = Limits(timeout=2, max_bytes=1 << 20, positions=100, people=1000, passes=4)
    assert many.keys() <= asking(huma, enough)(lambda c: c.read(first)).positions.keys()
    with pytest.raises(Unavailable, match="40 positions"):
        asking(huma, few)(lambda client: client.read(first))
