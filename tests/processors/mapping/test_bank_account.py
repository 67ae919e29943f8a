"""Bank accounts (R-42, R-43, R-44, R-46)."""

from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum.no import kontonr

from processors.mapping.bank_account import bank_account, norwegian_account
from processors.mapping.context import MappingContext
from schemas.employee import Failed, FieldResult, Mapped, Target
from schemas.errors import DeadLetter
from schemas.person import Json, Projection
from schemas.reasons import Code

GOOD = "86011117947"


def mapped(account: Json) -> FieldResult:
    """Map this bank account of somebody."""
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits={}
    )
    return bank_account(Projection({"bankAccount": account}), context)


def written(number: str | None) -> dict[Target, str | None]:
    """Return the one target; the subledger's company country is never among them (R-43)."""
    return {Target.SUBLEDGER_BANK_ACCOUNT: number}


@pytest.mark.rule("R-42", "R-44")
@pytest.mark.parametrize("country", [{}, {"country": "NO"}, {"country": " no "}, {"country": None}])
@pytest.mark.parametrize(
    "typed",
    [GOOD, "8601.11.17947", " 8601 11 17947 ", "8601\u00a011\u202f17947", "8601-11\u201117947"],
)
def test_a_norwegian_number_is_sent_as_eleven_digits(typed: str, country: dict[str, Json]) -> None:
    """Blanks, dots and hyphens go; Norway is meant also when no country is named."""
    assert mapped({"number": typed, **country}) == Mapped(written(GOOD))


@pytest.mark.rule("R-44")
def test_a_number_of_the_former_postgiro_is_eleven_digits_like_any() -> None:
    """Leading zeros stay, and the check digit is modulo 11."""
    assert norwegian_account("0000 40 90404") is None
    assert norwegian_account("00001000004") == "00001000004"


@pytest.mark.rule("R-44")
@pytest.mark.parametrize(
    "typed",
    ["86011117948", "8601111794", "860111179470", "0000 00 00000", "8601111794X",
     "８６０１１１１７９４７", "٨٦٠١١١١٧٩٤٧", "8601/11/17947", "8601–11–17947", "konto",
     "8601\u200b1117947"],
    ids=ascii,
)  # fmt: skip
def test_a_bad_norwegian_number_fails_the_field(typed: str) -> None:
    """Check digit, length, other scripts' digits, other separators, all zeros."""
    assert mapped({"number": typed, "country": "NO"}) == Failed(Code.BAD_BANK_ACCOUNT)


@pytest.mark.rule("R-44")
@pytest.mark.parametrize(
    "account",
    [
        {"iban": "NO9386011117947", "bic": "DNBANOKK"},
        {"iban": "SE45 5000 0000 0583 9825 7466", "number": None},
        {"bic": "DNBANOKK"},
        {"number": "NO9386011117947"},
        {"number": "no93 8601 1117 947", "country": "NO"},
        {"number": "NO00 8601 1117 947", "country": "NO"},
        {"number": "GB29NWBK60161331926819", "country": "GB"},
        {"number": "IBAN: SE45 5000 0000 0583 9825 7466", "country": "SE"},
        {"number": "SE45/5000/0000/0583/9825/7466", "country": "SE"},
        {"number": "SE45\u200b5000\u20090000058398257466", "country": "SE"},
    ],
)
def test_an_iban_is_not_squeezed_in(account: Json) -> None:
    """The field fails, since the account in Xledger is now known to be wrong."""
    assert mapped(account) == Failed(Code.UNSUPPORTED_BANK_ACCOUNT)


@pytest.mark.rule("R-43", "R-44")
def test_another_countrys_number_goes_as_typed_with_a_warning() -> None:
    """Its country is not written, so the outcome says so."""
    result = mapped({"number": " 5000-0583 98257466 ", "country": "se"})
    warnings = (Code.ACCOUNT_COUNTRY_NOT_WRITTEN,)
    assert result == Mapped(written("5000-0583 98257466"), warnings)


@pytest.mark.rule("R-46")
@pytest.mark.parametrize(
    "account",
    [None, {}, {"number": None}, {"number": " ", "country": "NO"}, {"iban": "", "bic": ""}],
)
def test_an_emptied_account_is_cleared(account: Json) -> None:
    """By an explicit null."""
    assert mapped(account) == Mapped(written(None))


@pytest.mark.rule("R-51")
def test_removed_characters_are_warned_of() -> None:
    """A number with a byte-order mark in it is the number without."""
    assert mapped({"number": f"\ufeff{GOOD}"}) == Mapped(written(GOOD), (Code.CHARACTERS_REMOVED,))


@pytest.mark.parametrize("account", ["86011117947", [], {"number": 86011117947}])
def test_another_shape_is_the_events_fault(account: Json) -> None:
    """A number that is no text may have lost its zeros."""
    with pytest.raises(DeadLetter, match="schema"):
        mapped(account)


@pytest.mark.rule("R-44")
@settings(deadline=None)
@given(st.from_regex("[0-9]{11}", fullmatch=True))
def test_the_check_digit_is_python_stdnums_where_both_judge(digits: str) -> None:
    """Numbers that begin with 0000 apart, which stdnum takes for seven digits."""
    assume(not digits.startswith("0000"))
    last = next((d for d in "0123456789" if kontonr.is_valid(digits[:10] + d)), None)
    for digit in "0123456789":
        number = digits[:10] + digit
        assert norwegian_account(number) == (number if digit == last else None)
