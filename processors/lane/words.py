"""Xledger's own words about a person, before they are kept: without the person's values (R-103).

Only now all of these are known. Whoever reads the words later may find others in their place.
"""

from typing import Final

from processors.desk.personal_texts import personal_texts
from processors.desk.redaction import redacted
from processors.lane.parcel import Parcel
from schemas.personal import Personal

LONGEST: Final = 8000
"""Characters looked at: more than are kept."""
TORN: Final = 200
"""Characters left out where a text was cut: a value that was cut in two may stand there."""


def words(parcel: Parcel, said: Personal[str]) -> Personal[str]:
    """Return what was said, with each value of the person replaced by its field's name.

    Args:
        parcel: the person, and what was sent.
        said: by Xledger; of one without end the beginning counts.
    """
    subject, text = parcel.subject, said.reveal()
    values = personal_texts(
        [subject.projection], subject.positions.values(), [subject.confirmed, parcel.values]
    )
    shown = redacted(text[:LONGEST], values)
    return Personal(shown if len(text) <= LONGEST else shown[:-TORN])
