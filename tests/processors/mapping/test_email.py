"""Email addresses: what is sent, and what makes two equal (R-11, R-15, R-40)."""

import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping.context import MappingContext
from processors.mapping.email import email, same_email_key
from schemas.employee import FieldResult, Mapped, Skipped, Target
from schemas.person import Json, Projection
from schemas.reasons import Code


def mapped(value: Json) -> FieldResult:
    """Map this email address of somebody."""
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits={}
    )
    return email(Projection({"email": value}), context)


@pytest.mark.rule("R-34", "R-40")
def test_an_address_is_sent_as_typed_to_contact_and_subledger() -> None:
    """Trimmed only: its capitals stay."""
    sent = "Kari.Nordmann+Work@Eksempel.NO"
    both = {Target.CONTACT_EMAIL: sent, Target.SUBLEDGER_EMAIL: sent}
    assert mapped(f"  {sent} ") == Mapped(both)


INVALID = ["kari", "kari@", "@x.no", "kari@@x.no", "kari nord@x.no", "kari@x..no", "kari@.no",
           "kari@-x.no", "kari@x y.no", "kari@" + "a" * 64 + ".no", "kari@xn--a.no", "kari@☃.no",
           "kari@x.no, ola@x.no", "@", "kari@" + "a.b" * 100]  # fmt: skip


@pytest.mark.rule("R-15", "R-32")
@pytest.mark.parametrize("value", [None, "", "  ", "\u200b", *INVALID], ids=ascii)
def test_none_and_an_invalid_one_are_a_missing_one(value: str | None) -> None:
    """Both are listed under missing required field, and neither is sent."""
    assert mapped(value) == Skipped(Code.MISSING_EMAIL)
    assert same_email_key(value or "") is None


@pytest.mark.rule("R-11")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kari@X.no", " kari@x.no"),
        ("ÅSE@x.no", "a\u030ase@x.no"),
        ("kari@BLÅBÆR.no", "kari@xn--blbr-roah.NO"),
        ("kari@x.no", "kari\ufeff@x.no"),
    ],
)
def test_equal_addresses_have_one_key(one: str, other: str) -> None:
    """Case, composition, blanks around and the domain's script make no difference."""
    assert same_email_key(one) == same_email_key(other) is not None


@pytest.mark.rule("R-11")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kari+tag@x.no", "kari@x.no"),
        ("kari.n@x.no", "karin@x.no"),
        ("strasse@x.no", "straße@x.no"),
        ("kari@strasse.de", "kari@straße.de"),
        ("\ufb01nn@x.no", "finn@x.no"),
        ("kari@x.no", "kari@y.no"),
    ],
)
def test_different_addresses_have_different_keys(one: str, other: str) -> None:
    """Tags and dots count; case-fold and NFKC would make these equal."""
    assert same_email_key(one) is not None
    assert same_email_key(other) is not None
    assert same_email_key(one) != same_email_key(other)


@pytest.mark.rule("R-11")
@pytest.mark.parametrize("domain", ["my_host.no", "ab--cd.no", "localhost", "1.no", "x.NO"])
def test_an_ascii_domain_is_taken_as_it_is(domain: str) -> None:
    """IDNA judges only what is not ASCII: a real address is never missing for a strange label."""
    assert same_email_key(f"kari@{domain}") == f"kari@{domain.lower()}"


@pytest.mark.rule("R-11")
@settings(deadline=None)
@given(st.text(), st.text())
def test_a_key_is_its_own_key(local: str, domain: str) -> None:
    """The normal form of a normal form is itself, in NFC, whatever the text."""
    key = same_email_key(f"{local}@{domain}")
    if key is not None:
        assert same_email_key(key) == key == unicodedata.normalize("NFC", key)
        assert key.rpartition("@")[2].isascii()


@pytest.mark.rule("R-11")
@settings(deadline=None)
@given(st.emails())
def test_capitals_and_blanks_never_matter(address: str) -> None:
    """Every ordinary address is valid, and equal to itself in capitals."""
    assert same_email_key(f" {address.upper()}\t") == same_email_key(address) is not None


@pytest.mark.rule("R-15")
def test_a_hostile_address_costs_no_time() -> None:
    """A megabyte of letters outside ASCII is refused before it is encoded."""
    began = time.process_time()
    assert same_email_key("kari@" + "å" * 1_000_000) is None
    assert same_email_key("kari@" + ".".join("å" * 60 for _ in range(20_000))) is None
    assert time.process_time() - began < 5
