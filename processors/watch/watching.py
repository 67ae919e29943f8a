"""A batch of records becomes rows, whatever is in them: what cannot be read or kept is passed.

One record's trouble stops nobody: it is counted and said, by its place. The store being away is not
that record's trouble, and raises.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import structlog

from processors.ports.telemetry import Telemetry
from processors.ports.watch import Filed, Seen, WatchStore, WatchTransaction
from processors.watch.folding import fold_letters, fold_outcomes
from processors.watch.heartbeat import beat_of
from processors.watch.letters import filed
from schemas.errors import CannotStore
from schemas.metrics import WATCHED
from schemas.outcome_read import Told, Unreadable, read_outcome

STORED: Final = "stored"
REPEATED: Final = "repeated"
UNREADABLE: Final = "unreadable"
REFUSED: Final = "cannot be stored"

log = structlog.get_logger()

T = TypeVar("T")


class Watching:
    """Folds batches into the store.

    Args:
        store: where the rows are.
        replays: so many failed replays park a letter (R-91).
        telemetry: counts records.
    """

    def __init__(self, store: WatchStore, replays: int, telemetry: Telemetry) -> None:
        self._store = store
        self._replays = replays
        self._telemetry = telemetry

    def outcomes(self, records: Sequence[Seen]) -> None:
        """Fold records of the outcomes topic: all of them are kept, or passed, when it returns.

        Raises:
            RetryLater: the store is away; nothing of what is not kept is lost by reading it again.
            StopProcess: a human must act.
        """

        def fold(transaction: WatchTransaction, batch: Sequence[Told]) -> int:
            beats: dict[int, int] = {}
            told: list[Told] = []
            for one in batch:
                beat = beat_of(one)
                if beat is None:
                    told.append(one)
                else:
                    beats[beat[0]] = max(beat[1], beats.get(beat[0], 0))
            new = fold_outcomes(transaction, told, beats, self._replays)
            return len(batch) - len(told) + new

        self._fold(records, lambda record: read_outcome(record.value), fold)

    def letters(self, records: Sequence[Seen]) -> None:
        """Fold records of the dead-letter topic; see `outcomes`."""

        def read(record: Seen) -> Filed:
            if record.headers is None:
                raise Unreadable
            return filed(
                record.key, record.headers, record.partition, record.offset, record.timestamp
            )

        def fold(transaction: WatchTransaction, batch: Sequence[Filed]) -> int:
            fold_letters(transaction, batch, self._replays)
            return len(batch)

        self._fold(records, read, fold)

    def _fold(
        self,
        records: Sequence[Seen],
        read: Callable[[Seen], T],
        fold: Callable[[WatchTransaction, Sequence[T]], int],
    ) -> None:
        results: Counter[tuple[str, str]] = Counter()
        readable: list[tuple[Seen, T]] = []
        for record in records:
            try:
                readable.append((record, read(record)))
            except Unreadable:
                _say(record, UNREADABLE)
                results[record.topic, UNREADABLE] += 1
        if readable:
            self._keep(readable, fold, results)
        for (topic, result), count in results.items():
            self._telemetry.count(WATCHED, topic, result, by=count)

    def _keep(
        self,
        batch: Sequence[tuple[Seen, T]],
        fold: Callable[[WatchTransaction, Sequence[T]], int],
        results: Counter[tuple[str, str]],
    ) -> None:
        """Keep a batch; one that cannot be kept is halved until the record to blame is alone."""
        topic = batch[0][0].topic
        try:
            with self._store.transaction() as transaction:
                kept = fold(transaction, [one for _, one in batch])
        except CannotStore:
            if len(batch) == 1:
                _say(batch[0][0], REFUSED)
                results[topic, REFUSED] += 1
                return
            middle = len(batch) // 2
            self._keep(batch[:middle], fold, results)
            self._keep(batch[middle:], fold, results)
        else:
            results[topic, STORED] += kept
            results[topic, REPEATED] += len(batch) - kept


def _say(record: Seen, why: str) -> None:
    log.warning(
        "watch.passed", topic=record.topic, partition=record.partition, offset=record.offset,
        why=why,
    )  # fmt: skip
