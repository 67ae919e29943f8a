"""What bounds a lane's work; each is a setting (`settings.Delivery`)."""

from dataclasses import dataclass

from processors.lane.results import Retries
from processors.lane.state import Waits


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """Seconds, unless said otherwise.

    Attributes:
        people: in one request.
        linger: of a lone change, from its turn.
        settle: before what may have happened is looked at, or sent again.
        in_flight: requests under way at once.
        aliases: parts of a failing root in one request.
        retries: of a refusal that nobody knows.
        waits: of R-94.
        idle: after which a lane without work is released.
        reads: people read from Huma at once (R-97).
        huma_probe: how often an unreachable Huma is tried.
    """

    people: int
    linger: float
    settle: float
    in_flight: int
    aliases: int
    retries: Retries
    waits: Waits
    idle: float
    reads: int
    huma_probe: float
