"""What a person must have to be synchronised (R-30, R-31, R-32).

The set is data: email, and both names, which Huma needs to create a user and the subledger's
description is built from.

>>> missing(Projection({"email": "kari@x.no", "givenName": "Kari", "familyName": " "}))
(<Code.MISSING_FAMILY_NAME: 'missing family name'>,)
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from processors.mapping.email import same_email_key
from processors.mapping.text import is_empty
from schemas.person import HumaField, Json, Projection
from schemas.reasons import Code

REQUIRED: Final[Mapping[HumaField, Code]] = MappingProxyType(
    {
        HumaField.EMAIL: Code.MISSING_EMAIL,
        HumaField.GIVEN_NAME: Code.MISSING_GIVEN_NAME,
        HumaField.FAMILY_NAME: Code.MISSING_FAMILY_NAME,
    }
)


def missing(projection: Projection) -> tuple[Code, ...]:
    """Return a code for each required field that is not there; none: the person can be sent.

    Not there is absent, null, nothing visible (R-32), or for the email: no address (R-15).
    """
    return tuple(
        code for field, code in REQUIRED.items() if not _is_there(field, projection.get(field))
    )


def _is_there(field: HumaField, value: Json) -> bool:
    if not isinstance(value, str) or is_empty(value):
        return False
    return field is not HumaField.EMAIL or same_email_key(value) is not None
