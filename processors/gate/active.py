"""Is the connection active? Before its first run events are skipped, not failed (R-03, R-07)."""

from processors.gate.case import Case, Stop
from processors.ports.intake import Standing
from schemas.events import Event
from schemas.reasons import Code


def active(case: Case) -> Stop | None:
    """Stop unless the connection is active or a preview of it is open."""
    standing = case.standing
    takes = standing.connection.activated_at is not None or standing.preview
    return None if takes else Stop(Code.NOT_ACTIVE)


def after_activation(event: Event, standing: Standing) -> bool:
    """Say whether a change was made in Huma at or after the activation, whenever it arrived (R-53).

    While a first preview is open, so does the time from which on it will be active: its beginning.
    """
    since = standing.connection.activated_at
    if since is None and standing.preview:
        since = standing.since
    return since is not None and event.time >= since
