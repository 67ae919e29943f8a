"""Foreign words are shown without a person's values, however they are spelled (R-103)."""

import html
import json
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processors.desk.personal_texts import personal_texts
from processors.desk.redaction import redacted
from schemas.employee import Target
from schemas.person import Json, Projection

pytestmark = pytest.mark.rule("R-103")

VALUES = {
    "email": ["kari.nordmann@firma.no"],
    "employmentId": ["017", "12345"],
    "givenName": ["Kari Bø"],
    "familyName": ["Nordmann-Ås"],
    "phone": ["+4790012345"],
    "birthDate": ["1990-05-07"],
    "bankAccount": ["86011117947"],
    "homeAddress": ["Storgata 12", "0155", "Oslo"],
    "identifications": ["17912099997"],
}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "Supplier 77345678: value too long (max 30)",
            "Supplier 77345678: value too long (max 30)",
        ),
        ("no such record, row 12", "no such record, row 12"),
        ("email KARI.NORDMANN@FIRMA.NO is taken", "email [email] is taken"),
        ("firma.no is blocked", "[email].no is blocked"),
        ("Nordmann-ås, Kari", "[familyName], [givenName]"),
        ("NORDMANN\u2013A\u030aS", "[familyName]"),
        ("Bo or bø", "[givenName] or [givenName]"),
        ("a bow", "a bow"),
        ("Karianne", "[givenName]anne"),
        ("K\u200bari", "[givenName]"),
        ("code 017, not 0170", "code [employmentId], not 0170"),
        ("phone 900 12 345", "phone [phone]"),
        ("phone (+47) 900-12-345!", "phone (+[phone]!"),
        ("phone \u0669\u0660\u0660\u0661\u0662345", "phone [phone]"),
        ("account 8601.11.17947", "account [bankAccount]"),
        ("IBAN NO93 8601 1117 947", "IBAN NO[bankAccount]"),
        ("number 179120 99997", "number [identifications]"),
        ("number 179120*****", "number [identifications]*****"),
        ("born 07.05.1990", "born [birthDate]"),
        ("born 7/5-90", "born [birthDate]"),
        ("born 7. mai 1990 or May 7th, 1990", "born [birthDate] or [birthDate]"),
        ("Storgata 12, N-0155 OSLO", "[homeAddress], N-[homeAddress] [homeAddress]"),
        ("kari%2Enordmann%40firma.no", "[email]"),
        (r"\u004bari B\u00f8", "[givenName]"),
        ("B&amp;oslash; &lt;Oslo&gt;", "[givenName] <[homeAddress]>"),
        ("code 12 345, not 912345", "code [employmentId], not 9[employmentId]"),
        (r"half a pair: \ud83d", "half a pair: \ufffd"),
    ],
)
def test_values_become_names_of_fields(said: str, shown: str) -> None:
    """Whatever case, form, order, separators and escapes they have; the rest stays."""
    assert redacted(said, VALUES) == shown


def test_the_longest_of_several_gives_the_name() -> None:
    """And nothing of the others is left over."""
    values = {"a": ["Anna Maria"], "b": ["Maria Nordmann Berg"], "c": ["berg"]}
    assert redacted("<Anna Maria Nordmann Berg>", values) == "<[b]>"


def test_what_was_replaced_before_stays_so() -> None:
    """The words are kept replaced, and replaced again when they are shown."""
    values = {"givenName": ["Given"], "familyName": ["Name"], "phone": ["1"]}
    shown = redacted("Given Name 1 [title]", values)
    assert shown == "[givenName] [familyName] [phone] [title]"
    assert redacted(shown, values) == shown


def test_what_is_no_word_is_taken_literally() -> None:
    """A value of signs only; one that nobody can see is none."""
    assert redacted("a ++ b \u200b", {"x": ["++"], "y": ["", " ", "\u200b"]}) == "a [x] b \u200b"


def test_all_texts_of_a_person_are_known() -> None:
    """Of Huma, of each position, and as sent; kinds and countries would tell nothing."""
    address: dict[str, Json] = {"line1": "x", "country": "NO"}
    number: dict[str, Json] = {"type": "national", "country": "NO", "value": "3"}
    found = personal_texts(
        [{"phone": "1", "homeAddress": address, "unknown": "y"},
         {"phone": 2, "identifications": [number], "gender": None}],
        [Projection({"id": "p1", "title": {"id": "t", "name": "Kokk"}}), None],
        [{Target.SUBLEDGER_DESCRIPTION: "Kari N", Target.CONTACT_COUNTRY: "Norway"},
         {Target.CONTACT_JOB_TITLE: "Sjef", Target.CONTACT_PHONE: None}],
    )  # fmt: skip
    assert found == {
        "phone": ["1", "2"], "homeAddress": ["x"], "identifications": ["3"],
        "title": ["Kokk", "Sjef"], "givenName": ["Kari N"],
    }  # fmt: skip


LETTERS = st.characters(categories=["Lu", "Ll"], max_codepoint=0x17F)
NAMES = st.lists(st.text(LETTERS, min_size=4, max_size=9), min_size=1, max_size=3).map(" ".join)
NUMBERS = st.text("0123456789", min_size=6, max_size=11)
SPELLINGS: list[Callable[[str], str]] = [
    str, str.upper, str.lower, html.escape, quote, lambda text: json.dumps(text)[1:-1],
    *(lambda text, form=form: unicodedata.normalize(form, text)
      for form in ("NFC", "NFD", "NFKC", "NFKD")),
    lambda text: html.escape(html.escape(text)),
    lambda text: " ".join(reversed(text.split(" "))),
    lambda text: text.replace(" ", "\u00a0"),
]  # fmt: skip
AROUND = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(NAMES, min_size=1, max_size=3), st.data())
@example(["ĲĲĲĲ"], None)
def test_no_name_is_left(names: list[str], data: "st.DataObject | None") -> None:
    """Neither it nor one of its longer words, whatever stands around it."""
    said = names[0]
    if data is not None:
        spelled = [data.draw(st.sampled_from(SPELLINGS))(name) for name in names]
        said = "".join(data.draw(AROUND) + name for name in spelled) + data.draw(AROUND)
    shown = redacted(said, {f"field{at}": [name] for at, name in enumerate(names)})
    rest = unicodedata.normalize("NFKD", re.sub(r"\[field\d\]", "\n", shown).casefold())
    for word in " ".join(names).split():
        assert unicodedata.normalize("NFKD", word.casefold()) not in rest


@given(NUMBERS, st.sampled_from(["", " ", ".", "-", "\u00a0", "/"]), AROUND, AROUND, st.data())
def test_no_number_is_left(
    number: str, sign: str, before: str, behind: str, data: st.DataObject
) -> None:
    """However its digits are parted, or cut short."""
    size = data.draw(st.integers(6, len(number)))
    part = number[:size]
    cut = data.draw(st.integers(1, len(part)))
    shown = redacted(f"{before}{part[:cut]}{sign}{part[cut:]}{behind}", {"f": [number]})
    assert part not in re.sub(r"[\s.\-/]", "", shown.replace("[f]", "\n\x00"))


@given(AROUND)
def test_a_text_without_values_stays(text: str) -> None:
    """But for escapes, which are undone."""
    assert redacted(text, {}) == redacted(redacted(text, {}), {})
