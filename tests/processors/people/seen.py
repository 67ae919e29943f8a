"""A person as the store has them, made by hand for the pure functions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from processors.ports.lane import Dirty, Facts, Origin, Subject
from processors.ports.people import LaneSeen, LinkSeen, OpenField, PersonSeen
from schemas.connection import Connection, LaneState, LinkState
from schemas.person import HumaField, PersonKey, Projection

NOW = 1_764_050_400_000
"""2025-11-25 07:00:00 in Oslo."""
SECOND = 1000
MINUTE = 60 * SECOND
CONNECTION = Connection(
    "c1", "o", None, "Name", "https://x.example", "1", "https://h.example",
    add_new_users=True, zone="Europe/Oslo", country="NO", synthetic_numbers=False,
    activated_at=datetime(2025, 1, 1, tzinfo=UTC),
)  # fmt: skip
FACTS = Facts("user", active=True, active_version=1, groups=None, groups_version=-1, deleted=False)
RUNNING = LaneSeen(LaneState.RUNNING, None, 0, 0, owned=True)
WHOLE = {"email": "kari@x.no", "givenName": "Kari", "familyName": "Nordmann", "phone": "41234567"}
PHONE = OpenField(Dirty("phone", NOW - MINUTE, 5, Origin.EVENT, 0, unsure=False), 0, None)


def subject(**more: Any) -> Subject:
    """Return somebody linked, with a phone number that waits."""
    plain = Subject(
        user="u", facts=FACTS, state=LinkState.LINKED, contact="1", subledger="2", employee="3",
        incomplete=False, dirty=(PHONE.dirty,), touched=frozenset({HumaField.PHONE}),
        projection=Projection(WHOLE), versions=dict.fromkeys(WHOLE, 5), confirmed={}, intent=None,
    )  # fmt: skip
    return replace(plain, **more)


def link(**more: Any) -> LinkSeen:
    """Return the same in a connection whose lane runs."""
    plain = LinkSeen(
        connection=CONNECTION, preview=False, lane=RUNNING, subject=subject(), open=(PHONE,),
        confirmed={}, linked_at=NOW - MINUTE, next_flip_on=None, flight_at=None, ahead=0,
        events=(), failures=(),
    )  # fmt: skip
    return replace(plain, **more)


def person(**more: Any) -> PersonSeen:
    """Return the same, whole, with that one link."""
    plain = PersonSeen(
        now=NOW, key=PersonKey("o", "u"), facts=FACTS, revision=5, complete=True, deleted_at=None,
        huma_state="ok", huma_probe_at=0, projection=Projection(WHOLE),
        versions=dict.fromkeys(WHOLE, 5), positions={}, position_versions={}, links=(link(),),
        letters=(), audit=(), writes={},
    )  # fmt: skip
    return replace(plain, **more)
