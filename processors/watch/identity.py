"""Which letter an outcome is about: letters are known by event and connection (R-90).

Round 0 of an event makes the letter; rounds 1 and later are its replays. A letter without a
connection (its record was no event) is replayed for all connections, so a round that ends in one of
them is a round of that letter, and of the connection's own.
"""

from processors.ports.watch import Filed
from schemas.outcome import Result, outcome_id
from schemas.outcome_read import Told


def letters_of(told: Told) -> tuple[str, ...]:
    """Return the ids of the letters that an outcome may be about."""
    if told.resent is not None:
        return (told.resent,)
    own = outcome_id(told.connection, told.source, told.event, 0)
    if told.round == 0 or told.connection is None:
        return (own,)
    return (own, outcome_id(None, told.source, told.event, 0))


def keys_of(filed: Filed) -> frozenset[str]:
    """Return the keys under which the rounds of a letter are kept."""
    letter = filed.letter
    return frozenset({letter.id, outcome_id(None, letter.source, letter.event, 0)})


def is_about(told: Told, filed: Filed) -> bool:
    """Say whether a round is one of this letter."""
    letter = filed.letter
    if told.resent is not None:
        return told.resent == letter.id
    same = (told.source, told.event) == (letter.source, letter.event)
    return same and letter.connection in {None, told.connection}


def ended_well(told: Told, filed: Filed) -> bool:
    """Say whether a round of this letter did not fail it.

    A record that has become an event, and fails in a connection, is from then on the letter of that
    connection: the one without has done its part.
    """
    passed_on = filed.letter.connection is None and told.connection is not None
    return told.result is not Result.DEAD_LETTERED or passed_on
