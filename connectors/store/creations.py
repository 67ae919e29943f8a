"""Creations: intents before each step, and who holds which record (R-09, R-36, R-82)."""

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from connectors.store import bulk
from connectors.store.clock import read_now
from connectors.store.keyring import Keyring
from connectors.store.lanes import guard
from connectors.store.tables import intent, link, listed
from connectors.store.work import sealed
from processors.ports.lane import Claim, Holders, Lease
from schemas.connection import LinkState


def begin(
    connection: Connection, keyring: Keyring, lease: Lease, claims: Sequence[Claim], company: str
) -> frozenset[str]:
    """Store intents, and take each person for this company.

    Returns:
        The people whom another connection of the company holds, or who were deleted meanwhile
        (R-79); they have no intent.

    Raises:
        LeaseLost: the lane has another owner.
    """
    guard(connection, lease)
    now = read_now(connection)
    held = frozenset(
        claim.user for claim in claims if not _take(connection, lease, claim.user, company)
    )
    cipher = keyring.cipher_of(connection, lease.organization)
    bulk.insert(
        connection,
        intent,
        ("connection", "person", "organization", "step", "keys", "found", "epoch", "at"),
        [
            (
                lease.connection,
                claim.user,
                lease.organization,
                claim.intent.step.value,
                sealed(
                    cipher,
                    claim.user,
                    "intent.keys",
                    [
                        claim.intent.supplier_code,
                        claim.intent.employee_code,
                        claim.intent.email,
                    ],
                ),
                orjson.dumps(claim.intent.found).decode(),
                lease.epoch,
                now,
            )
            for claim in claims
            if claim.user not in held
        ],
        "ON CONFLICT (connection, person) DO UPDATE SET step = excluded.step, "
        "keys = excluded.keys, found = excluded.found, epoch = excluded.epoch, at = excluded.at",
    )
    return held


def _take(connection: Connection, lease: Lease, user: str, company: str) -> bool:
    """Hold a person for the company: a unique constraint lets one connection do so."""
    try:
        with connection.begin_nested():
            taken = connection.execute(
                update(link)
                .where(
                    link.c.connection == lease.connection,
                    link.c.person == user,
                    link.c.state != LinkState.DELETED.value,
                )
                .values(company=company, state=LinkState.CREATING.value)
            )
    except IntegrityError:
        return False
    return bool(taken.rowcount)


def holders(connection: Connection, company: str, records: Sequence[str]) -> Holders:
    """Say which of these dbIds our links of this company hold."""
    rows = connection.execute(
        select(link.c.person, link.c.employee, link.c.subledger).where(
            link.c.company == company,
            link.c.employee.in_(records) | link.c.subledger.in_(records),
        )
    ).all()
    return Holders(
        {row.employee: row.person for row in rows if row.employee in records},
        {row.subledger: row.person for row in rows if row.subledger in records},
    )


def elsewhere(
    connection: Connection, keyring: Keyring, lease: Lease, emails: Mapping[str, str]
) -> dict[str, str]:
    """Say whose email another employee has, by the last listing: user to dbId (R-12, R-36)."""
    cipher = keyring.cipher_of(connection, lease.organization)
    digests = {cipher.digest("email", email.encode()): user for user, email in emails.items()}
    rows = bulk.select(
        connection,
        [("c", listed.c.connection), ("d", listed.c.email_digest)],
        [(lease.connection, digest) for digest in digests],
        "SELECT l.email_digest, l.employee FROM {keys} AS k CROSS JOIN listed AS l "
        "WHERE l.connection = k.c AND l.email_digest = k.d",
    )
    return {digests[bytes(row[0])]: row[1] for row in rows}
