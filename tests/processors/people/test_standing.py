"""How an Xledger field stands: what is sent, what is equal, and why the rest is not sent."""

from dataclasses import replace
from typing import Any

import pytest

from processors.fields import FIELDS, targets_of
from processors.people.judged import judge
from processors.people.rules_of import RULES_OF, rules_of
from processors.people.standing import Stands, standing_of
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.person import Field, HumaField, PositionField, Projection
from tests.processors.people.seen import FACTS, NOW, WHOLE, link, subject

PHONE = HumaField.PHONE
CONFIRMED = {Target.CONTACT_PHONE: "41234567", Target.SUBLEDGER_PHONE: "old"}
LOCKED = replace(FACTS, active=False, active_version=2)
ENDING = {"p1": Projection({"contractEndDate": "2026-01-01"})}
CLEAN: dict[str, Any] = {"dirty": ()}


@pytest.mark.rule("R-84", "R-112")
@pytest.mark.parametrize(
    ("name", "more", "stands", "says"),
    [
        (PHONE, {}, Stands.SENT, "Will be sent to Xledger"),
        (PHONE, {"state": LinkState.WANTED}, Stands.SENT, "with the creation"),
        (PHONE, {"confirmed": CONFIRMED}, Stands.EQUAL, "Equal"),
        (PHONE, CLEAN, Stands.DIFFERS, "Was never written. The next change"),
        (
            PHONE,
            CLEAN | {"confirmed": {Target.CONTACT_PHONE: "old"}},
            Stands.DIFFERS,
            "Differs from what Xledger confirmed. The next change",
        ),
        (PHONE, {"state": LinkState.DECLINED}, Stands.DIFFERS, "it was decided not to create"),
        (PHONE, CLEAN | {"facts": LOCKED}, Stands.DIFFERS, "deactivated"),
        (
            PHONE,
            {"projection": Projection({"phone": "1"})},
            Stands.DIFFERS,
            "A required field is missing",
        ),
        (HumaField.GENDER, {}, Stands.NOTHING, "Nothing is written"),
        (
            PHONE,
            CLEAN | {"projection": Projection(WHOLE | {"phone": None})},
            Stands.NOTHING,
            "Empty, and never written",
        ),
        (PositionField.CONTRACT_END, {"positions": ENDING}, Stands.DIFFERS, "position data"),
        (
            PositionField.CONTRACT_END,
            {"positions": ENDING, "triggered": True},
            Stands.DIFFERS,
            "The next change",
        ),
    ],
)
def test_each_target_is_told_how_it_stands(
    name: Field, more: dict[str, Any], stands: Stands, says: str
) -> None:
    """As the lane would judge it now, and why it is not sent where it is not."""
    seen = link(subject=subject(**more))
    told = standing_of(name, targets_of(name)[0], seen, judge(seen, NOW), complete=True)
    assert told.stands is stands
    assert says in told.says


def test_who_was_never_read_is_read_first() -> None:
    """Whatever else could be said."""
    seen = link(subject=subject(dirty=()))
    told = standing_of(PHONE, Target.CONTACT_PHONE, seen, judge(seen, NOW), complete=False)
    assert "read from Huma" in told.says


def test_every_field_names_the_rules_that_map_it() -> None:
    """Each with a title, and one at least."""
    assert set(RULES_OF) == set(FIELDS)
    assert all(rules_of(name) for name in FIELDS)
