"""What a person must have to be synchronised (R-30, R-31, R-32)."""

import pytest

from processors.mapping.required import REQUIRED, missing
from schemas.person import HumaField, Json, Projection
from schemas.reasons import Code

pytestmark = pytest.mark.rule("R-30", "R-31", "R-32")

WHOLE: dict[str, Json] = {"email": "kari@x.no", "givenName": "Kari", "familyName": "Nordmann"}
EVERY = (Code.MISSING_EMAIL, Code.MISSING_GIVEN_NAME, Code.MISSING_FAMILY_NAME)


def test_the_required_fields_are_email_and_both_names() -> None:
    """The set is data."""
    assert set(REQUIRED) == {HumaField.EMAIL, HumaField.GIVEN_NAME, HumaField.FAMILY_NAME}


def test_nothing_is_missing_of_a_whole_person() -> None:
    """Other fields are not asked for."""
    assert missing(Projection(WHOLE)) == ()


def test_everything_is_missing_of_nobody() -> None:
    """In the table's order."""
    assert missing(Projection({})) == EVERY


@pytest.mark.parametrize("value", [None, "", " \t", "\u200b\u200d", "\x00", "\ufeff\u2066", 7, []])
@pytest.mark.parametrize("field", REQUIRED)
def test_a_field_with_nothing_visible_is_missing(field: HumaField, value: Json) -> None:
    """White space, zero-width and control characters are nothing; so is what is no text."""
    assert missing(Projection({**WHOLE, field: value})) == (REQUIRED[field],)


@pytest.mark.rule("R-15")
def test_an_invalid_email_is_a_missing_one() -> None:
    """What is no address cannot be matched, so that it fills no gap."""
    assert missing(Projection({**WHOLE, "email": "kari at x.no"})) == (Code.MISSING_EMAIL,)
