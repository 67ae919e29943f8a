"""The four topics, declared once (`interfaces.md`, Topics)."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024
DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it should be. Retention is in milliseconds, sizes in bytes."""

    name: str
    partitions: int
    retention_ms: int
    max_message_bytes: int
    ours: bool


SOURCE_MAX_BYTES: Final = 10 * MIB + 64 * 1024
OURS_MAX_BYTES: Final = SOURCE_MAX_BYTES + 64 * 1024

EVENTS: Final = Topic("huma.user-events.v1", 12, 14 * DAY_MS, SOURCE_MAX_BYTES, ours=False)
REQUESTS: Final = Topic("huma.xledger.requests.v1", 12, 30 * DAY_MS, OURS_MAX_BYTES, ours=True)
OUTCOMES: Final = Topic("huma.xledger.outcomes.v1", 12, 90 * DAY_MS, OURS_MAX_BYTES, ours=True)
DEAD_LETTERS: Final = Topic(
    "huma.xledger.dead-letters.v1", 12, 30 * DAY_MS, OURS_MAX_BYTES, ours=True
)
ALL: Final = (EVENTS, REQUESTS, OUTCOMES, DEAD_LETTERS)
WATCHED: Final = (OUTCOMES.name, DEAD_LETTERS.name)
"""What the watch role reads back."""
