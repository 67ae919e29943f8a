"""Xledger's own words about a field it refused: sealed, the newest only, gone when it is over.

They can quote a value, so they are in no log, letter or outcome (R-103). The desk joins them to its
entry by connection, person, field and turn (R-89).
"""

from collections.abc import Container, Sequence
from typing import Final

from sqlalchemy import Connection, delete, select

from connectors.store import bulk
from connectors.store.keyring import Keyring
from connectors.store.tables import refusal
from processors.ports.lane import FieldEnd, Lease, PersonResult, Result
from schemas.personal import Personal
from schemas.reasons import Code

COLUMN: Final = "refusal.text"
LONGEST: Final = 4000
"""Characters kept of an answer that goes on for ever."""


def note(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    results: Sequence[PersonResult],
    there: Container[str],
    now: int,
) -> None:
    """Keep what was said of fields that failed; forget what was said of those that are over.

    Args:
        connection: in the transaction that records the failure.
        keyring: seals.
        lease: of the lane.
        results: what became of people.
        there: who was not deleted meanwhile: of them alone anything is kept (R-78).
        now: the store's time, in milliseconds.
    """
    ends = [(result.user, end) for result in results for end in result.ends]
    _forget(connection, lease, [(user, end) for user, end in ends if _over(end)])
    said = {
        (user, end.field): (end.turn, end.text)
        for user, end in ends
        if end.result is Result.FAILED and end.text is not None and user in there
    }
    if not said:
        return
    cipher = keyring.cipher_of(connection, lease.organization)
    bulk.insert(
        connection,
        refusal,
        ("connection", "person", "field", "organization", "turn", "text", "at"),
        [
            (
                lease.connection, user, field, lease.organization, turn,
                cipher.seal(user, f"{COLUMN}/{field}", _short(text)), now,
            )
            for (user, field), (turn, text) in said.items()
        ],
        "ON CONFLICT (connection, person, field) DO UPDATE SET turn = excluded.turn, "
        "text = excluded.text, at = excluded.at WHERE excluded.turn >= refusal.turn",
    )  # fmt: skip


def read(
    connection: Connection, keyring: Keyring, one: str, user: str, field: str
) -> tuple[int, Personal[str]] | None:
    """Return the turn that was refused last, and what was said of it."""
    row = connection.execute(
        select(refusal.c.organization, refusal.c.turn, refusal.c.text).where(
            refusal.c.connection == one, refusal.c.person == user, refusal.c.field == field
        )
    ).one_or_none()
    if row is None:
        return None
    cipher = keyring.cipher_of(connection, row[0])
    return row[1], Personal(cipher.open(user, f"{COLUMN}/{field}", bytes(row[2])).decode())


def _short(text: Personal[str]) -> bytes:
    return text.reveal()[:LONGEST].encode("utf-8", "replace")


def _over(end: FieldEnd) -> bool:
    """Say whether an end closes what was open before (R-72, R-89)."""
    locked = end.result is Result.SKIPPED and end.code in (Code.LOCKED, Code.DELETED)
    return locked or end.result in (Result.APPLIED, Result.UNCHANGED)


def _forget(connection: Connection, lease: Lease, ends: Sequence[tuple[str, FieldEnd]]) -> None:
    mine = refusal.c.connection == lease.connection
    if connection.execute(select(refusal.c.person).where(mine).limit(1)).first() is None:
        return  # as a rule: nothing of this connection was refused
    found = bulk.select(
        connection,
        [("c", refusal.c.connection), ("p", refusal.c.person), ("f", refusal.c.field),
         ("t", refusal.c.turn)],
        [(lease.connection, user, end.field, end.turn) for user, end in ends],
        "SELECT r.person, r.field FROM {keys} AS k CROSS JOIN refusal AS r "
        "WHERE r.connection = k.c AND r.person = k.p AND r.field = k.f AND r.turn <= k.t",
    )  # fmt: skip
    for user, field in found:
        connection.execute(
            delete(refusal).where(mine, refusal.c.person == user, refusal.c.field == field)
        )
