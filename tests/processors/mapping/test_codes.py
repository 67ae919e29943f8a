"""The codes a person's records are made under (R-36)."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.codes import contact_code, supplier_code

pytestmark = pytest.mark.rule("R-36")

USER = "7f1f3a52-6a3e-4b0e-9d6b-1f0a5c1d2e3f"


def test_the_contact_code_is_h_and_eleven_characters_of_the_hash() -> None:
    """Fixed for ever: a contact found by it is ours."""
    assert contact_code(USER) == "HNYKZ33VSKEN"


@pytest.mark.parametrize(
    ("employment_id", "code"),
    [("0042", "0042"), (" A-7\n", "A-7"), (None, "HNYKZ33VSKEN"), (" \u200b", "HNYKZ33VSKEN")],
)
def test_the_supplier_code_is_the_employment_id_where_there_is_one(
    employment_id: str | None, code: str
) -> None:
    """As it is sent as the employee's code; else the contact's."""
    assert supplier_code(USER, employment_id) == code


@settings(deadline=None)
@given(st.uuids(), st.uuids())
def test_each_person_has_a_code_of_their_own(one: object, other: object) -> None:
    """Capitals and digits, twelve of them, the same each time."""
    assert re.fullmatch("H[A-Z2-7]{11}", contact_code(str(one)))
    assert (contact_code(str(one)) == contact_code(str(other))) == (one == other)
