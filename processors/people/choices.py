"""Of which position each position field is, and why the others are not, in words (R-57)."""

from collections.abc import Mapping
from typing import Any

from processors.people.judged import Judged
from processors.people.link_says import WRITES
from processors.people.results import result_document
from processors.ports.people import LinkSeen
from processors.positions import OF_PRIMARY, TARGETS
from schemas.advice import REASONS
from schemas.choice import Choice, Criterion
from schemas.connection import LinkState
from schemas.person import Json, PositionField
from schemas.reasons import Code

WORDS = {one.name.lower(): one.value for one in Criterion}


def position_data(link: LinkSeen, judged: Judged) -> dict[str, Any]:
    """Return whether position data is sent for a link (R-52), and each field's choice of today."""
    subject = link.subject
    flip = judged.found.flip
    return {
        "sent": subject.triggered,
        "says": _says(link),
        "due": _due(link, judged),
        "on": judged.today.isoformat(),
        "changes_on": None if flip is None or flip.next is None else flip.next.isoformat(),
        "fields": [
            {
                "field": name.value,
                "target": TARGETS[name].value,
                "by_date": name in OF_PRIMARY,
                **result_document(judged.found.results[name]),
                "choice": choice_document(judged.found.why.get(TARGETS[name])),
            }
            for name in PositionField
        ]
        if subject.positions
        else [],
    }


def _due(link: LinkSeen, judged: Judged) -> bool:
    """Say whether the sweep is to look at the person, as the day of R-60 has come."""
    stored = link.next_flip_on
    return stored is not None and stored <= judged.today.isoformat()


def choice_document(choice: Choice | None) -> dict[str, Any] | None:
    """Return a choice of today, its criteria in words."""
    return None if choice is None else stored_choice(choice.document())


def stored_choice(why: Mapping[str, Json] | None) -> dict[str, Any] | None:
    """Return a choice as it was stored, its criteria in words; one of a newer program as it is."""
    if why is None:
        return None
    lost = why.get("lost")
    assert isinstance(lost, dict)
    return {**why, "lost": {id_: WORDS.get(str(name), name) for id_, name in lost.items()}}


def _says(link: LinkSeen) -> str:
    subject = link.subject
    if not subject.positions:
        return "The person has no position."
    if subject.triggered:
        return "Position data is sent."
    if subject.state in WRITES - {LinkState.LINKED}:
        return "Position data goes out when the person is created in Xledger."
    return REASONS[Code.NO_POSITION_DATA].says
