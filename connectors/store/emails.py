"""Which other employee has an email, as far as our links and the last listing know (R-12)."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.store import bulk
from connectors.store.keyring import Keyring
from connectors.store.people import EMAIL
from connectors.store.tables import link, person
from processors.ports.lane import Lease, NewEmail

LISTED = """
SELECT k.u, l.employee FROM {keys} AS k
CROSS JOIN listed AS l
WHERE l.connection = k.c AND l.email_digest = k.d AND l.employee <> COALESCE(k.e, '')
  AND NOT EXISTS (
    SELECT 1 FROM link AS o
    JOIN confirmed AS f ON f.connection = o.connection AND f.person = o.person
    JOIN connection AS n ON n.id = l.connection
    WHERE o.company = k.co AND o.employee = l.employee
      AND f.target = 'contact.email' AND f.at > n.listed_at)
"""
"""Whom we have written an email since the listing began is left out: the listing is older."""
LINKED = """
SELECT k.u, o.employee FROM {keys} AS k
CROSS JOIN person AS p
JOIN link AS o ON o.organization = p.organization AND o.person = p.person
WHERE p.organization = k.o AND p.email_digest = k.d AND p.person <> k.u
  AND o.connection = k.c AND o.state IN ('linked', 'deleted')
  AND o.employee <> COALESCE(k.e, '')
"""
"""Of the deleted too: nothing was taken from their employees in Xledger (R-75)."""


def emails_of_others(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    company: str,
    emails: Sequence[NewEmail],
) -> dict[str, str]:
    """Return, by the user who gets an email, the dbId of another employee that has it."""
    cipher = keyring.cipher_of(connection, lease.organization)
    keys = [
        ("c", link.c.connection), ("co", link.c.company), ("o", link.c.organization),
        ("u", link.c.person), ("d", person.c.email_digest), ("e", link.c.employee),
    ]  # fmt: skip
    rows = [
        (
            lease.connection, company, lease.organization, one.user,
            cipher.digest(EMAIL, one.key.encode()), one.employee,
        )
        for one in emails
    ]  # fmt: skip
    others: dict[str, str] = {}
    for sql in (LISTED, LINKED):
        for user, employee in bulk.select(connection, keys, rows, sql):
            others[user] = min(employee, others.get(user, employee))
    return others
