"""The heartbeat's end: of which partition and minute it is (R-109)."""

import re
from typing import Final

from schemas.events import EventType
from schemas.outcome_read import Told
from schemas.reading import OUR_SOURCE
from schemas.requests import MINUTE

_ID: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,9})")


def beat_of(told: Told) -> tuple[int, int] | None:
    """Return a heartbeat's partition, and its time in milliseconds; None: it is no heartbeat.

    >>> from schemas.outcome import Result
    >>> beat_of(Told("", OUR_SOURCE, "3/29923926", EventType.HEARTBEAT.value, None, None, None,
    ...              None, 0, Result.SKIPPED, None, (), 0))
    (3, 1795435560000)
    """
    found = _ID.fullmatch(told.event)
    ours = told.source == OUR_SOURCE and told.type == EventType.HEARTBEAT
    if found is None or not ours or told.connection is not None:
        return None
    return int(found[1]), int(found[2]) * MINUTE * 1000
