"""Addresses (R-40, R-45, R-46, R-47)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.address import address
from processors.mapping.context import MappingContext
from schemas.employee import Failed, FieldResult, Mapped, Target, TargetValue
from schemas.errors import DeadLetter
from schemas.person import Json, Projection
from schemas.reasons import Code

WHOLE: dict[str, Json] = {
    "line1": "Storgata 1",
    "line2": "c/o Hansen",
    "line3": "H0101",
    "postalCode": "0155",
    "city": "Oslo",
    "country": "NO",
}
SENT: dict[Target, TargetValue] = {
    Target.CONTACT_STREET_ADDRESS: "Storgata 1, c/o Hansen, H0101",
    Target.CONTACT_ZIP_CODE: "0155",
    Target.CONTACT_PLACE: "Oslo",
    Target.CONTACT_COUNTRY: "NO",
    Target.SUBLEDGER_STREET_ADDRESS: "Storgata 1, c/o Hansen, H0101",
    Target.SUBLEDGER_ZIP_CODE: "0155",
    Target.SUBLEDGER_PLACE: "Oslo",
    Target.SUBLEDGER_COUNTRY: "NO",
}


def mapped(home: Json, confirmed: dict[Target, TargetValue] | None = None) -> FieldResult:
    """Map this address of somebody of whom so much was confirmed."""
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed=confirmed or {}, limits={}
    )
    return address(Projection({"homeAddress": home}), context)


@pytest.mark.rule("R-40", "R-47")
def test_an_address_goes_to_contact_and_subledger() -> None:
    """Every part to both; the lines joined with a comma and a space."""
    assert mapped(WHOLE) == Mapped(SENT)


@pytest.mark.rule("R-47")
@pytest.mark.parametrize(
    ("lines", "street"),
    [
        ({"line1": "Storgata 1"}, "Storgata 1"),
        ({"line2": " b "}, "b"),
        ({"line1": "a", "line2": " ", "line3": "c"}, "a, c"),
        ({"line1": "a\nb", "line2": None}, "a b"),
    ],
)
def test_only_lines_that_are_filled_are_joined(lines: dict[str, Json], street: str) -> None:
    """In their order; a partial address is allowed."""
    both = {Target.CONTACT_STREET_ADDRESS: street, Target.SUBLEDGER_STREET_ADDRESS: street}
    assert mapped(lines) == Mapped(both)


@pytest.mark.rule("R-47")
@pytest.mark.parametrize(("typed", "code"), [("no", "NO"), (" Se", "SE"), ("GB", "GB")])
def test_a_country_is_sent_as_its_code(typed: str, code: str) -> None:
    """In capitals, as Xledger looks it up."""
    assert mapped({"country": typed}) == Mapped(
        {Target.CONTACT_COUNTRY: code, Target.SUBLEDGER_COUNTRY: code}
    )


@pytest.mark.rule("R-47")
@pytest.mark.parametrize("country", ["Norge", "XX", "UK", "N", "NOR", "ＮＯ"])
def test_an_unknown_country_fails_the_field(country: str) -> None:
    """The whole address: half of a new one beside half of an old one would be wrong."""
    assert mapped({**WHOLE, "country": country}) == Failed(Code.UNKNOWN_COUNTRY)


@pytest.mark.rule("R-45", "R-46")
@pytest.mark.parametrize("nothing", [None, {}, dict.fromkeys(WHOLE), dict.fromkeys(WHOLE, " ")])
def test_an_emptied_address_is_never_cleared(nothing: Json) -> None:
    """Nothing is written; one warning says so where Xledger had one from us."""
    assert mapped(nothing, SENT) == Mapped({}, (Code.ADDRESS_KEPT,))
    assert mapped(nothing) == Mapped({})


@pytest.mark.rule("R-45")
@pytest.mark.parametrize(
    ("emptied", "warning", "ending"),
    [
        (("line1", "line2", "line3"), Code.OLD_STREET_KEPT, "streetAddress"),
        (("postalCode",), Code.OLD_ZIP_CODE_KEPT, "zipCode"),
        (("city",), Code.OLD_PLACE_KEPT, "place"),
        (("country",), Code.OLD_COUNTRY_KEPT, "country"),
    ],
)
def test_an_emptied_part_keeps_the_old_one_with_a_warning(
    emptied: tuple[str, ...], warning: Code, ending: str
) -> None:
    """The other parts are written; the warning is there only where the part was confirmed."""
    rest = {target: value for target, value in SENT.items() if not target.endswith(ending)}
    home = {**WHOLE, **dict.fromkeys(emptied)}
    assert mapped(home, SENT) == Mapped(rest, (warning,))
    assert mapped(home, rest) == Mapped(rest)


@pytest.mark.rule("R-45")
def test_several_emptied_parts_are_each_warned_of() -> None:
    """By name."""
    result = mapped({"city": "Bergen"}, SENT)
    assert result.warnings == (
        Code.OLD_STREET_KEPT,
        Code.OLD_ZIP_CODE_KEPT,
        Code.OLD_COUNTRY_KEPT,
    )


@pytest.mark.rule("R-51")
def test_removed_characters_are_warned_of_once() -> None:
    """Whichever parts held them."""
    result = mapped({"line1": "a\x00", "city": "\x01b", "country": "\x02NO"})
    assert result.warnings == (Code.CHARACTERS_REMOVED,)


@pytest.mark.parametrize("home", ["Storgata 1", ["Storgata 1"], {"postalCode": 155}])
def test_another_shape_is_the_events_fault(home: Json) -> None:
    """A zip code that is no text has lost its zeros."""
    with pytest.raises(DeadLetter, match="schema"):
        mapped(home)


@pytest.mark.rule("R-45", "R-46")
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), st.none() | st.text(), max_size=6))
def test_no_part_is_ever_null(home: dict[str, Json]) -> None:
    """Whatever is emptied: contact and subledger get the same parts, and no null."""
    result = mapped(home, SENT)
    if isinstance(result, Mapped):
        assert None not in result.targets.values()
        contact = {t.split(".", 1)[1]: v for t, v in result.targets.items() if t.root == "contact"}
        other = {t.split(".", 1)[1]: v for t, v in result.targets.items() if t.root != "contact"}
        assert contact == other
