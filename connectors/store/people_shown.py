"""One person from one snapshot, for whoever asks: the port `processors.ports.people`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, distinct, func, literal, select

from connectors.encryption import Cipher
from connectors.store import audit as audits
from connectors.store.clock import read_now
from connectors.store.connections import all_standings
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.tables import (
    OPEN,
    audit,
    confirmed,
    dirty,
    field,
    intent,
    lane,
    link,
    organization,
    pending,
    pending_field,
    person,
    position,
)
from connectors.store.work import opened, opened_target, position_of, warned_of
from processors.ports.intake import Standing
from processors.ports.lane import Dirty, Facts, Intent, Origin, Step, Subject
from processors.ports.people import (
    AHEAD,
    AuditEntry,
    Confirmation,
    LaneSeen,
    LinkSeen,
    OpenField,
    PersonSeen,
    WaitingEvent,
)
from schemas.connection import LaneState, LinkState
from schemas.employee import Target
from schemas.errors import NotFound
from schemas.person import PersonKey, PositionField, Projection
from schemas.personal import Personal

EVENTS: Final = 100
"""Waiting events of one connection that are shown; one person's are few."""
WRITTEN: Final = "employee.written"
SHOWN: Final = "values.shown"
