"""One letter as the store has it at one moment, with all that is told of it (R-89, R-90).

Times are milliseconds of the store's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.ports.desk import Letter, Named
from processors.ports.people import AuditEntry
from processors.ports.watch import Entry
from schemas.outcome_read import Told
from schemas.personal import Personal


@dataclass(frozen=True, slots=True)
class SentAgain:
    """A letter's place in a replay: which round it was; None, with a result: why it was not sent.

    `sent_at` is when it was sent, or when the replay was planned.
    """

    run: str
    actor: str
    round: int | None
    sent_at: int
    result: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class LetterSeen:
    """A letter, whole.

    Attributes:
        letter: its row.
        connections: every connection, by id: its own may be removed.
        told: outcomes of the event, in the letter's connection, in order.
        entries: the error log of its fields in its connection, by field; another letter's, too.
        replays: in order.
        audit: what somebody did about it, in order.
        newer: outcomes of newer events of the person, in the letter's connection, in order.
        words: what Xledger said of fields whose newest failure is this letter's (R-103).
        alike: letters of the same code that nothing has ended, this one included.
    """

    letter: Letter
    connections: Mapping[str, Named]
    told: tuple[Told, ...]
    entries: Mapping[str, Entry]
    replays: tuple[SentAgain, ...]
    audit: tuple[AuditEntry, ...]
    newer: tuple[Told, ...]
    words: Mapping[str, Personal[str]]
    alike: int
