"""Whose email a person gets: another employee's is sent all the same, with a warning (R-12)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from processors.lane.parcel import Parcel
from processors.mapping.email import same_email_key
from processors.mapping.text import merged
from processors.ports.lane import NewEmail
from schemas.employee import Target
from schemas.person import HumaField
from schemas.reasons import Code

EMAILS = (Target.CONTACT_EMAIL, Target.SUBLEDGER_EMAIL)


def new_emails(parcels: Iterable[Parcel]) -> list[NewEmail]:
    """Return the emails that are about to be written, in their normal form."""
    found: list[NewEmail] = []
    for one in parcels:
        typed = next((one.values[target] for target in EMAILS if one.values.get(target)), None)
        key = None if typed is None else same_email_key(typed)
        if key is not None:
            found.append(NewEmail(one.subject.user, key, one.subject.employee))
    return found


def with_warnings(parcels: Iterable[Parcel], others: Mapping[str, str]) -> list[Parcel]:
    """Return parcels that warn whoever gets the email of one of `others`, by user."""
    name = HumaField.EMAIL
    return [
        one
        if one.subject.user not in others or name not in one.sent
        else replace(
            one,
            warnings={
                **one.warnings,
                name: merged(one.warnings.get(name, ()), (Code.EMAIL_OF_ANOTHER,)),
            },
        )
        for one in parcels
    ]
