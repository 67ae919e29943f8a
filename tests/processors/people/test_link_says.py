"""A link's state in words, and what keeps a person from being sent whatever it is (R-37)."""

from dataclasses import replace
from typing import Any

import pytest

from processors.links import LINKS
from processors.people.link_says import SAYS, WRITES, hindrances, is_outside, lacking
from schemas.connection import LinkState
from schemas.person import HumaField, Projection
from tests.processors.people.seen import FACTS, subject


@pytest.mark.rule("R-37")
@pytest.mark.parametrize("state", LinkState)
def test_every_state_has_its_sentence(state: LinkState) -> None:
    """Each another one, and a whole sentence."""
    assert SAYS[state].endswith(".")
    assert len(set(SAYS.values())) == len(LinkState)


@pytest.mark.rule("R-37")
def test_only_where_a_change_is_sent_nothing_is_said_to_be_withheld() -> None:
    """The sentences agree with the table of links, which decides."""
    sends = {state for state, row in LINKS.items() if row.code is None}
    assert sends == WRITES
    withheld = {state for state, says in SAYS.items() if "nothing" in says.lower()}
    assert withheld == set(LinkState) - sends - {LinkState.GONE}
    assert "decide" in SAYS[LinkState.GONE]


@pytest.mark.rule("R-17", "R-70", "R-101")
@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, []),
        ({"type": None, "active": None}, []),
        ({"type": "service_user"}, ["service user"]),
        ({"active": False, "active_version": 7}, ["by revision 7"]),
        ({"groups": ("g2",), "groups_version": 8}, ["since revision 8"]),
        ({"groups": ("g1", "g2")}, []),
        ({"type": "bot", "active": False, "groups": ()}, ["service", "Deactivated", "group"]),
        ({"type": "bot", "active": False, "groups": (), "deleted": True}, []),
    ],
)
def test_what_keeps_a_person_from_being_sent(more: dict[str, Any], says: list[str]) -> None:
    """Type, lock and group, with the revision that brought it; of the deleted nothing more."""
    told = hindrances(replace(FACTS, **more), "g1")
    assert len(told) == len(says)
    assert all(part in sentence for part, sentence in zip(says, told, strict=True))


@pytest.mark.rule("R-100")
def test_a_connection_of_everybody_has_nobody_outside() -> None:
    """And whose groups are not known is inside."""
    facts = replace(FACTS, groups=("g2",))
    assert is_outside(facts, "g1")
    assert not is_outside(facts, None)
    assert not is_outside(FACTS, "g1")


@pytest.mark.rule("R-31", "R-32")
@pytest.mark.parametrize("state", LinkState)
def test_what_is_missing_is_named_where_it_matters(state: LinkState) -> None:
    """By Huma's names; for whom nothing is written nothing is missing."""
    one = subject(state=state, projection=Projection({"email": "kari@x.no", "givenName": " "}))
    named = (HumaField.GIVEN_NAME, HumaField.FAMILY_NAME) if state in WRITES else ()
    assert lacking(one) == named
    assert lacking(replace(one, facts=replace(FACTS, deleted=True))) == ()
