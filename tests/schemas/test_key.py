"""The record key, looked at before anything is decoded (R-81, R-98)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about import About
from schemas.key import is_key, key_of, organization_of_key, person_of_key
from schemas.person import PersonKey

ORGANIZATION = "9b2e0c1a-5d3f-4c6e-8a71-0f2d4b6c8e10"
USER = "4f1c7a52-8e0b-4d39-b6a4-2c9d1e3f5a70"


@pytest.mark.rule("R-81", "R-98")
@given(st.uuids(), st.uuids(), st.booleans())
def test_a_person_is_read_from_the_key_that_we_write(
    organization: object, user: object, upper: bool  # noqa: FBT001
) -> None:  # fmt: skip
    """In lower case, however it was written."""
    key = key_of(str(organization), str(user))
    written = key.upper() if upper else key
    assert person_of_key(written) == PersonKey(str(organization), str(user))
    assert organization_of_key(written) == str(organization)


@pytest.mark.rule("R-98")
@pytest.mark.parametrize(
    "key",
    [None, b"", b"heartbeat:3", ORGANIZATION.encode(), f"{ORGANIZATION}:".encode(),
     f"{ORGANIZATION}:{USER}:1".encode(), f"{ORGANIZATION}:{USER} ".encode(),
     f" {ORGANIZATION}:{USER}".encode(), f"{ORGANIZATION};{USER}".encode(),
     f"{ORGANIZATION}:{USER[:-1]}g".encode(), f"{ORGANIZATION}:{USER[:-1]}x".encode(),
     f"{ORGANIZATION}:{USER}".replace("-", "").encode(), f"{ORGANIZATION}:{USER}\n".encode(),
     f"{ORGANIZATION.replace('-', ':')}:{USER}".encode(), b"\xff" * 73,
     b"x" * 8 + b"-xxxx" * 3 + b"-" + b"x" * 12 + b":" + USER.encode()],
    ids=ascii,
)  # fmt: skip
def test_any_other_key_says_nothing(key: bytes | None) -> None:
    """Then the record is decoded, and its attributes decide."""
    assert person_of_key(key) is None
    assert organization_of_key(key) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_or_none(key: bytes) -> None:
    """Nothing raises; who is named by a key can be named by it again."""
    person = person_of_key(key)
    if person is not None:
        assert key_of(person.organization, person.user) == key.lower()
        assert is_key(key)


@pytest.mark.rule("R-95")
def test_a_key_is_up_to_200_printable_characters() -> None:
    """Characters, not bytes."""
    assert is_key("å".encode() * 200)
    assert not is_key("å".encode() * 201)
    assert not is_key(b"\xc3")


@pytest.mark.rule("R-98")
def test_the_key_names_the_person_only_where_the_event_names_nobody() -> None:
    """The event's own attributes decide, also when they name one half only."""
    key = key_of(ORGANIZATION, USER)
    assert About().or_key(key) == About(organization=ORGANIZATION, user=USER)
    for known in (About(user="u"), About(organization="o"), About(organization="o", user="u")):
        assert known.or_key(key) == known
    assert About().or_key(b"heartbeat:3") == About()
