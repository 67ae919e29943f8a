"""What the lane would do for a person now: its own functions, on the snapshot that is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from processors.fields import FIELDS
from processors.lane.mapped import MappedFields, map_all
from processors.lane.parcel import Parcel, parcel
from processors.mapping import MappingContext
from processors.mapping.limits import DEFAULT
from processors.people.times import moment
from processors.ports.lane import FieldEnd
from processors.ports.people import LinkSeen
from processors.today import today_in


@dataclass(frozen=True, slots=True)
class Judged:
    """One person in one connection, judged.

    Attributes:
        today: the date in the connection's zone (R-59).
        found: what each field comes to, sent or not.
        parcel: what the lane would send of what is open, and how the rest ends.
    """

    today: date
    found: MappedFields
    parcel: Parcel

    @property
    def ends(self) -> Mapping[str, FieldEnd]:
        """How open fields end that would not be sent."""
        return {end.field: end for end in self.parcel.ended}


def judge(link: LinkSeen, now: int) -> Judged:
    """Judge a person in a connection as of the store's time `now`."""
    one, subject = link.connection, link.subject
    today = today_in(moment(now), one.zone)
    context = MappingContext(one.country, today, one.synthetic_numbers, subject.confirmed, DEFAULT)
    return Judged(today, map_all(subject, context, FIELDS), parcel(subject, context, one.group))
