"""How text is cleaned before it is sent (R-32, R-34, R-51)."""

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.mapping.text import NORMALISED, clean, is_empty, merged
from schemas.errors import DeadLetter
from schemas.reasons import Code

REMOVED = [
    *(chr(point) for point in range(0x20) if chr(point) not in "\t\n\r"),
    *(chr(point) for point in range(0x7F, 0xA0)),
    *(chr(point) for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)),
]

nasty = st.text(st.characters(codec="utf-8") | st.sampled_from([*REMOVED, *"\t\n\r \u0301\u200b"]))


@pytest.mark.rule("R-51")
@pytest.mark.parametrize("char", REMOVED, ids=ascii)
def test_a_character_no_field_may_hold_is_removed_with_a_warning(char: str) -> None:
    """Controls, direction overrides and U+FEFF go, and the outcome says so."""
    text = clean(f"Ka{char}ri")
    assert text.value == "Kari"
    assert text.warnings == (Code.CHARACTERS_REMOVED,)


@pytest.mark.rule("R-51")
@pytest.mark.parametrize(
    "typed",
    ['O"Hara', "back\\slash", "a\u2028b", '"""', "Ærlig Øst Åse", "👩‍👩‍👧", "{}", "$id", "<b>"],
)
def test_what_breaks_a_query_text_arrives_unchanged(typed: str) -> None:
    """Quotes, backslash, U+2028 and emoji are harmless in query variables."""
    assert clean(typed).value == typed
    assert clean(typed).warnings == ()


@pytest.mark.rule("R-51")
@pytest.mark.parametrize(
    ("typed", "sent"),
    [("a\nb", "a b"), ("a\r\n\t\nb", "a b"), ("a \n b", "a   b"), ("\ta\n", "a")],
)
def test_a_run_of_line_breaks_and_tabs_is_one_space(typed: str, sent: str) -> None:
    """Every employee field is a single line; what stands around the run stays."""
    assert clean(typed).value == sent
    assert clean(typed).warnings == ()


@pytest.mark.rule("R-34")
@pytest.mark.parametrize(
    ("typed", "sent"),
    [("  Kari ", "Kari"), ("\u00a0Kari\u3000", "Kari"), ("A\u030ase", "Åse"), ("ﬁn", "ﬁn")],
)
def test_text_is_trimmed_and_in_nfc(typed: str, sent: str) -> None:
    """Trimmed, composed, and not made compatible: NFC, not NFKC."""
    assert clean(typed).value == sent


@pytest.mark.rule("R-34", "R-51")
def test_removing_a_character_lets_its_neighbours_compose() -> None:
    """NFC comes last, so that what is sent is in NFC whatever stood between."""
    assert clean("A\ufeff\u030ase").value == "Åse"


@pytest.mark.rule("R-32")
@pytest.mark.parametrize(
    "typed", ["", " ", "\u200b\u200d\ufeff", "\x00\x1f", "\u00a0\n\u2060\u00ad"]
)
def test_nothing_visible_is_nothing(typed: str) -> None:
    """White space, zero-width and control characters alone are no value."""
    assert is_empty(typed)
    assert clean(typed).value is None


def test_null_is_nothing() -> None:
    """Null is no text, and nothing to warn of."""
    assert clean(None).value is None
    assert clean(None).warnings == ()


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}], ids=repr)
def test_what_is_no_text_is_the_events_fault(value: int) -> None:
    """A number where the contract says text is refused, not converted."""
    with pytest.raises(DeadLetter, match="schema"):
        clean(value)


@pytest.mark.rule("R-34", "R-51")
@settings(deadline=None)
@given(nasty)
@example("\x00")
def test_what_is_sent_is_clean_and_cleaning_it_again_changes_nothing(typed: str) -> None:
    """Sent text is trimmed, in NFC, on one line, free of removed characters, and stable."""
    sent = clean(typed).value
    if sent is None:
        assert is_empty(typed)
        return
    assert sent == sent.strip() == unicodedata.normalize("NFC", sent)
    assert not set(sent) & {*REMOVED, *"\t\n\r"}
    assert clean(sent).value == sent
    assert clean(sent).warnings == ()


@settings(deadline=None)
@given(nasty)
def test_a_warning_says_exactly_that_something_was_removed(typed: str) -> None:
    """The warning is there if, and only if, a removed character was."""
    assert bool(clean(typed).warnings) == bool(set(typed) & set(REMOVED))


@pytest.mark.rule("R-50")
def test_a_hostile_text_costs_no_time() -> None:
    """A megabyte of unordered combining marks is not normalised, which would take minutes."""
    hostile = "a" + "\u0301\u0323" * 150_000
    began = time.process_time()
    assert len(clean(hostile).value or "") > NORMALISED
    assert time.process_time() - began < 5


def test_a_cleaned_text_does_not_show_itself() -> None:
    """No repr holds a value."""
    assert "Kari" not in repr(clean("Kari"))


def test_warnings_are_merged_each_once_in_order() -> None:
    """The first of equal warnings stays where it is."""
    removed, differs = Code.CHARACTERS_REMOVED, Code.BIRTH_DATE_DIFFERS
    assert merged((removed,), (differs, removed), ()) == (removed, differs)
