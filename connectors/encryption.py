"""Values at rest: AES-256-GCM with a data key per organisation, wrapped by a master key (R-08).

Organisation, person and column are associated data, so that a value moved elsewhere does not open.
A key that is missing or wrong stops the process and is named; it never reads as "no value".
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import StopProcess

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
DIGEST_BYTES: Final = 16
FORMAT: Final = b"\x01"
"""First byte of everything sealed: how to read the rest."""
SEPARATOR: Final = b"\x1f"


class Cipher:
    """One organisation's: seals, opens and digests its values."""

    __slots__ = ("_digests", "_gcm", "_organization")

    def __init__(self, key: bytes, organization: str) -> None:
        self._gcm = AESGCM(key)
        self._organization = organization.encode()
        self._digests = HKDF(hashes.SHA256(), KEY_BYTES, None, b"digests").derive(key)

    def seal(self, person: str, column: str, plain: bytes) -> bytes:
        """Return the ciphertext of a value.

        Args:
            person: whose it is; empty when it is nobody's.
            column: `<table>.<column>`, with `/<field>` where rows are fields.
            plain: the value.
        """
        nonce = os.urandom(NONCE_BYTES)
        place = self._place(person, column)
        return FORMAT + nonce + self._gcm.encrypt(nonce, plain, place)

    def open(self, person: str, column: str, sealed: bytes) -> bytes:
        """Return the value.

        Raises:
            StopProcess: it was sealed by another key, for another place, or is damaged.
        """
        nonce, text = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._gcm.decrypt(nonce, text, self._place(person, column))
        except InvalidTag:
            raise StopProcess(
                f"a value of column {column} does not open with its organisation's key: "
                "is the master key the one that the store was made with?"
            ) from None

    def digest(self, purpose: str, data: bytes) -> bytes:
        """Return a keyed digest: equal data can be found, and not guessed without the key."""
        message = purpose.encode() + SEPARATOR + data
        return hmac.digest(self._digests, message, "sha256")[:DIGEST_BYTES]

    def _place(self, person: str, column: str) -> bytes:
        return SEPARATOR.join((self._organization, person.encode(), column.encode()))


class Vault:
    """Wraps and unwraps data keys.

    Args:
        master_keys: by id; the first one wraps new keys.

    Attributes:
        current: the id of the one that wraps new keys.
        names: the ids of all.
    """

    def __init__(self, master_keys: Mapping[str, bytes]) -> None:
        self._keys = {name: AESGCM(key) for name, key in master_keys.items()}
        self.current = next(iter(master_keys))
        self.names = frozenset(master_keys)

    def new_data_key(self, organization: str) -> bytes:
        """Return a new data key, wrapped by the current master key."""
        return self._wrapped(os.urandom(KEY_BYTES), organization)

    def cipher(self, wrapped: bytes, master_key: str, organization: str) -> Cipher:
        """Return the organisation's cipher.

        Raises:
            StopProcess: the master key is unknown, or not the one that wrapped this key.
        """
        return Cipher(self._unwrapped(wrapped, master_key, organization), organization)

    def rewrap(self, wrapped: bytes, master_key: str, organization: str, new: "Vault") -> bytes:
        """Return the same data key wrapped by another vault's current master key.

        Raises:
            StopProcess: as `cipher` does.
        """
        return new._wrapped(  # noqa: SLF001 - one of us
            self._unwrapped(wrapped, master_key, organization), organization
        )

    def _wrapped(self, key: bytes, organization: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._keys[self.current].encrypt(nonce, key, organization.encode())

    def _unwrapped(self, wrapped: bytes, master_key: str, organization: str) -> bytes:
        if master_key not in self._keys:
            raise StopProcess(
                f"the store needs master key {master_key}, which MASTER_KEY_FILE does not hold"
            )
        nonce, text = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._keys[master_key].decrypt(nonce, text, organization.encode())
        except InvalidTag:
            raise StopProcess(f"master key {master_key} does not open a data key") from None


def open_vault(file: Path | None) -> Vault:
    """Read the master keys: one in base64 a line, the newest first. A key's id is its digest.

    Raises:
        StopProcess: the file is missing or holds something else.
    """
    if file is None:
        raise StopProcess(
            "HUMA_XLEDGER_MASTER_KEY_FILE is not set: make a key with `keys create FILE`"
        )
    try:
        lines = file.read_text("ascii").split()
        keys = [base64.b64decode(line, validate=True) for line in lines]
    except (OSError, UnicodeError, binascii.Error):
        raise StopProcess(f"the master key file {file} cannot be read as base64") from None
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise StopProcess(f"the master key file {file} must hold keys of {KEY_BYTES} bytes")
    return Vault({hashlib.sha256(key).hexdigest()[:12]: key for key in keys})


def new_master_key_file(file: Path) -> None:
    """Write a new master key, for its owner's eyes only.

    Raises:
        StopProcess: the file is there already, or cannot be written.
    """
    try:
        number = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise StopProcess(f"{file} exists: a master key is never overwritten") from None
    except OSError as error:
        raise StopProcess(f"{file} cannot be written: {error.strerror}") from None
    with os.fdopen(number, "wb") as target:
        target.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
