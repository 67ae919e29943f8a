"""The codes a person's records are made under, so that they can be looked up (R-36)."""

from base64 import b32encode
from hashlib import sha256
from typing import Final

from processors.mapping.text import clean

CHARACTERS: Final = 11
"""55 bits of the hash: the chance that any two of a million people share a code is 1 in 70,000."""


def contact_code(user: str) -> str:
    """Return the code of a person's contact: a contact found by it is ours.

    Args:
        user: the Huma user id.

    >>> contact_code("7f1f3a52-6a3e-4b0e-9d6b-1f0a5c1d2e3f")
    'HNYKZ33VSKEN'
    """
    digest = b32encode(sha256(user.encode()).digest()).decode("ascii")
    return f"H{digest[:CHARACTERS]}"


def supplier_code(user: str, employment_id: str | None) -> str:
    """Return the code of a person's supplier: the employment id, else the contact's code.

    Args:
        user: the Huma user id.
        employment_id: as typed, or None.

    >>> supplier_code("7f1f3a52-6a3e-4b0e-9d6b-1f0a5c1d2e3f", " 0042 ")
    '0042'
    """
    return clean(employment_id).value or contact_code(user)
