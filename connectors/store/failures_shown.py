"""What of a person failed, and nothing has ended it since (R-89)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from connectors.store.deletion import of_connections
from connectors.store.letters import letter_of
from connectors.store.tables import failure, letter
from processors.ports.desk import Letter
from processors.ports.people import FailedField
from schemas.desk import LetterState
from schemas.person import PersonKey

LETTERS: Final = 20
"""Of whole records of a person at the most; the desk lists them all."""
NO_FIELDS: Final = "[]"


def failed_fields(transaction: Connection, key: PersonKey) -> Mapping[str, tuple[FailedField, ...]]:
    """Return the open entries of the error log of a person, by connection.

    One whose letter watch has not read yet is open.
    """
    rows = transaction.execute(
        select(failure, letter.c.state)
        .outerjoin_from(failure, letter, letter.c.id == failure.c.letter)
        .where(of_connections(failure, key), failure.c.failed_turn > failure.c.closed_turn)
        .order_by(failure.c.connection, failure.c.first_failed_at, failure.c.field)
    )
    found: dict[str, list[FailedField]] = defaultdict(list)
    for row in rows:
        state = LetterState.OPEN if row.state is None else LetterState(row.state)
        found[row.connection].append(
            FailedField(
                row.field, row.code, state, row.letter, row.outcome, row.attempts,
                row.first_failed_at, row.last_failed_at,
            )
        )  # fmt: skip
    return {one: tuple(fields) for one, fields in found.items()}


def failed_records(transaction: Connection, key: PersonKey) -> tuple[Letter, ...]:
    """Return letters of whole records of a person that nothing has ended, the newest first."""
    rows = transaction.execute(
        select(letter)
        .where(
            letter.c.organization == key.organization,
            letter.c.person == key.user,
            letter.c.fields == NO_FIELDS,
            letter.c.state != LetterState.RESOLVED.value,
        )
        .order_by(letter.c.last_failed_at.desc(), letter.c.id)
        .limit(LETTERS)
    )
    return tuple(map(letter_of, rows))
