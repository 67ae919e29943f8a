"""Identification: the Norwegian identity number, to the contact's socialSec (R-49, R-66)."""

from processors.mapping.birth_date import plain_date
from processors.mapping.context import MappingContext
from processors.mapping.identity_choice import choose
from processors.mapping.text import merged
from schemas.employee import Failed, FieldResult, Mapped, Skipped, Target
from schemas.person import HumaField, Projection
from schemas.reasons import Code


def identifications(projection: Projection, context: MappingContext) -> FieldResult:
    """Map the one number that can be sent; cleared when none is left where one was sent (R-46).

    A passport or a foreign number beside nothing of ours clears nothing, since what Xledger holds
    then may have been entered by hand.

    >>> from datetime import date
    >>> context = MappingContext("NO", date(2026, 1, 1), True, {}, {})
    >>> entry = {"type": "national", "country": "NO", "value": "179120 99997"}
    >>> dict(identifications(Projection({"identifications": [entry]}), context).targets)
    {<Target.CONTACT_SOCIAL_SEC: 'contact.socialSec'>: '17912099997'}
    """
    choice = choose(
        projection[HumaField.IDENTIFICATIONS], context.today, synthetic=context.synthetic_numbers
    )
    if choice.number is not None:
        born = plain_date(projection.get(HumaField.BIRTH_DATE), context.today)
        differs = born is not None and not choice.number.agrees_with(born)
        warnings = merged(choice.warnings, (Code.BIRTH_DATE_DIFFERS,) if differs else ())
        return Mapped({Target.CONTACT_SOCIAL_SEC: choice.number.digits}, warnings)
    if choice.reason is None or _sent_before(choice.reason, context):
        return Mapped({Target.CONTACT_SOCIAL_SEC: None}, choice.warnings)
    if choice.reason is Code.NOT_NORWEGIAN:
        return Skipped(choice.reason, choice.warnings)
    return Failed(choice.reason, choice.warnings)


def _sent_before(reason: Code, context: MappingContext) -> bool:
    confirmed = context.confirmed.get(Target.CONTACT_SOCIAL_SEC)
    return reason is Code.NOT_NORWEGIAN and confirmed is not None
