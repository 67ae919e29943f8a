"""The guard's rule: how many may change, and what counts as sensitive (R-93)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.lane.guard import Guard, exposed
from processors.lane.parcel import Parcel
from processors.ports.lane import Dirty, Facts, Origin, Subject
from schemas.connection import LinkState
from schemas.employee import Target, TargetValue
from schemas.guard import Crowd, GuardLimits, HoldReason
from schemas.person import HumaField, PositionField, Projection
from schemas.settings import Guard as GuardSettings

LIMITS = GuardLimits(50, 20, 5, 2)
GUARD = Guard(LIMITS, 3600.0)
numbers = st.integers(0, 100_000)


@pytest.mark.rule("R-93")
def test_the_settings_are_those_of_the_rule() -> None:
    """50 people or 20 %, 5 or 2 % of sensitive fields, in one hour."""
    given = GuardSettings()
    own = GuardLimits(given.people, given.percent, given.sensitive_people, given.sensitive_percent)
    assert (own, given.window) == (LIMITS, 3600.0)


@pytest.mark.rule("R-93")
@pytest.mark.parametrize(
    ("linked", "people", "sensitive"),
    [(0, 50, 5), (250, 50, 5), (254, 50, 5), (255, 51, 5), (299, 59, 5), (300, 60, 6),
     (1200, 240, 24), (100_000, 20_000, 2_000)],
)  # fmt: skip
def test_the_greater_of_number_and_share_is_allowed(
    linked: int, people: int, sensitive: int
) -> None:
    """A part of a person does not count."""
    assert GUARD.allowed(LIMITS, linked) == Crowd(people, sensitive)


@pytest.mark.rule("R-93")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (Crowd(50, 5), None),
        (Crowd(51, 0), HoldReason.PEOPLE),
        (Crowd(6, 6), HoldReason.SENSITIVE),
        (Crowd(51, 6), HoldReason.PEOPLE),
    ],
)
def test_more_than_allowed_holds(changed: Crowd, expected: HoldReason | None) -> None:
    """Exactly as many as allowed do not."""
    assert GUARD.judge(changed, Crowd(50, 5)) is expected


@pytest.mark.rule("R-93")
@given(numbers, numbers, numbers, st.integers(0, 100))
def test_a_hold_is_what_the_words_say(changed: int, linked: int, people: int, percent: int) -> None:
    """More than the number, and more than the share; who has more people never may change fewer."""
    limits = GuardLimits(people, percent, 100_000, 100)
    held = GUARD.judge(Crowd(changed, 0), GUARD.allowed(limits, linked)) is HoldReason.PEOPLE
    assert held is (changed > people and changed * 100 > percent * linked)
    more = GUARD.allowed(limits, linked + 1)
    assert more.people >= GUARD.allowed(limits, linked).people


def one(
    field: HumaField | PositionField,
    target: Target,
    value: TargetValue,
    confirmed: dict[Target, TargetValue],
    *,
    origin: Origin = Origin.EVENT,
    creates: bool = False,
) -> Parcel:
    """Return a person of whom one field is to be written."""
    subject = Subject(
        "kari", Facts(None, None, -1, None, -1, deleted=False), LinkState.LINKED, None, None, None,
        incomplete=False, dirty=(Dirty(field, 7, 1, origin, 0, unsure=False),),
        touched=frozenset(), projection=Projection({}), versions={}, confirmed=confirmed,
        intent=None,
    )  # fmt: skip
    sent = {str(field): frozenset({target})}
    return Parcel(subject, {target: value}, sent, (), {}, creates=creates)


END, TO = PositionField.CONTRACT_END, Target.EMPLOYMENT_TO
BANK, ACCOUNT = HumaField.BANK_ACCOUNT, Target.SUBLEDGER_BANK_ACCOUNT


@pytest.mark.rule("R-93")
@pytest.mark.parametrize(
    ("parcel", "counts"),
    [
        (one(BANK, ACCOUNT, "2", {ACCOUNT: "1"}), True),
        (one(BANK, ACCOUNT, "1", {}), True),
        (one(BANK, ACCOUNT, None, {}), True),
        (one(BANK, ACCOUNT, None, {ACCOUNT: "1"}), True),
        (one(BANK, ACCOUNT, "1", {ACCOUNT: "1"}), False),
        (one(BANK, ACCOUNT, "2", {ACCOUNT: "1"}, origin=Origin.REQUEST), False),
        (one(BANK, ACCOUNT, "2", {}, creates=True), False),
        (one(HumaField.EMAIL, Target.CONTACT_EMAIL, "a@x.no", {}), True),
        (one(HumaField.IDENTIFICATIONS, Target.CONTACT_SOCIAL_SEC, "1", {}), True),
        (one(HumaField.PHONE, Target.CONTACT_PHONE, "1", {}), False),
        (one(PositionField.TITLE, Target.CONTACT_JOB_TITLE, "1", {}), False),
        (one(END, TO, "2026-12-31", {}), True),
        (one(END, TO, "2026-12-31", {TO: None}), True),
        (one(END, TO, "2026-12-31", {TO: "2027-12-31"}), True),
        (one(END, TO, None, {TO: "2027-12-31"}), True),
        (one(END, TO, None, {}), False),
        (one(END, TO, None, {TO: None}), False),
    ],
)
def test_sensitive_is_what_an_event_gives_another_value(parcel: Parcel, *, counts: bool) -> None:
    """Of a person in Xledger; an end that was never there is no new one."""
    assert exposed([parcel]) == ({"kari": 7} if counts else {})


@pytest.mark.rule("R-93", "R-111")
@pytest.mark.parametrize("origin", Origin)
def test_sensitive_is_also_what_goes_out_besides(origin: Origin) -> None:
    """An account that changed while a name was missing goes out with the name's event."""
    named = one(HumaField.GIVEN_NAME, Target.CONTACT_FIRST_NAME, "Kari", {}, origin=origin)
    parcel = replace(named, values={**named.values, ACCOUNT: "2"})
    assert exposed([parcel]) == ({"kari": 7} if origin is Origin.EVENT else {})
