"""The heartbeat: once a minute, one a partition, so that a path that stands still is seen (R-109).

It passes outbox, Kafka, intake and outbox again; what it took is for the watch role to say.
"""

from datetime import datetime

import structlog

from processors.ports.sweep import HeartStore, Partitions
from schemas.errors import RetryLater
from schemas.requests import minute_of

log = structlog.get_logger()


class Heart:
    """One process's heart; whoever has the sweep's lease lets it beat.

    Of two processes that change places within a minute both may beat: the ids are the same.

    Args:
        store: where heartbeats go.
        partitions: how many there are; asked anew each minute.
    """

    def __init__(self, store: HeartStore, partitions: Partitions) -> None:
        self._store = store
        self._partitions = partitions
        self._minute = -1
        self.trouble: str | None = None
        """Why the last minute has no heartbeat; None: it has."""

    def beat(self, now: datetime) -> None:
        """Beat, if it did not in this minute; one that was missed is not made up.

        Args:
            now: the store's time, aware.
        """
        minute = minute_of(now)
        if minute == self._minute:
            return
        self._minute = minute
        try:
            self._store.heartbeats(self._partitions.count(), now)
        except RetryLater as away:
            self.trouble = str(away)
            log.warning("heartbeat.missed", why=self.trouble)
        else:
            self.trouble = None
