"""Is the person wanted in Xledger? The link's state decides (R-05, R-37)."""

from processors.gate.case import Case, Stop
from processors.links import LINKS
from schemas.connection import LinkState


def wanted(case: Case) -> Stop | None:
    """Stop by the table of links; while a preview is open nobody's link is known yet (R-07)."""
    if case.state is LinkState.UNLINKED and case.standing.preview:
        return None
    row = LINKS[case.state]
    return None if row.code is None else Stop(row.code, row.fails)
