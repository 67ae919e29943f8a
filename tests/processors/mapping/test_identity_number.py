"""One Norwegian identity number (R-65, R-66). All numbers here are synthetic, or made of a date."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from processors.mapping.identity_number import IdentityNumber, read

pytestmark = pytest.mark.rule("R-65")

TODAY = date(2026, 11, 23)
LAST_DAY_OF_THE_OLD_RULE = date(2031, 12, 31)
FIRST_DAY_OF_THE_NEW_RULE = date(2032, 1, 1)

FIXTURES = [
    pytest.param("17912099997", False, (17, 11, 20), id="Tenor"),
    pytest.param("57912075186", True, (17, 11, 20), id="Tenor D-number"),
    pytest.param("15507600333", False, (15, 10, 76), id="NAV"),
    pytest.param("55507608360", True, (15, 10, 76), id="NAV D-number"),
    pytest.param("41664061188", True, (1, 1, 40), id="Norsk Helsenett D-number"),
]


def completed(nine: str, remainder: int = 0) -> str | None:
    """Write the two check digits behind nine digits: the definition, spelt out once more."""
    digits = [int(digit) for digit in nine]
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        total = sum(w * d for w, d in zip(weights, digits, strict=True))
        check = (-total + (remainder if len(digits) == 9 else 0)) % 11
        if check == 10:
            return None
        digits.append(check)
    return "".join(map(str, digits))


def first(prefix: str, remainder: int = 0) -> str:
    """Return the first number that begins so and has check digits."""
    numbers = (completed(f"{prefix}{serial:03}", remainder) for serial in range(1000))
    return next(number for number in numbers if number is not None)


def months_of(number: IdentityNumber | None) -> Sequence[int]:
    """Return what the number says of its day, or nothing when it is refused."""
    return () if number is None else (number.day, number.month, number.year)


@pytest.mark.parametrize(("digits", "d_number", "born"), FIXTURES)
def test_a_synthetic_number_passes_with_the_flag_only(
    digits: str,
    d_number: bool,  # noqa: FBT001 - a table's column
    born: tuple[int, int, int],
) -> None:
    """The fixtures of R-65: never in production."""
    number = read(digits, TODAY, synthetic=True)
    assert number is not None
    assert number.digits == digits
    assert number.d_number is d_number
    assert months_of(number) == born
    assert read(digits, TODAY, synthetic=False) is None


@pytest.mark.parametrize(("digits", "d_number", "born"), FIXTURES)
def test_no_other_check_digits_will_do(
    digits: str,
    d_number: bool,  # noqa: FBT001 - a table's column
    born: tuple[int, int, int],
) -> None:
    """Of the hundred endings only the one is taken, before 2032."""
    del d_number, born
    endings = [f"{digits[:9]}{ending:02}" for ending in range(100)]
    taken = [number for number in endings if read(number, TODAY, synthetic=True)]
    assert taken == [digits]


@pytest.mark.parametrize("prefix", ["010100", "311299", "290200", "290204", "410100", "711299"])
def test_fodselsnummer_and_d_number_are_taken(prefix: str) -> None:
    """The day as it is, or with 40 added; 29 February where some century had one that year."""
    digits = first(prefix)
    number = read(digits, TODAY, synthetic=False)
    assert number is not None
    assert number.digits == digits
    assert number.d_number is (int(prefix[:2]) > 40)


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param("000100", id="day 0"),
        pytest.param("320100", id="day 32"),
        pytest.param("400100", id="day 40"),
        pytest.param("720100", id="day 72"),
        pytest.param("310400", id="31 April"),
        pytest.param("290201", id="29 February of no leap year"),
        pytest.param("300204", id="30 February"),
        pytest.param("010000", id="month 0"),
        pytest.param("011300", id="month 13"),
        pytest.param("014100", id="H-number: month + 40"),
        pytest.param("810100", id="FH-number: 8"),
        pytest.param("990100", id="FH-number: 9"),
    ],
)
def test_a_date_that_does_not_exist_is_refused(prefix: str) -> None:
    """However good its check digits are."""
    assert read(first(prefix), TODAY, synthetic=False) is None


@pytest.mark.parametrize("prefix", ["810100", "918100", "990100"])
def test_an_fh_number_is_refused_also_with_the_flag(prefix: str) -> None:
    """Its first digit is 8 or 9."""
    assert read(first(prefix), TODAY, synthetic=True) is None


@pytest.mark.parametrize("month", [0, 13, 40, 53, 65, 78, 80, 93, 99])
def test_no_other_month_passes_with_the_flag(month: int) -> None:
    """80, 65 and 40 are added to a month, not to anything."""
    assert read(first(f"01{month:02}00"), TODAY, synthetic=True) is None


@pytest.mark.parametrize("remainder", [1, 2, 3])
def test_from_2032_on_more_first_check_digits_are_valid(remainder: int) -> None:
    """By the date of processing, whatever the birth year."""
    digits = first("010150", remainder)
    assert read(digits, LAST_DAY_OF_THE_OLD_RULE, synthetic=False) is None
    assert read(digits, FIRST_DAY_OF_THE_NEW_RULE, synthetic=False) is not None


@pytest.mark.parametrize("remainder", [4, 5, 6, 7, 8, 9, 10])
def test_other_remainders_are_never_valid(remainder: int) -> None:
    """Only 0 to 3."""
    digits = first("010150", remainder)
    assert read(digits, FIRST_DAY_OF_THE_NEW_RULE, synthetic=False) is None


def test_the_second_check_digit_is_as_before_2032() -> None:
    """Its remainder is 0 for ever."""
    digits = first("010150")
    for ending in set("0123456789") - {digits[-1]}:
        number = digits[:10] + ending
        assert read(number, FIRST_DAY_OF_THE_NEW_RULE, synthetic=False) is None


@pytest.mark.parametrize("typed", ["179120 99997", "17.91.20-99997", " 179120\u00a099997 "])
def test_blanks_dots_and_hyphens_are_stripped(typed: str) -> None:
    """What is sent is the eleven digits."""
    number = read(typed, TODAY, synthetic=True)
    assert number is not None
    assert number.digits == "17912099997"


@pytest.mark.parametrize(
    "typed", ["", "1791209999", "179120999970", "1791209999x", "１７９１２０９９９９７"]
)
def test_what_is_not_eleven_ascii_digits_is_refused(typed: str) -> None:
    """A lost leading zero is not guessed."""
    assert read(typed, TODAY, synthetic=True) is None


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 999), st.booleans())
def test_every_date_can_have_a_number(born: date, serial: int, d_number: bool) -> None:  # noqa: FBT001 - drawn
    """It keeps its leading zero, says which kind it is, and agrees with its date only (R-66)."""
    day = born.day + (40 if d_number else 0)
    digits = completed(f"{day:02}{born:%m%y}{serial:03}")
    assume(digits is not None)
    assert digits is not None
    number = read(digits, TODAY, synthetic=False)
    assert number is not None
    assert (number.digits, number.d_number) == (digits, d_number)
    assert number.agrees_with(born)
    assert not number.agrees_with(born.replace(day=28 if born.day < 28 else 27))


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("0123456789"), max_size=14))
def test_any_text_is_judged_without_an_error(typed: str) -> None:
    """And what is taken is written in eleven digits."""
    number = read(typed, TODAY, synthetic=True)
    assert number is None or (number.digits.isascii() and len(number.digits) == 11)


def test_a_number_does_not_show_itself() -> None:
    """Neither its digits nor its date are in its repr."""
    number = read("17912099997", TODAY, synthetic=True)
    assert repr(number) == "IdentityNumber(d_number=False)"
