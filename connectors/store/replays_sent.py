"""Letters on their way: claimed, left in the outbox, noted, all in one transaction (R-91)."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from connectors.store import bulk
from connectors.store.clock import read_now
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.organizations import hold
from connectors.store.outbox import NewRow, write
from connectors.store.tables import letter, replay_letter
from processors.ports.replay import Sending, Unsent
from schemas.errors import NotFound
from schemas.topics import REQUESTS

NOT_SENT: Final = "not sent"
TAKEN: Final = "another replay of it is under way, or it is resolved"
GONE: Final = "organisation erased"
CLAIM: Final = """
UPDATE letter SET replay_count = k.n, run = k.r, state = 'retrying' FROM {keys} AS k
WHERE letter.id = k.id AND letter.replay_count = k.n - 1
AND letter.state NOT IN ('retrying', 'resolved') RETURNING letter.id
"""


def send(
    transaction: Connection, keyring: Keyring, id_: str, letters: Mapping[int, Sending | Unsent]
) -> int:
    """Send what can be claimed, in order of the numbers, and note the rest; returns how many.

    Args:
        transaction: the caller's.
        keyring: seals what is sent.
        id_: the run's.
        letters: by number.
    """
    now = read_now(transaction)
    letters = _still(transaction, id_, letters)
    erased = _erased(transaction, letters.values())
    claimed = _claim(transaction, id_, letters.values(), erased)
    sent: dict[int, Sending] = {}
    unsent: dict[int, str] = {}
    for number, one in sorted(letters.items()):
        if isinstance(one, Unsent):
            unsent[number] = one.why
        elif one.letter in claimed:
            sent[number] = one
        else:
            unsent[number] = GONE if one.organization in erased else TAKEN
    write(transaction, keyring, [_row(one) for one in sent.values()], now)
    _note(transaction, id_, sent, unsent, now)
    return len(sent)


def _still(
    transaction: Connection, id_: str, letters: Mapping[int, Sending | Unsent]
) -> dict[int, Sending | Unsent]:
    """Return those that are still to be sent, and hold their rows: a run may go on twice at once.

    They are held in order, as letters are.
    """
    columns = replay_letter.c
    query = (
        select(columns.number)
        .where(
            columns.replay == id_,
            columns.number.in_(letters),
            columns.round.is_(None),
            columns.result.is_(None),
        )
        .order_by(columns.number)
        .with_for_update()
    )
    return {number: letters[number] for number in transaction.execute(query).scalars()}


def _erased(transaction: Connection, letters: Collection[Sending | Unsent]) -> set[str]:
    """Hold the organisations whose keys seal; returns those that are gone."""
    whose = {one.organization for one in letters if isinstance(one, Sending)}
    gone = set()
    for organization in sorted(one for one in whose if one is not None):
        try:
            hold(transaction, organization)
        except NotFound:
            gone.add(organization)
    return gone


def _claim(
    transaction: Connection, id_: str, letters: Collection[Sending | Unsent], erased: set[str]
) -> frozenset[str]:
    """Claim letters for the next round; returns those that nobody else had (`design.md`, R-91)."""
    meant = sorted(
        (one.letter, one.round, id_)
        for one in letters
        if isinstance(one, Sending) and one.organization not in erased
    )
    if not meant:
        return frozenset()
    held = select(letter.c.id).where(letter.c.id.in_([one[0] for one in meant]))
    transaction.execute(held.order_by(letter.c.id).with_for_update())
    rows = bulk.select(
        transaction,
        [("id", letter.c.id), ("n", letter.c.replay_count), ("r", letter.c.run)],
        meant,
        CLAIM,
    )
    return frozenset(row[0] for row in rows)


def _row(one: Sending) -> NewRow:
    return NewRow(
        REQUESTS.name, one.key, one.value, one.headers,
        organization=one.organization or NOBODY, whose=one.person,
    )  # fmt: skip


def _note(
    transaction: Connection,
    id_: str,
    sent: Mapping[int, Sending],
    unsent: Mapping[int, str],
    now: int,
) -> None:
    """Store what was sent, and why the rest was not."""
    columns = replay_letter.c
    bulk.select(
        transaction,
        [
            ("replay", columns.replay), ("number", columns.number), ("n", columns.round),
            ("outcome", columns.outcome), ("at", columns.sent_at),
        ],
        [(id_, number, one.round, one.outcome, now) for number, one in sent.items()],
        'UPDATE replay_letter SET round = k.n, outcome = k.outcome, sent_at = k."at" '
        "FROM {keys} AS k WHERE replay_letter.replay = k.replay "
        "AND replay_letter.number = k.number",
    )  # fmt: skip
    bulk.select(
        transaction,
        [
            ("replay", columns.replay), ("number", columns.number), ("result", columns.result),
            ("code", columns.code),
        ],
        [(id_, number, NOT_SENT, why) for number, why in unsent.items()],
        "UPDATE replay_letter SET result = k.result, code = k.code "
        "FROM {keys} AS k WHERE replay_letter.replay = k.replay "
        "AND replay_letter.number = k.number",
    )  # fmt: skip
