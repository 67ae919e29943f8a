"""Phone numbers: what is sent, and what makes two equal (R-34, R-40, R-46)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.context import MappingContext
from processors.mapping.phone import phone, same_phone_key
from schemas.employee import Mapped, Target
from schemas.person import Projection

CONTEXT = MappingContext("NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits={})


@pytest.mark.rule("R-34", "R-40")
@pytest.mark.parametrize("typed", ["412 34 567", "+47 (412) 34-567", "ask at the desk"])
def test_a_number_is_sent_as_typed_to_contact_and_subledger(typed: str) -> None:
    """The normal form serves comparison only."""
    both = {Target.CONTACT_PHONE: typed, Target.SUBLEDGER_PHONE: typed}
    assert phone(Projection({"phone": f" {typed}\n"}), CONTEXT) == Mapped(both)


@pytest.mark.rule("R-46")
@pytest.mark.parametrize("typed", [None, "", "\u200b"])
def test_an_emptied_number_is_cleared_by_null(typed: str | None) -> None:
    """On both records."""
    both = {Target.CONTACT_PHONE: None, Target.SUBLEDGER_PHONE: None}
    assert phone(Projection({"phone": typed}), CONTEXT) == Mapped(both)


@pytest.mark.rule("R-34")
@pytest.mark.parametrize(
    ("typed", "country", "key"),
    [
        ("412 34 567", "NO", "+4741234567"),
        ("+47 41 23 45 67", "SE", "+4741234567"),
        ("004741234567", "NO", "+4741234567"),
        ("070-123 45 67", "SE", "+46701234567"),
        ("٤١٢٣٤٥٦٧", "NO", "+4741234567"),
        ("17", "NO", "17"),
        ("internal ١٧", "NO", "17"),
        ("41234567 / 99", "NO", "4123456799"),
        ("0" * 300, "NO", "0" * 300),
        ("41234567", "??", "41234567"),
    ],
)
def test_equal_numbers_have_one_key(typed: str, country: str, key: str) -> None:
    """E.164 with the connection's country as default; else the digits, in ASCII."""
    assert same_phone_key(typed, country) == key


@pytest.mark.rule("R-34")
@pytest.mark.parametrize("typed", ["", "  ", "none"])
def test_no_digits_have_no_key(typed: str) -> None:
    """Two empties do not clash."""
    assert same_phone_key(typed, "NO") is None


@pytest.mark.rule("R-34")
@settings(deadline=None)
@given(st.text() | st.from_regex(r"\+?[0-9 ().-]{1,20}", fullmatch=True))
def test_a_key_is_its_own_key(typed: str) -> None:
    """A number in its normal form stays there; any text is taken without an error."""
    key = same_phone_key(typed, "NO")
    if key is not None and key.startswith("+"):
        assert same_phone_key(key, "SE") == key
