"""How records end that are no event of ours: passed over, or refused with a letter (R-95)."""

from collections.abc import Sequence

from processors.intake.reading import Item
from processors.ports.intake import Ending, IntakeTransaction, NewLetter, Standing
from schemas.about import BadEvent
from schemas.cloudevents import Tombstone
from schemas.events import Foreign
from schemas.outcome import Result
from schemas.reasons import Code, LetterClass


def passed_over(
    item: Item, parsed: Foreign | Tombstone, standings: Sequence[Standing]
) -> list[Ending]:
    """Skip it in each connection of its organisation, or once where that is not known."""
    code = Code.TOMBSTONE if isinstance(parsed, Tombstone) else Code.NOT_OURS
    connections = [standing.connection.id for standing in standings]
    return [
        Ending(item.about, connection, item.carried.replay_count, Result.SKIPPED, code)
        for connection in connections or (None,)
    ]


def refused(transaction: IntakeTransaction, item: Item, bad: BadEvent, per_hour: int) -> Ending:
    """Return the letter of a record that is no event, of no connection, since it is not judged.

    Of an unknown type only so many an hour get a letter; the others are skipped (R-95). A replay
    has one already, which is to stay open.
    """
    round_ = item.carried.replay_count
    unsupported = bad.code is Code.UNSUPPORTED_TYPE
    if unsupported and not round_ and not transaction.within(f"type {item.about.type}", per_hour):
        return Ending(item.about, None, round_, Result.SKIPPED, Code.UNSUPPORTED)
    kind = LetterClass.UNSUPPORTED if unsupported else LetterClass.SCHEMA
    letter = NewLetter(item.raw, bad.stage, kind, bad.fields)
    return Ending(item.about, None, round_, Result.DEAD_LETTERED, bad.code, letter=letter)
