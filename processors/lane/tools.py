"""What a lane works with: built by the wiring, and by tests."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from typing import Any

from processors.lane.limiter import Limiter
from processors.lane.settings import LaneLimits
from processors.ports.lane import LaneStore
from processors.ports.telemetry import Telemetry
from processors.ports.xledger import Xledger


@dataclass(slots=True)
class Tools:
    """What a worker works with.

    Attributes:
        store: the lanes' store, called in worker threads.
        xledger: the token's client; every request of it passes the limiter.
        limiter: of the token.
        limits: see there.
        telemetry: counts.
        today: the date in a zone.
        jobs: runs a planned sync of this lane, and says whether there was one.
        read_people: asks Huma about people who were never read whole.
        clock: monotonic seconds.
    """

    store: LaneStore
    xledger: Xledger
    limiter: Limiter
    limits: LaneLimits
    telemetry: Telemetry
    today: Callable[[str], date]
    jobs: Callable[[], Awaitable[bool]]
    read_people: Callable[[], Coroutine[Any, Any, None]]
    clock: Callable[[], float]
