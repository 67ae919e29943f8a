"""Date of birth (R-46, R-66, R-67)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.birth_date import birth_date
from processors.mapping.context import MappingContext
from schemas.employee import Failed, FieldResult, Mapped, Target
from schemas.person import Json, Projection
from schemas.reasons import Code

TODAY = date(2026, 11, 23)
TENOR: dict[str, Json] = {
    "type": "national",
    "country": "NO",
    "value": "17912099997",
}  # 17 November, 20


def mapped(value: Json, *identifications: Json) -> FieldResult:
    """Map this birth date of somebody."""
    context = MappingContext("NO", TODAY, synthetic_numbers=True, confirmed={}, limits={})
    values: dict[str, Json] = {"birthDate": value, "identifications": list(identifications)}
    return birth_date(Projection(values), context)


@pytest.mark.rule("R-67")
@pytest.mark.parametrize("typed", ["1900-01-01", "1984-02-29", "2026-11-23", " 1990-05-17 "])
def test_a_plain_date_is_sent(typed: str) -> None:
    """From 1900 to today, both included."""
    assert mapped(typed) == Mapped({Target.CONTACT_BIRTHDAY: typed.strip()})


@pytest.mark.rule("R-67")
@pytest.mark.parametrize(
    "typed",
    ["1899-12-31", "2026-11-24", "1990-02-29", "1990-13-01", "0000-00-00", "19900517", "1990-5-17",
     "17.05.1990", "1990-05-17T00:00:00Z", "1990-W20-4", "１９９０-05-17", "+1990-05-17",
     "yesterday"],
    ids=ascii,
)  # fmt: skip
def test_anything_else_fails_the_field(typed: str) -> None:
    """Too old, in the future, impossible, or written another way."""
    assert mapped(typed) == Failed(Code.BAD_BIRTH_DATE)


@pytest.mark.rule("R-46")
@pytest.mark.parametrize("typed", [None, "", " "])
def test_an_emptied_date_is_cleared(typed: str | None) -> None:
    """By an explicit null, and nothing is compared."""
    assert mapped(typed, TENOR) == Mapped({Target.CONTACT_BIRTHDAY: None})


@pytest.mark.rule("R-66")
@pytest.mark.parametrize("typed", ["1920-11-18", "1920-10-17", "1921-11-17"])
def test_a_date_that_differs_from_the_identity_number_is_sent_with_a_warning(typed: str) -> None:
    """Day, month or two-digit year: a warning, not a block."""
    warnings = (Code.BIRTH_DATE_DIFFERS,)
    assert mapped(typed, TENOR) == Mapped({Target.CONTACT_BIRTHDAY: typed}, warnings)


@pytest.mark.rule("R-66")
@pytest.mark.parametrize("typed", ["1920-11-17", "2020-11-17"])
def test_the_century_is_not_compared(typed: str) -> None:
    """It is not derived from the number."""
    assert mapped(typed, TENOR) == Mapped({Target.CONTACT_BIRTHDAY: typed})


@pytest.mark.rule("R-66")
def test_a_number_that_is_not_sent_is_not_compared() -> None:
    """Ambiguous, invalid or unreadable identifications fail their own field only."""
    bad: Json = {"type": "national", "country": "NO", "value": "17912099998"}
    for entries in ([bad], ["no object"], [{**TENOR, "type": "passport"}]):
        assert mapped("1990-01-01", *entries) == Mapped({Target.CONTACT_BIRTHDAY: "1990-01-01"})


@pytest.mark.rule("R-67")
@settings(deadline=None)
@given(st.dates())
def test_every_day_since_1900_until_today_is_allowed_and_no_other(day: date) -> None:
    """Sent as it stands."""
    allowed = date(1900, 1, 1) <= day <= TODAY
    sent = Mapped({Target.CONTACT_BIRTHDAY: day.isoformat()})
    assert mapped(day.isoformat()) == (sent if allowed else Failed(Code.BAD_BIRTH_DATE))
