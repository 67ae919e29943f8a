"""Names: each on the contact, both on the subledger (R-40, R-41)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.context import MappingContext
from processors.mapping.names import family_name, given_name
from processors.mapping.text import clean
from schemas.employee import Mapped, Skipped, Target
from schemas.person import Projection
from schemas.reasons import Code

CONTEXT = MappingContext("NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits={})


@pytest.mark.rule("R-40", "R-41")
def test_a_change_of_either_name_rewrites_the_whole_description() -> None:
    """Given name, one space, family name: trimmed."""
    person = Projection({"givenName": " Kari Anne ", "familyName": "\tNordmann"})
    description = {Target.SUBLEDGER_DESCRIPTION: "Kari Anne Nordmann"}
    first = {Target.CONTACT_FIRST_NAME: "Kari Anne"}
    last = {Target.CONTACT_LAST_NAME: "Nordmann"}
    assert given_name(person, CONTEXT) == Mapped(first | description)
    assert family_name(person, CONTEXT) == Mapped(last | description)


@pytest.mark.rule("R-32")
@pytest.mark.parametrize(
    ("given", "family", "code"),
    [
        (None, "Nordmann", Code.MISSING_GIVEN_NAME),
        ("Kari", None, Code.MISSING_FAMILY_NAME),
        (" \u200b", "Nordmann", Code.MISSING_GIVEN_NAME),
        ("Kari", "\u00a0", Code.MISSING_FAMILY_NAME),
    ],
)
def test_without_one_name_neither_is_written(
    given: str | None, family: str | None, code: Code
) -> None:
    """Half a description would be wrong, so both fields wait for the missing name."""
    person = Projection({"givenName": given, "familyName": family})
    assert given_name(person, CONTEXT) == family_name(person, CONTEXT) == Skipped(code)


@pytest.mark.rule("R-51")
def test_characters_removed_from_either_name_are_warned_of() -> None:
    """The description holds both, so either name's warning is its."""
    person = Projection({"givenName": "Kari", "familyName": "Nord\x00mann"})
    result = given_name(person, CONTEXT)
    assert result.warnings == (Code.CHARACTERS_REMOVED,)


@pytest.mark.rule("R-41")
@settings(deadline=None)
@given(st.text(), st.text())
def test_both_fields_agree_on_the_description(given: str, family: str) -> None:
    """Whichever field is mapped, the description is the same, and clean."""
    person = Projection({"givenName": given, "familyName": family})
    one, other = given_name(person, CONTEXT), family_name(person, CONTEXT)
    if isinstance(one, Mapped) and isinstance(other, Mapped):
        description = one.targets[Target.SUBLEDGER_DESCRIPTION]
        assert description == other.targets[Target.SUBLEDGER_DESCRIPTION]
        assert clean(description).value == description
    else:
        assert one == other
