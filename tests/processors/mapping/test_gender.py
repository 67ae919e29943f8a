"""Gender (R-46, R-48)."""

from datetime import date

import pytest

from processors.mapping.context import MappingContext
from processors.mapping.gender import gender
from schemas.employee import FieldResult, Mapped, Skipped, Target
from schemas.person import Projection
from schemas.reasons import Code


def mapped(value: str | None) -> FieldResult:
    """Map this gender of somebody."""
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits={}
    )
    return gender(Projection({"gender": value}), context)


@pytest.mark.rule("R-48")
@pytest.mark.parametrize(("huma", "code"), [("Male", "M"), ("Female", "F"), (" Female ", "F")])
def test_the_two_fixed_texts_are_mapped(huma: str, code: str) -> None:
    """To Xledger's codes."""
    assert mapped(huma) == Mapped({Target.CONTACT_GENDER: code})


@pytest.mark.rule("R-48")
@pytest.mark.parametrize("huma", ["male", "FEMALE", "M", "Kvinne", "non-binary", "Male?"])
def test_free_text_is_never_guessed(huma: str) -> None:
    """What Huma did not write itself is skipped, and Xledger keeps what it has."""
    assert mapped(huma) == Skipped(Code.UNMAPPED_VALUE)


@pytest.mark.rule("R-46")
@pytest.mark.parametrize("huma", [None, "", " "])
def test_an_emptied_gender_is_cleared(huma: str | None) -> None:
    """By an explicit null."""
    assert mapped(huma) == Mapped({Target.CONTACT_GENDER: None})
