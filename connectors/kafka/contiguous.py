"""Sees to it that no record is passed over: each partition is taken offset by offset.

Faust drops what it has fetched when its group changes, and reads it again from the committed
offset. Should it ever go on behind what it dropped, the hole is seen here, and read again.
"""

from enum import Enum

from processors.ports.source import Place


class Verdict(Enum):
    """What to do with a record."""

    TAKE = "take"
    DROP = "drop"
    SEEK = "seek"


class Contiguous:
    """How far each partition was taken. One thread uses it."""

    def __init__(self) -> None:
        self._next: dict[Place, int] = {}
        self._missed: dict[Place, int] = {}

    def begin(self, place: Place, offset: int | None) -> None:
        """Note where reading of a partition goes on; None: nobody knows."""
        self._missed.pop(place, None)
        if offset is None:
            self._next.pop(place, None)
        else:
            self._next[place] = offset

    def next(self, place: Place) -> int:
        """Return the offset that is to come."""
        return self._next[place]

    def judge(self, place: Place, offset: int) -> Verdict:
        """Say whether a record may be taken now.

        After a hole was seen, and the consumer sent back, nothing counts until what is missing
        comes, or the same record again: then the topic itself has the hole (its oldest records are
        gone, or were never records).
        """
        due = self._next.get(place, offset)
        missed = self._missed.get(place)
        if missed is not None and offset not in {due, missed}:
            return Verdict.DROP
        if missed is None and offset > due:
            self._missed[place] = offset
            return Verdict.SEEK
        self._missed.pop(place, None)
        self._next[place] = offset + 1
        return Verdict.TAKE
