"""What somebody did about letters, for the audit: a row each, so that people have theirs."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.store import audit
from connectors.store.engine import Store
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.people_shown import SHOWN
from processors.ports.desk import Letter
from schemas.personal import Personal


def note(
    transaction: Connection,
    keyring: Keyring,
    letters: Sequence[Letter],
    action: str,
    rule: str,
    actor: str,
    reason: Personal[str],
) -> None:
    """Add a row for each letter, whose event is the letter's id; the reason is sealed (R-104)."""
    for one in letters:
        whose = one.organization or NOBODY
        why = audit.sealed(transaction, keyring, whose, reason, one.person)
        audit.add(
            transaction, whose, one.connection, actor, action, person=one.person, event=one.id,
            fields=one.fields, rule=rule, reason=why,
        )  # fmt: skip


def note_shown(
    store: Store, keyring: Keyring, letters: Sequence[Letter], actor: str, reason: Personal[str]
) -> None:
    """Note that letters' bytes are about to be shown, to whom and why (R-103)."""
    if letters:
        with store.begin() as transaction:
            note(transaction, keyring, letters, SHOWN, "R-103", actor, reason)
