"""Which identification is the Norwegian identity number (R-49)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.identity_choice import Choice, choose
from schemas.person import Json
from schemas.reasons import Code

pytestmark = pytest.mark.rule("R-49")

TODAY = date(2026, 11, 23)
FNR, OTHER_FNR = "17912099997", "15507600333"
D_NUMBER, OTHER_D_NUMBER = "57912075186", "55507608360"


def entry(value: Json, kind: str = "national", country: Json = "NO") -> dict[str, Json]:
    """Write one identification."""
    return {"id": "1", "type": kind, "country": country, "value": value}


def chosen(*entries: Json) -> Choice:
    """Choose with the test flag, since every number here is synthetic."""
    return choose(list(entries), TODAY, synthetic=True)


def digits(choice: Choice) -> str | None:
    """Return the digits chosen."""
    return None if choice.number is None else choice.number.digits


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ([FNR], FNR),
        ([D_NUMBER], D_NUMBER),
        ([D_NUMBER, FNR], FNR),
        ([D_NUMBER, FNR, OTHER_D_NUMBER], FNR),
        ([FNR, "179120 99997"], FNR),
        ([D_NUMBER, D_NUMBER], D_NUMBER),
    ],
)
def test_a_fodselsnummer_beats_d_numbers_and_the_same_twice_is_one(
    values: list[str], sent: str
) -> None:
    """In whatever order they stand."""
    for some in (values, values[::-1]):
        choice = chosen(*map(entry, some))
        assert digits(choice) == sent
        assert choice.reason is None
        assert choice.warnings == ()


@pytest.mark.parametrize("values", [[FNR, OTHER_FNR], [D_NUMBER, OTHER_D_NUMBER]])
def test_two_different_ones_of_a_kind_are_ambiguous(values: list[str]) -> None:
    """Nobody guesses which."""
    assert chosen(*map(entry, values)) == Choice(reason=Code.AMBIGUOUS_IDENTITY_NUMBER)


@pytest.mark.parametrize(
    "other",
    [
        entry(FNR, kind="passport"),
        entry(FNR, country="SE"),
        entry(FNR, country=None),
        entry(FNR, country=""),
        {"type": "national", "value": FNR},
        entry(FNR, kind="residence permit"),
    ],
)
def test_what_is_not_national_and_norwegian_is_skipped_with_a_reason(other: Json) -> None:
    """A passport, another country, or none: even when it looks like a number of ours."""
    assert chosen(other) == Choice(reason=Code.NOT_NORWEGIAN)
    assert digits(chosen(other, entry(D_NUMBER))) == D_NUMBER


@pytest.mark.parametrize("country", ["NO", "no", " No "])
def test_norway_is_norway_in_any_case(country: str) -> None:
    """Codes are compared, not spellings."""
    assert digits(chosen(entry(FNR, country=country))) == FNR


@pytest.mark.parametrize("nothing", [None, [], [entry(None)], [entry("")], [entry(" \u200b")]])
def test_nothing_is_there_when_no_entry_has_a_value(nothing: Json) -> None:
    """No reason is needed."""
    assert choose(nothing, TODAY, synthetic=True) == Choice()


def test_an_invalid_number_alone_fails_and_beside_a_valid_one_is_left_out() -> None:
    """The valid one is sent, and the outcome warns of the other."""
    bad = entry("17912099998")
    assert chosen(bad) == Choice(reason=Code.BAD_IDENTITY_NUMBER)
    both = chosen(bad, entry(D_NUMBER))
    assert digits(both) == D_NUMBER
    assert both.warnings == (Code.IDENTITY_NUMBER_IGNORED,)


def test_a_synthetic_number_is_invalid_in_production() -> None:
    """The flag is passed on."""
    choice = choose([entry(FNR)], TODAY, synthetic=False)
    assert choice == Choice(reason=Code.BAD_IDENTITY_NUMBER)


@pytest.mark.rule("R-51")
def test_removed_characters_are_warned_of() -> None:
    """As in any text."""
    choice = chosen(entry(f"\ufeff{FNR}"))
    assert digits(choice) == FNR
    assert choice.warnings == (Code.CHARACTERS_REMOVED,)


@pytest.mark.parametrize("value", ["text", {}, 7, [FNR], [entry(17912099997)], [entry(FNR), None]])
def test_what_cannot_be_read_is_the_events_fault_and_never_nothing(value: Json) -> None:
    """Nothing would clear the number in Xledger."""
    assert choose(value, TODAY, synthetic=True) == Choice(reason=Code.BAD_EVENT)


@settings(deadline=None)
@given(st.lists(st.sampled_from([FNR, OTHER_FNR, D_NUMBER, "17912099998", ""]), max_size=6))
def test_the_order_of_entries_does_not_matter(values: list[str]) -> None:
    """The same entries in another order choose the same, for the same reason."""
    assert chosen(*map(entry, values)) == chosen(*map(entry, sorted(values)))
