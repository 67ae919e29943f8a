"""The events: their types, and what each becomes when it is what the contract says.

`schemas.reading` makes them of records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.about import About
from schemas.person import Projection
from schemas.reasons import Code


class EventType(StrEnum):
    """Every type we know."""

    USER_CREATED = "com.humahr.user.created.v1"
    USER_UPDATED = "com.humahr.user.updated.v1"
    USER_DEACTIVATED = "com.humahr.user.deactivated.v1"
    USER_REACTIVATED = "com.humahr.user.reactivated.v1"
    USER_DELETED = "com.humahr.user.deleted.v1"
    GROUPS_CHANGED = "com.humahr.user.groups-changed.v1"
    POSITION_CREATED = "com.humahr.position.created.v1"
    POSITION_UPDATED = "com.humahr.position.updated.v1"
    POSITION_DELETED = "com.humahr.position.deleted.v1"
    SYNC_REQUESTED = "com.humahr.xledger.sync.requested.v1"
    DAY_TURNED = "com.humahr.xledger.day.turned.v1"
    RESEND_REQUESTED = "com.humahr.xledger.resend.requested.v1"
    HEARTBEAT = "com.humahr.xledger.heartbeat.v1"


@dataclass(slots=True)
class Event:
    """An event of Huma's, valid. Its `repr` shows names of fields, never their values (R-103).

    Nobody changes one; it is not frozen because freezing took a tenth of the time to read one.

    Attributes:
        source: with `id` the event's identity.
        id: see `source`.
        type: what happened.
        organization: Huma's id, lower-case.
        user: Huma's id, lower-case.
        time: when the change was committed in Huma; aware.
        revision: orders the person's changes (R-96).
        fields: the synchronised fields that the event carries; null is null, absent is absent.
        user_type: what kind of user this is (R-17); None when the event does not say.
        active: what the event says about the account; None when nothing.
        groups: ids of all groups after the change; None when the event does not say.
        positions: by id, whole; None for a deleted one.
        actor: Huma's id of who made the change.
        traceparent: W3C trace context.
        warnings: "key does not match", when it does not (R-98).
    """

    source: str
    id: str
    type: EventType
    organization: str
    user: str
    time: datetime
    revision: int
    fields: Projection
    user_type: str | None
    active: bool | None
    groups: tuple[str, ...] | None
    positions: Mapping[str, Projection | None]
    actor: str | None
    traceparent: str | None
    warnings: tuple[Code, ...]

    def about(self) -> About:
        """Return what outcomes and letters say of it."""
        return About(
            self.source, self.id, self.type.value, self.organization, self.user, self.time,
            self.revision,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A request of ours, on the requests topic only: ids and names of fields, no value.

    Attributes:
        source: `/huma-xledger`.
        id: with `source` its identity.
        type: what is asked for.
        organization: Huma's id; None for a heartbeat.
        user: Huma's id; None for a heartbeat.
        time: when it was asked; aware.
        connection: only this connection is meant; None: all of the organisation.
        fields: names of the fields to make dirty.
        run: id of the run that asks.
        letter: outcome id of the letter that is sent again (R-90).
        warnings: "key does not match", when it does not (R-98).
    """

    source: str
    id: str
    type: EventType
    organization: str | None
    user: str | None
    time: datetime
    connection: str | None
    fields: tuple[str, ...]
    run: str | None
    letter: str | None
    warnings: tuple[Code, ...]

    def about(self) -> About:
        """Return what outcomes and letters say of it."""
        return About(self.source, self.id, self.type.value, self.organization, self.user, self.time)


@dataclass(frozen=True, slots=True)
class Foreign:
    """An event of a type that is not for us: "skipped: not ours" (R-95)."""

    about: About
