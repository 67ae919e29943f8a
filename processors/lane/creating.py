"""Creations: three requests for up to 500 people, none of them made twice (R-36, R-37, R-82).

Look up, add contacts and suppliers, add employees. An intent is stored before each step, the ids
after it; a person whose intent is open is looked up before anything else is done.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from processors.lane.culprits import Verdict
from processors.lane.parcel import Parcel
from processors.ports.lane import Holders, Intent, Step
from processors.ports.xledger import Found, Keys
from schemas.employee import Root, Target
from schemas.reasons import Code

LETTERS: Final = 11


def own_code(user: str) -> str:
    """Return the code by which a record is known to be ours (R-36).

    >>> own_code("00000000-0000-4000-8000-000000000001")
    'HCHSZJ5EBSWG'
    """
    digest = hashlib.sha256(user.encode()).digest()
    return "H" + base64.b32encode(digest).decode()[:LETTERS]


@dataclass(slots=True)
class Newcomer:
    """One person on the way to becoming an employee.

    Attributes:
        parcel: what a record is made with.
        contact: dbId, once there is one.
        subledger: dbId, once there is one.
        employee: dbId, once there is one.
        found: every dbId that existed for the keys before our first write.
        verdicts: what was just answered for contact and subledger; nothing for one taken over.
    """

    parcel: Parcel
    contact: str | None = None
    subledger: str | None = None
    employee: str | None = None
    found: tuple[str, ...] = field(default_factory=tuple)
    verdicts: dict[Root, Verdict] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """Huma's user id."""
        return self.parcel.subject.user

    @property
    def positioned(self) -> bool:
        """Whether position data goes out with the creation, and from then on (R-52)."""
        return bool(self.parcel.subject.positions)

    @property
    def employee_code(self) -> str | None:
        """The employment id, as the code that the employee gets."""
        return self.parcel.values.get(Target.EMPLOYEE_CODE)

    @property
    def supplier_code(self) -> str:
        """The employment id; without one, our own code (R-36)."""
        intent = self.parcel.subject.intent
        if intent is not None and intent.supplier_code:
            return intent.supplier_code
        return self.employee_code or own_code(self.user)

    def keys(self, client_id: str) -> Keys:
        """Return what to look this person up by."""
        email = self.parcel.values.get(Target.CONTACT_EMAIL)
        return Keys(
            client_id,
            own_code(self.user),
            self.supplier_code,
            self.employee_code,
            email,
            self.contact,
        )

    def intent(self, step: Step) -> Intent:
        """Return what is stored before a step."""
        email = self.parcel.values.get(Target.CONTACT_EMAIL)
        return Intent(step, self.supplier_code, self.employee_code, email, self.found)


class Then(Enum):
    """What to do with a person after the look-up."""

    CREATE = auto()
    LINK = auto()
    FAIL = auto()
    EXISTS = auto()
    HELD = auto()
    LEAVE = auto()
    ASK = auto()


def newcomer(parcel: Parcel) -> Newcomer:
    """Begin, or go on where a person's creation was."""
    subject = parcel.subject
    found = subject.intent.found if subject.intent is not None else ()
    return Newcomer(parcel, subject.contact, subject.subledger, subject.employee, found)


Decision = tuple[Then, Code | None]
AMBIGUOUS: Final[Decision] = (Then.ASK, Code.AMBIGUOUS)
HELD: Final[Decision] = (Then.HELD, Code.LINKED_BY_ANOTHER)
"""Another connection of the company has this person (R-09): until it lets go, nothing is done."""


def decide(one: Newcomer, found: Found, holders: Holders) -> Decision:
    """Say what exists of a person, and what follows; fills the dbIds that are ours.

    A contact with our code is ours. A supplier or employee is ours when it was not there before
    our first write and no link holds it. Several that could be ours: a human decides.

    Args:
        one: the person; changed in place.
        found: by the look-up.
        holders: who of our links holds which of those records.
    """
    for question in (_contact, _subledger, _employee, _email):
        decision = question(one, found, holders)
        if decision is not None:
            return decision
    if one.parcel.subject.intent is None:
        before = (*found.suppliers, *found.employees_by_code, *found.contacts)
        one.found = tuple(dict.fromkeys(before))
    held = one.parcel.held
    return (Then.CREATE, None) if held is None else (Then.LEAVE, held)


def _contact(one: Newcomer, found: Found, holders: Holders) -> Decision | None:
    """Take over the contact with our code, and the employee that it belongs to."""
    contacts = tuple(dict.fromkeys(found.contacts))
    if len(contacts) > 1:
        return AMBIGUOUS
    if contacts:
        one.contact = contacts[0]
    if one.contact is None:
        return None
    employees = tuple(dict.fromkeys(found.employees_by_contact))
    if not employees:
        return None
    if any(employee in holders.employees for employee in employees):
        return HELD
    suppliers = [s for s in dict.fromkeys(found.suppliers) if s not in holders.subledgers]
    if one.subledger is None and len(suppliers) == 1:
        one.subledger = suppliers[0]
    if len(employees) > 1 or one.subledger is None:
        return AMBIGUOUS
    one.employee = employees[0]
    return Then.LINK, None


def _subledger(one: Newcomer, found: Found, holders: Holders) -> Decision | None:
    """Take over the supplier that our lost answer made."""
    if one.subledger is not None or one.parcel.subject.intent is None:
        return None
    new = [
        supplier
        for supplier in dict.fromkeys(found.suppliers)
        if supplier not in one.found and supplier not in holders.subledgers
    ]
    if len(new) > 1:
        return AMBIGUOUS
    if new:
        one.subledger = new[0]
    return None


def _employee(one: Newcomer, found: Found, holders: Holders) -> Decision | None:
    """Say whose the employment id is (R-36)."""
    employees = tuple(dict.fromkeys(found.employees_by_code))
    new = [e for e in employees if e not in one.found and e not in holders.employees]
    intent = one.parcel.subject.intent
    if intent is not None and intent.step is Step.EMPLOYEE and new:
        if len(new) > 1:
            return AMBIGUOUS
        one.employee = new[0]
        return Then.LINK, None
    if any(holders.employees.get(employee) == one.user for employee in employees):
        return HELD
    if any(employee in holders.employees for employee in employees):
        return Then.FAIL, Code.EMPLOYMENT_ID_IN_USE
    return (Then.EXISTS, Code.EXISTS_IN_XLEDGER) if employees else None


def _email(one: Newcomer, found: Found, holders: Holders) -> Decision | None:
    """Say whether an employee nobody is linked to has the email (R-36)."""
    if not found.by_email or one.parcel.subject.intent is not None or one.contact is not None:
        return None
    if any(holders.employees.get(employee) == one.user for employee in found.by_email):
        return HELD
    free = any(employee not in holders.employees for employee in found.by_email)
    return (Then.EXISTS, Code.EXISTS_IN_XLEDGER) if free else None


def with_email(found: Found, listed: str | None) -> Found:
    """Return what was found, with the employee that the last listing had for the email (R-36)."""
    return found if listed is None else replace(found, by_email=(*found.by_email, listed))


def records_named(found: Sequence[Found]) -> list[str]:
    """Return every dbId that our links may hold."""
    return sorted(
        {
            record
            for one in found
            for record in (
                *one.suppliers,
                *one.employees_by_code,
                *one.employees_by_contact,
                *one.by_email,
            )
        }
    )
