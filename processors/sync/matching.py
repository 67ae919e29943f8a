"""Who is who: people of Huma and employees of Xledger, by equal email (R-10 to R-16).

Pure: from two complete listings and the links that are there. Nobody is matched twice.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.mapping.email import same_email_key
from processors.mapping.text import is_empty
from processors.ports.huma import HumaListed
from processors.ports.sync import Existing, NewLink
from processors.ports.xledger import ListedEmployee

PERSON = "user"


@dataclass(frozen=True, slots=True)
class Matches:
    """What matching found, each person in exactly one place.

    Attributes:
        linked: to be linked now.
        known: linked before; the link beats the email (R-12).
        ambiguous: several on one side share the email: a human picks (R-13).
        held: employees that another link holds, by user: the connection's id (R-16).
        without_email: no or an invalid email (R-15).
        only_in_huma: nobody in Xledger has the email.
        outside: service users, the deleted, and who is not in the group (R-17, R-100).
        only_in_xledger: how many employees nobody was matched with.
        mismatched: matched, but the subledger's email differs from the contact's (R-14).
    """

    linked: tuple[NewLink, ...]
    known: tuple[str, ...]
    ambiguous: tuple[str, ...]
    held: Mapping[str, str]
    without_email: tuple[str, ...]
    only_in_huma: tuple[str, ...]
    outside: tuple[str, ...]
    only_in_xledger: int
    mismatched: int

    def counts(self) -> dict[str, int]:
        """Return the numbers, for the job's progress."""
        return {
            "linked": len(self.linked),
            "already linked": len(self.known),
            "ambiguous": len(self.ambiguous),
            "held by another link": len(self.held),
            "missing email": len(self.without_email),
            "only in Huma": len(self.only_in_huma),
            "out of scope": len(self.outside),
            "only in Xledger": self.only_in_xledger,
            "subledger email differs": self.mismatched,
        }


def match(
    people: Sequence[HumaListed],
    employees: Sequence[ListedEmployee],
    existing: Existing,
    group: str | None,
) -> Matches:
    """Match people with employees.

    Args:
        people: all of Huma's, each once.
        employees: all of Xledger's, each once.
        existing: the links that are there.
        group: the connection's, or None.
    """
    by_email: dict[str, list[ListedEmployee]] = defaultdict(list)
    for employee in employees:
        email = email_of(employee)
        if email is not None:
            by_email[email].append(employee)
    places: dict[str, list[str]] = defaultdict(list)
    claims = _claims(people, existing, group, places)
    linked: list[NewLink] = []
    held: dict[str, str] = {}
    for key, claimants in claims.items():
        found = by_email.get(key, [])
        users = [person.id for person in claimants]
        if not found:
            places["only"] += users
        elif len(found) > 1 or len(users) > 1:
            places["ambiguous"] += users
        elif found[0].employee in existing.held:
            held[users[0]] = existing.held[found[0].employee]
        else:
            one = found[0]
            linked.append(NewLink(users[0], one.employee, one.contact, one.subledger))
    taken = {link.employee for link in linked} | set(existing.held)
    mine = {link.employee for link in linked}
    return Matches(
        tuple(linked),
        tuple(places["known"]),
        tuple(places["ambiguous"]),
        held,
        tuple(places["without"]),
        tuple(places["only"]),
        tuple(places["outside"]),
        sum(1 for employee in employees if employee.employee not in taken),
        sum(1 for employee in employees if employee.employee in mine and _differs(employee)),
    )


def _claims(
    people: Sequence[HumaListed],
    existing: Existing,
    group: str | None,
    places: dict[str, list[str]],
) -> dict[str, list[HumaListed]]:
    """Return who claims which email; those who claim none are put in their places."""
    claims: dict[str, list[HumaListed]] = defaultdict(list)
    for person in sorted(people, key=lambda one: one.id):
        key = same_email_key(person.email) if person.email else None
        if person.id in existing.mine:
            places["known"].append(person.id)
        elif _outside(person, existing, group):
            places["outside"].append(person.id)
        elif key is None:
            places["without"].append(person.id)
        else:
            claims[key].append(person)
    return claims


def email_of(employee: ListedEmployee) -> str | None:
    """Return the normal form that decides: the contact's; without one, the subledger's (R-14).

    A contact's email that is filled and invalid decides, too: it never matches (R-15).
    """
    contact = employee.contact_email or ""
    deciding = employee.subledger_email or "" if is_empty(contact) else contact
    return same_email_key(deciding)


def _differs(employee: ListedEmployee) -> bool:
    contact, subledger = employee.contact_email, employee.subledger_email
    keys = {same_email_key(email) if email else None for email in (contact, subledger)}
    return len(keys) > 1


def _outside(person: HumaListed, existing: Existing, group: str | None) -> bool:
    return (
        person.type != PERSON
        or person.id in existing.deleted
        or (group is not None and group not in person.groups)
    )
