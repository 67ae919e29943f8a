"""The field table: which rule maps each Huma field, what it writes, and what it reads (R-40).

Every rule is a pure function of the person and a `MappingContext`; nothing here asks the world.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from processors.mapping.address import KEPT, address
from processors.mapping.bank_account import bank_account
from processors.mapping.birth_date import birth_date
from processors.mapping.context import MappingContext, Rule
from processors.mapping.email import email
from processors.mapping.employment_id import employment_id
from processors.mapping.gender import gender
from processors.mapping.identifications import identifications
from processors.mapping.limits import within
from processors.mapping.names import family_name, given_name
from processors.mapping.phone import phone
from processors.mapping.required import REQUIRED, missing
from schemas.employee import Failed, FieldResult, Mapped, Root, Target, TargetValue
from schemas.errors import DeadLetter
from schemas.person import HumaField, Projection

__all__ = [
    "TABLE",
    "MappingContext",
    "differing",
    "for_creation",
    "inputs_of",
    "map_field",
    "map_person",
    "missing",
    "needed_for",
    "targets_of",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One Huma field.

    Attributes:
        rule: how it is mapped.
        targets: every target it may write.
        joined_with: the other fields whose values go into what is written.
        checked_against: fields that are only compared with, for a warning.
    """

    rule: Rule
    targets: tuple[Target, ...]
    joined_with: tuple[HumaField, ...] = ()
    checked_against: tuple[HumaField, ...] = ()


TABLE: Final[Mapping[HumaField, Row]] = MappingProxyType(
    {
        HumaField.EMAIL: Row(email, (Target.CONTACT_EMAIL, Target.SUBLEDGER_EMAIL)),
        HumaField.EMPLOYMENT_ID: Row(employment_id, (Target.EMPLOYEE_CODE,)),
        HumaField.GIVEN_NAME: Row(
            given_name,
            (Target.CONTACT_FIRST_NAME, Target.SUBLEDGER_DESCRIPTION),
            joined_with=(HumaField.FAMILY_NAME,),
        ),
        HumaField.FAMILY_NAME: Row(
            family_name,
            (Target.CONTACT_LAST_NAME, Target.SUBLEDGER_DESCRIPTION),
            joined_with=(HumaField.GIVEN_NAME,),
        ),
        HumaField.PHONE: Row(phone, (Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE)),
        HumaField.BIRTH_DATE: Row(
            birth_date,
            (Target.CONTACT_BIRTHDAY,),
            checked_against=(HumaField.IDENTIFICATIONS,),
        ),
        HumaField.BANK_ACCOUNT: Row(bank_account, (Target.SUBLEDGER_BANK_ACCOUNT,)),
        HumaField.HOME_ADDRESS: Row(
            address, tuple(target for part in KEPT.values() for target in part)
        ),
        HumaField.GENDER: Row(gender, (Target.CONTACT_GENDER,)),
        HumaField.IDENTIFICATIONS: Row(
            identifications,
            (Target.CONTACT_SOCIAL_SEC,),
            checked_against=(HumaField.BIRTH_DATE,),
        ),
    }
)


NESTED: Final = frozenset(
    target for part in KEPT.values() for target in part if target.root is Root.CONTACT
)
"""The parts of a contact's address (`xledger-api.md` 1.6)."""


def map_field(field: HumaField, projection: Projection, context: MappingContext) -> FieldResult:
    """Map one field of a person.

    A field absent from the projection maps to nothing: absent is not null (R-46). A value of
    another shape than the contract's fails with "schema", and one over its target's limit with
    "too long" (R-50).

    Args:
        field: which.
        projection: the person as Huma has them now, at least what is `needed_for` this field.
        context: the connection's, and what it has confirmed for this person.

    >>> from datetime import date
    >>> context = MappingContext("NO", date(2026, 1, 1), False, {}, {})
    >>> map_field(HumaField.PHONE, Projection({"phone": " 412 34 567"}), context)
    Mapped(warnings=())
    """
    if field not in projection:
        return Mapped({})
    try:
        result = TABLE[field].rule(projection, context)
    except DeadLetter as wrong:
        return Failed(wrong.code)
    return within(result, context.limits) if isinstance(result, Mapped) else result


def map_person(
    projection: Projection, context: MappingContext, fields: Iterable[HumaField]
) -> dict[HumaField, FieldResult]:
    """Map several fields of a person; each is judged alone (R-87).

    Whether the person can be sent at all is for `missing` to say (R-30).
    """
    return {field: map_field(field, projection, context) for field in fields}


def targets_of(field: HumaField) -> tuple[Target, ...]:
    """Return every target that a change of this field may rewrite.

    >>> targets_of(HumaField.GIVEN_NAME)[1]
    <Target.SUBLEDGER_DESCRIPTION: 'subledger.description'>
    """
    return TABLE[field].targets


def inputs_of(field: HumaField) -> frozenset[HumaField]:
    """Return the fields whose values go into what this one writes, itself included.

    The version of what is written is the greatest of theirs (R-71).

    >>> sorted(inputs_of(HumaField.FAMILY_NAME))
    [<HumaField.FAMILY_NAME: 'familyName'>, <HumaField.GIVEN_NAME: 'givenName'>]
    """
    return frozenset({field, *TABLE[field].joined_with})


def needed_for(fields: Iterable[HumaField]) -> frozenset[HumaField]:
    """Return the fields a projection must hold to map these, and to tell what is missing (R-30).

    >>> HumaField.IDENTIFICATIONS in needed_for([HumaField.BIRTH_DATE])
    True
    """
    more = ({field, *TABLE[field].joined_with, *TABLE[field].checked_against} for field in fields)
    return frozenset(REQUIRED).union(*more)


def differing(mapped: Mapped, confirmed: Mapping[Target, TargetValue]) -> dict[Target, TargetValue]:
    """Return what of a mapped field Xledger does not have yet from us; nothing: unchanged (R-84).

    Our normalised form is compared with what was confirmed, never with an echo or a listing. A
    target never confirmed differs, also when the value is null: an event that emptied the field
    made it dirty, and clears what Xledger may hold (R-46). A contact's address is one object on the
    wire: it goes with every part that is filled, since Xledger may take it for the whole of it.

    >>> differing(Mapped({Target.CONTACT_PHONE: "1", Target.SUBLEDGER_PHONE: "1"}),
    ...           {Target.CONTACT_PHONE: "1"})
    {<Target.SUBLEDGER_PHONE: 'subledger.phone'>: '1'}
    """
    found = {
        target: value
        for target, value in mapped.targets.items()
        if target not in confirmed or confirmed[target] != value
    }
    if not NESTED.isdisjoint(found):
        found |= {target: value for target, value in mapped.targets.items() if target in NESTED}
    return found


def for_creation(mapped: Mapped) -> dict[Target, str]:
    """Return what of a mapped field a new record is made with: a null has nothing to clear.

    >>> for_creation(Mapped({Target.CONTACT_PHONE: None, Target.CONTACT_EMAIL: "k@x.no"}))
    {<Target.CONTACT_EMAIL: 'contact.email'>: 'k@x.no'}
    """
    return {target: value for target, value in mapped.targets.items() if value is not None}
