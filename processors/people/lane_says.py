"""How a lane stands, in words: what keeps it from sending, and what ends that (R-94)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from processors.people.times import local
from processors.ports.lane import BY_HAND
from processors.ports.people import LaneSeen
from schemas.connection import Connection, LaneState

PAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        BY_HAND: "The connection is paused by hand: `huma-xledger connections resume {id}` lets it "
        "go on.",
        "credential": "Xledger refuses the token, or it lacks a right; it is tried again {again}. "
        "`huma-xledger connections replace-token {id}` stores a new one.",
        "other company": "The token reaches another company than the one connected; it is tried "
        "again {again}. `huma-xledger connections replace-token {id}` stores the right one.",
    }
)
LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "credits": "Xledger's credits are used up; the connection goes on {again}.",
        "dead letters": "This hour's dead letters of the connection have reached their limit; it "
        "looks again {again}.",
        "outbox": "What is to leave for Kafka has reached its limit (is Kafka reachable?); it "
        "looks again {again}.",
    }
)
MET: Final = "Xledger's limit of requests was met; the connection goes on {again}."
STATES: Final[Mapping[LaneState, str]] = MappingProxyType(
    {
        LaneState.RUNNING: "Xledger did not answer; it is asked again {again}.",
        LaneState.BROKEN: "Xledger is away; it is asked again {again}.",
        LaneState.FAILING: "Most people of this connection fail, so that ten are tried a minute, "
        "those not yet tried first.",
        LaneState.HELD: "The connection is held, since unusually many people changed: a human "
        "releases or rejects what waits.",
    }
)


def lane_says(lane: LaneSeen, connection: Connection, now: int) -> str | None:
    """Return what keeps a lane from sending freely; None: nothing.

    Args:
        lane: how it stands.
        connection: whose it is.
        now: the store's time.
    """
    if lane.state is LaneState.RUNNING and lane.until <= now:
        return None
    if lane.state is LaneState.PAUSED:
        text = PAUSES.get(lane.reason or "", PAUSES["credential"])
    elif lane.state is LaneState.WAITING:
        text = LIMITS.get(lane.reason or "", MET)
    else:
        text = STATES[lane.state]
    again = f"at {local(lane.until, connection.zone)}" if lane.until > now else "in a moment"
    return text.format(id=connection.id, again=again)
