"""What should stand in Xledger for a person as Huma has them: told by the story, not by our rules.

The demo's proof compares the two simulators with these expectations. They share nothing with
`processors.mapping`, so that a wrong rule cannot prove itself.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from simulators.huma.names import NASTY

Record: TypeAlias = dict[str, str | None]
"""One person's fields in Xledger, as `<record>.<field>`."""

AS_IT_ARRIVES: Final = dict(NASTY)
GENDERS: Final = {"Male": "M", "Female": "F"}
FIELDS: Final = {
    "email": ("contact.email", "subledger.email"),
    "givenName": ("contact.firstName", "subledger.description"),
    "familyName": ("contact.lastName", "subledger.description"),
    "phone": ("contact.phone", "subledger.phone"),
    "birthDate": ("contact.birthday",),
    "gender": ("contact.gender",),
    "identifications": ("contact.socialSec",),
    "bankAccount": ("subledger.bankAccount",),
    "homeAddress": tuple(
        f"{record}.address.{part}"
        for record in ("contact", "subledger")
        for part in ("streetAddress", "zipCode", "place", "country")
    ),
    "employmentId": ("employee.code",),
}
"""Which of Xledger's fields each of Huma's fills."""
POST: Final = (
    "contact.jobTitle", "employee.employmentFrom", "employee.trialTo", "employee.noticeDate",
    "employee.employmentTo",
)  # fmt: skip
"""What positions fill."""


def record_of(user: Mapping[str, Any]) -> Record:
    r"""Return everything that should stand in Xledger for these values of Huma.

    >>> record_of({"givenName": "Anne\nLise", "familyName": "Vik"})["subledger.description"]
    'Anne Lise Vik'
    """
    given, family = text(user.get("givenName")), text(user.get("familyName"))
    address = user.get("homeAddress") or {}
    street = [text(address.get(line)) for line in ("line1", "line2", "line3")]
    parts = {
        "streetAddress": ", ".join(line for line in street if line) or None,
        "zipCode": address.get("postalCode"),
        "place": text(address.get("city")),
        "country": address.get("country"),
    }
    norwegian = [
        entry["value"]
        for entry in user.get("identifications") or []
        if entry["type"] == "national" and entry.get("country") == "NO"
    ]
    record: Record = {
        "contact.email": user.get("email"),
        "contact.firstName": given,
        "contact.lastName": family,
        "contact.phone": user.get("phone"),
        "contact.birthday": user.get("birthDate"),
        "contact.gender": GENDERS.get(user.get("gender") or ""),
        "contact.socialSec": norwegian[0] if norwegian else None,
        "subledger.email": user.get("email"),
        "subledger.description": f"{given or ''} {family or ''}".strip(),
        "subledger.phone": user.get("phone"),
        "subledger.bankAccount": (user.get("bankAccount") or {}).get("number"),
        "employee.code": user.get("employmentId"),
    }
    for part, value in parts.items():
        record[f"contact.address.{part}"] = record[f"subledger.address.{part}"] = value
    return record


def post_of(
    title: str | None,
    begins: str | None,
    trial: str | None = None,
    notice: str | None = None,
    ends: str | None = None,
) -> Record:
    """Return what should stand in Xledger of somebody's positions, as the story says it.

    Args:
        title: of the position that counts today.
        begins: first day of the earliest contract.
        trial: last day of probation.
        notice: when notice was given.
        ends: last day of the last contract.
    """
    return dict(zip(POST, (title, begins, trial, notice, ends), strict=True))


NO_POST: Final = post_of(None, None)


def text(typed: str | None) -> str | None:
    """Return a text as it should arrive."""
    return AS_IT_ARRIVES.get(typed, typed) if typed is not None else None
