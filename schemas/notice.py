"""A notice: one mail for one change of how a connection stands (R-94, R-97). Ids only, no value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.connection import LaneState


class NoticeAbout(StrEnum):
    """What has changed: the lane of a connection, or whether Huma's API can be read."""

    LANE = "lane"
    HUMA = "huma"


@dataclass(frozen=True, slots=True)
class Notice:
    """What an administrator is told.

    Attributes:
        about: see there.
        connection: its id.
        state: a LaneState, or of Huma `ok`, `away` or `credential`.
        reason: why a lane does not run.
        since: when it came into this state, milliseconds since 1970.
        told: what was last told, as `as_told` writes it; None: that all is well.
    """

    about: NoticeAbout
    connection: str
    state: str
    reason: str | None
    since: int
    told: str | None


AT_ONCE: Final = (LaneState.FAILING, LaneState.HELD, LaneState.PAUSED)
"""States of a lane that a human wants to know of at once; the others when they last."""
HUMA_OK: Final = "ok"
HUMA_AT_ONCE: Final = "credential"


def as_told(state: str, reason: str | None) -> str | None:
    """Return how a lane's state is remembered as told; None: it runs.

    >>> as_told("paused", "by hand"), as_told("running", None)
    ('paused: by hand', None)
    """
    if state == LaneState.RUNNING.value:
        return None
    return state if reason is None else f"{state}: {reason}"


class MailResult(StrEnum):
    """What became of a mail, or of one try of it."""

    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    NO_ADDRESS = "no address"
    NOT_SET_UP = "not set up"
