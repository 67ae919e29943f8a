"""Email address: sent as typed, compared in its normal form (R-11, R-15, R-40).

>>> same_email_key(" Kari+Work@X.no ") == same_email_key("kari+work@x.NO")
True
>>> same_email_key("kari@blåbær.no")
'kari@xn--blbr-roah.no'
>>> same_email_key("not an address") is None
True
"""

import re
import unicodedata
from typing import Final

import idna

from processors.mapping.context import MappingContext
from processors.mapping.text import NORMALISED, clean
from schemas.employee import FieldResult, Mapped, Skipped, Target
from schemas.person import HumaField, Projection
from schemas.reasons import Code

LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
LONGEST_LABEL: Final = 63
LONGEST_DOMAIN: Final = 253


def email(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map to contact and subledger; none, or an invalid one, is a missing one (R-32)."""
    typed = clean(projection[HumaField.EMAIL])
    if typed.value is None or same_email_key(typed.value) is None:
        return Skipped(Code.MISSING_EMAIL, typed.warnings)
    both = {Target.CONTACT_EMAIL: typed.value, Target.SUBLEDGER_EMAIL: typed.value}
    return Mapped(both, typed.warnings)


def same_email_key(text: str) -> str | None:
    """Return what equal addresses have in common, or None for what is no address.

    Unicode lower-case (not case-fold), NFC (not NFKC, which would make different addresses equal),
    the domain in ASCII by IDNA 2008; `+tag` and dots are kept (R-11). None never equals None
    (R-15): that is the caller's to observe.

    Args:
        text: as either system holds it.
    """
    typed = clean(text).value
    if typed is None or len(typed) > NORMALISED:
        return None
    lower = unicodedata.normalize("NFC", typed.lower())
    local, at, domain = lower.partition("@")
    if not local or not at or any(char.isspace() for char in local):
        return None
    ascii_domain = _ascii(domain)
    return None if ascii_domain is None else f"{local}@{ascii_domain}"


def _ascii(domain: str) -> str | None:
    """Return the domain in ASCII, or None. Bounded before `idna`, whose work is not linear."""
    labels = domain.split(".")
    if len(domain) > LONGEST_DOMAIN or any(len(label) > LONGEST_LABEL for label in labels):
        return None
    encoded = [_ascii_label(label) for label in labels]
    if any(label is None for label in encoded):
        return None
    joined = ".".join(label for label in encoded if label is not None)
    return joined if len(joined) <= LONGEST_DOMAIN else None


def _ascii_label(label: str) -> str | None:
    if label.isascii() and not label.startswith("xn--"):
        return label if LABEL.fullmatch(label) else None
    try:
        return idna.alabel(label).decode("ascii")
    except idna.IDNAError:
        return None
