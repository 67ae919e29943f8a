"""The identity number on the contact (R-46, R-49, R-66)."""

from datetime import date

import pytest

from processors.mapping.context import MappingContext
from processors.mapping.identifications import identifications
from schemas.employee import Failed, FieldResult, Mapped, Skipped, Target, TargetValue
from schemas.person import Json, Projection
from schemas.reasons import Code

FNR = "17912099997"  # Tenor: 17 November, 20
NATIONAL: dict[str, Json] = {"type": "national", "country": "NO", "value": FNR}
PASSPORT: dict[str, Json] = {"type": "passport", "country": "NO", "value": "N1234567"}
SENT: dict[Target, TargetValue] = {Target.CONTACT_SOCIAL_SEC: FNR}
CLEARED: dict[Target, TargetValue] = {Target.CONTACT_SOCIAL_SEC: None}


def mapped(
    value: Json, confirmed: dict[Target, TargetValue] | None = None, born: Json = None
) -> FieldResult:
    """Map these identifications of somebody of whom so much was confirmed."""
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=True, confirmed=confirmed or {}, limits={}
    )
    person: dict[str, Json] = {"identifications": value, "birthDate": born}
    return identifications(Projection(person), context)


@pytest.mark.rule("R-49")
def test_the_number_chosen_is_sent() -> None:
    """Passports beside it change nothing."""
    assert mapped([PASSPORT, NATIONAL]) == Mapped(SENT)


@pytest.mark.rule("R-46", "R-49")
@pytest.mark.parametrize("nothing", [None, [], [{**NATIONAL, "value": None}]])
def test_none_left_is_cleared(nothing: Json) -> None:
    """By an explicit null."""
    assert mapped(nothing, SENT) == Mapped(CLEARED)


@pytest.mark.rule("R-46", "R-49")
def test_a_passport_left_clears_the_number_that_was_sent() -> None:
    """None of ours is left where one was."""
    assert mapped([PASSPORT], SENT) == Mapped(CLEARED)


@pytest.mark.rule("R-49")
@pytest.mark.parametrize("confirmed", [{}, CLEARED])
def test_a_passport_alone_is_skipped(confirmed: dict[Target, TargetValue]) -> None:
    """Where we never sent a number Xledger may have one by hand, and keeps it."""
    assert mapped([PASSPORT], confirmed) == Skipped(Code.NOT_NORWEGIAN)


@pytest.mark.rule("R-49")
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([{**NATIONAL, "value": "1"}], Code.BAD_IDENTITY_NUMBER),
        ([NATIONAL, {**NATIONAL, "value": "15507600333"}], Code.AMBIGUOUS_IDENTITY_NUMBER),
        ("text", Code.BAD_EVENT),
    ],
)
def test_what_cannot_be_sent_fails_and_clears_nothing(value: Json, code: Code) -> None:
    """Also where a number was sent before."""
    assert mapped(value, SENT) == Failed(code)


@pytest.mark.rule("R-66")
@pytest.mark.parametrize("born", ["1920-11-18", "1920-12-17", "1919-11-17"])
def test_a_birth_date_that_differs_is_a_warning(born: str) -> None:
    """The number is sent all the same."""
    assert mapped([NATIONAL], born=born) == Mapped(SENT, (Code.BIRTH_DATE_DIFFERS,))


@pytest.mark.rule("R-66")
@pytest.mark.parametrize("born", ["1920-11-17", None, "", "1800-01-01", 7])
def test_a_birth_date_that_agrees_or_cannot_be_sent_is_no_warning(born: Json) -> None:
    """Only what would be sent is compared."""
    assert mapped([NATIONAL], born=born) == Mapped(SENT)
