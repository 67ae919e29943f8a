"""The audit: who did what to which object, and by which rule; never a value (R-102, R-104)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from connectors.store.clock import now_ms
from connectors.store.keyring import Keyring
from connectors.store.tables import audit
from schemas.personal import Personal

REASON: Final = "audit.reason"


def add(
    connection: Connection,
    organization: str,
    one: str | None,
    actor: str | None,
    action: str,
    *,
    person: str | None = None,
    event: str | None = None,
    object_: str | None = None,
    fields: Sequence[str] = (),
    rule: str | None = None,
    reason: bytes | None = None,
) -> None:
    """Add a row, in the transaction of what it tells.

    Args:
        connection: the caller's transaction.
        organization: whose it is.
        one: the connection's id.
        actor: Huma's user id, or who gave the command.
        action: what was done, `noun.verb`.
        person: Huma's user id of whom it is about.
        event: the outcome id of what caused it.
        object_: which Xledger record, `kind:dbId`.
        fields: names only.
        rule: the rule that says so.
        reason: why a human did it, as `sealed` returns it.
    """
    connection.execute(
        audit.insert().values(
            at=now_ms(),
            organization=organization,
            connection=one,
            person=person,
            actor=actor,
            event=event,
            action=action,
            object=object_,
            fields=",".join(fields) or None,
            rule=rule,
            reason=reason,
        )
    )


def sealed(
    connection: Connection,
    keyring: Keyring,
    organization: str,
    reason: Personal[str],
    person: str | None = None,
) -> bytes:
    """Return a human's reason sealed: it may name somebody. It is read as `opened` does."""
    cipher = keyring.cipher_of(connection, organization)
    return cipher.seal(person or "", REASON, reason.reveal().encode())


def opened(
    connection: Connection,
    keyring: Keyring,
    organization: str,
    reason: bytes,
    person: str | None = None,
) -> Personal[str]:
    """Return a human's reason."""
    cipher = keyring.cipher_of(connection, organization)
    return Personal(cipher.open(person or "", REASON, bytes(reason)).decode())
