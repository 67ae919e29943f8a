"""Values at rest: sealed for one place, and never silently none (R-08)."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.encryption import KEY_BYTES, Cipher, Vault, new_master_key_file, open_vault
from schemas.errors import StopProcess

KEY = b"k" * KEY_BYTES
PERSON = "9b2e0c1a-0000-4000-8000-0000000000aa"


@pytest.mark.rule("R-08")
@given(plain=st.binary(max_size=200))
def test_what_was_sealed_opens_again(plain: bytes) -> None:
    """Any bytes, none included; the same value never looks the same twice."""
    cipher = Cipher(KEY, "o")
    first, second = (cipher.seal(PERSON, "field.value/email", plain) for _ in range(2))
    assert first != second
    assert cipher.open(PERSON, "field.value/email", first) == plain


@pytest.mark.parametrize(
    ("key", "organization", "person", "column"),
    [
        (KEY, "o", "another", "field.value/email"),
        (KEY, "o", PERSON, "field.value/phone"),
        (KEY, "o", PERSON, "confirmed.value/email"),
        (KEY, "another", PERSON, "field.value/email"),
        (b"x" * KEY_BYTES, "o", PERSON, "field.value/email"),
    ],
    ids=["person", "field", "column", "organisation", "key"],
)
def test_a_value_opens_in_its_place_only(
    key: bytes, organization: str, person: str, column: str
) -> None:
    """Values cannot be swapped between people, columns or organisations."""
    sealed = Cipher(KEY, "o").seal(PERSON, "field.value/email", b"canary")
    with pytest.raises(StopProcess, match="does not open") as caught:
        Cipher(key, organization).open(person, column, sealed)
    assert column in str(caught.value)
    assert "canary" not in str(caught.value)


@given(st.integers(1, 40), st.integers(1, 255))
def test_a_damaged_value_does_not_open(at: int, change: int) -> None:
    """One changed byte, wherever it is behind the format, is noticed."""
    cipher = Cipher(KEY, "o")
    sealed = bytearray(cipher.seal("p", "c", b"value" * 10))
    sealed[at] ^= change
    with pytest.raises(StopProcess):
        cipher.open("p", "c", bytes(sealed))


def test_digests_are_equal_for_equal_values_of_one_organisation_only() -> None:
    """They find a value again, tell nothing of it, and differ by purpose and by key."""
    cipher = Cipher(KEY, "o")
    same = cipher.digest("email", b"kari@x.no")
    assert cipher.digest("email", b"kari@x.no") == same
    others = [
        cipher.digest("code", b"kari@x.no"),
        cipher.digest("email", b"ola@x.no"),
        Cipher(b"x" * KEY_BYTES, "o").digest("email", b"kari@x.no"),
    ]
    assert same not in others


def test_a_data_key_opens_for_its_organisation_only() -> None:
    """The wrapped key of one row is of no use in another."""
    vault = Vault({"m": KEY})
    wrapped = vault.new_data_key("o")
    vault.cipher(wrapped, "m", "o")
    with pytest.raises(StopProcess, match="master key m does not open"):
        vault.cipher(wrapped, "m", "another")


def test_a_new_master_key_is_its_owners_only(tmp_path: Path) -> None:
    """Written once, never over another; the vault opens with it."""
    file = tmp_path / "key"
    new_master_key_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert open_vault(file).current
    with pytest.raises(StopProcess, match="never overwritten"):
        new_master_key_file(file)
    assert file.read_bytes() == before
    with pytest.raises(StopProcess, match="cannot be written"):
        new_master_key_file(tmp_path / "no" / "folder")


def test_the_first_line_is_the_newest_key(tmp_path: Path) -> None:
    """Older ones stay readable beneath it; a key is known by its digest, not by its place."""
    keys = [base64.b64encode(bytes([n]) * KEY_BYTES).decode() for n in (1, 2)]
    one, both = tmp_path / "one", tmp_path / "both"
    one.write_text(keys[1])
    both.write_text("\n".join(keys))
    old, new = open_vault(one), open_vault(both)
    assert old.current != new.current
    wrapped = old.new_data_key("o")
    sealed = old.cipher(wrapped, old.current, "o").seal("p", "c", b"value")
    assert new.cipher(wrapped, old.current, "o").open("p", "c", sealed) == b"value"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "MASTER_KEY_FILE is not set"),
        ("", "must hold keys of 32 bytes"),
        ("c2hvcnQ=", "must hold keys of 32 bytes"),
        ("not base64!", "cannot be read as base64"),
        ("æøå", "cannot be read as base64"),
    ],
)
def test_a_wrong_key_file_is_one_sentence(tmp_path: Path, content: str | None, says: str) -> None:
    """It says what is wrong, and shows nothing of the file."""
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(StopProcess, match=says) as caught:
        open_vault(None if content is None else file)
    assert not content or content not in str(caught.value)
