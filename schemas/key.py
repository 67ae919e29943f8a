"""The record key, `<organization>:<user>` (R-81), looked at before anything is decoded (R-98)."""

from typing import Final

from schemas.attributes import LONGEST
from schemas.person import PersonKey

_HEX: Final = b"0123456789abcdefABCDEF"
_SHAPE: Final = bytes(
    ord("x") if char in _HEX else char if char in b"-:" else ord("!") for char in range(256)
)
"""Turns each hexadecimal digit into `x` and what no UUID holds into `!`."""
_UUID: Final = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
_PERSON: Final = _UUID + b":" + _UUID
_LENGTH: Final = len(_UUID)


def organization_of_key(key: bytes | None) -> str | None:
    """Return the organisation, lower-case; None when the key is not `<uuid>:<uuid>` (R-98).

    >>> organization_of_key(b"9B2E0C1A-0000-4000-8000-000000000001:" + b"0" * 8 + b"-0000" * 3
    ...                     + b"-" + b"0" * 12)
    '9b2e0c1a-0000-4000-8000-000000000001'
    >>> organization_of_key(b"heartbeat:3") is None
    True
    """
    if key is None or key.translate(_SHAPE) != _PERSON:
        return None
    return key[:_LENGTH].decode().lower()


def person_of_key(key: bytes | None) -> PersonKey | None:
    """Return the person; None when the key is not `<uuid>:<uuid>`."""
    if key is None or key.translate(_SHAPE) != _PERSON:
        return None
    return PersonKey(key[:_LENGTH].decode().lower(), key[_LENGTH + 1 :].decode().lower())


def key_of(organization: str, user: str) -> bytes:
    """Return the key of every record about this person."""
    return f"{organization}:{user}".encode()


def is_key(key: bytes) -> bool:
    r"""Say whether a key is what any key must be: at most 200 printable characters (R-95).

    >>> is_key(b"anything"), is_key(b"\xff"), is_key(b"a\x00"), is_key(b"a" * 201)
    (True, False, False, False)
    """
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return False
    return len(text) <= LONGEST and text.isprintable()
