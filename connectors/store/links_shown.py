"""A person in one connection, as the lane would take them, and what waits there."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, func, or_, select

from connectors.encryption import Cipher
from connectors.store.clock import now_ms
from connectors.store.keyring import Keyring
from connectors.store.tables import (
    OPEN,
    confirmed,
    dirty,
    intent,
    lane,
    link,
    pending,
    pending_field,
)
from connectors.store.work import opened_target, warned_of
from processors.ports.intake import Standing
from processors.ports.lane import Dirty, Facts, Intent, Origin, Step, Subject
from processors.ports.people import (
    AHEAD,
    Confirmation,
    FailedField,
    LaneSeen,
    LinkSeen,
    OpenField,
    WaitingEvent,
)
from schemas.connection import LaneState, LinkState
from schemas.employee import Target
from schemas.person import PersonKey, Projection

EVENTS: Final = 100
"""Waiting events of a person in one connection at the most; they are few."""


@dataclass(frozen=True, slots=True)
class Opens:
    """Opens one person's values; asks for the cipher only where there is one to open."""

    transaction: Connection
    keyring: Keyring
    key: PersonKey

    @property
    def cipher(self) -> Cipher:
        """The organisation's."""
        return self.keyring.cipher_of(self.transaction, self.key.organization)


@dataclass(frozen=True, slots=True)
class Known:
    """What is the same of a person in every connection."""

    key: PersonKey
    facts: Facts
    projection: Projection
    versions: Mapping[str, int]
    positions: Mapping[str, Projection]
    failures: Mapping[str, tuple[FailedField, ...]]
    now: int


def link_of(transaction: Connection, standing: Standing, known: Known, opens: Opens) -> LinkSeen:
    """Return a person in one connection; of whom it knows nothing, unlinked."""
    one, user = standing.connection.id, known.key.user

    def rows(table: Table) -> list[Any]:
        mine = (table.c.connection == one) & (table.c.person == user)
        return list(transaction.execute(select(table).where(mine)))

    row = next(iter(rows(link)), None)
    touched = rows(dirty)
    open_ = tuple(_open(each) for each in sorted(touched, key=lambda d: d.turn) if each.open)
    acknowledged = rows(confirmed)
    intents = rows(intent)
    subject = Subject(
        user=user,
        facts=known.facts,
        state=LinkState.UNLINKED if row is None else LinkState(row.state),
        contact=None if row is None else row.contact,
        subledger=None if row is None else row.subledger,
        employee=None if row is None else row.employee,
        incomplete=row is not None and bool(row.incomplete),
        dirty=tuple(each.dirty for each in open_),
        touched=frozenset(each.field for each in touched),
        projection=known.projection,
        versions=known.versions,
        confirmed={
            Target(each.target): opened_target(opens.cipher, user, each.target, each.value)
            for each in acknowledged
        },
        intent=_intent(intents[0]) if intents else None,
        warned=warned_of(None if row is None else row.warned),
        triggered=row is not None and bool(row.triggered),
        positions=known.positions,
    )
    return LinkSeen(
        connection=standing.connection,
        preview=standing.preview,
        lane=_lane(transaction, one),
        subject=subject,
        open=open_,
        confirmed={Target(each.target): _confirmation(each) for each in acknowledged},
        linked_at=None if row is None else row.linked_at,
        next_flip_on=None if row is None else row.next_flip_on,
        flight_at=None if row is None or row.flight_epoch is None else row.flight_at,
        ahead=_ahead(transaction, one, user, open_, known.now),
        events=_events(transaction, one, user),
        failures=known.failures.get(one, ()),
    )


def _open(row: Any) -> OpenField:
    origin = Origin.REQUEST if row.origin else Origin.EVENT
    one = Dirty(row.field, row.turn, row.version, origin, row.attempts, bool(row.unsure))
    return OpenField(one, row.due, row.first_failed_at)


def _intent(row: Any) -> Intent:
    """Return that there is one; its keys are values, and nobody asked for them."""
    return Intent(Step(row.step), "", None, None, tuple(orjson.loads(row.found)))


def _confirmation(row: Any) -> Confirmation:
    why = None if row.why is None else orjson.loads(row.why)
    return Confirmation(row.at, row.turn, why)


def _lane(transaction: Connection, one: str) -> LaneSeen:
    owned = lane.c.owner.is_not(None) & (lane.c.lease_until > now_ms())
    row: Any = transaction.execute(
        select(lane, owned.label("owned")).where(lane.c.connection == one)
    ).one_or_none()
    if row is None:
        return LaneSeen(LaneState.RUNNING, None, 0, 0, owned=False)
    return LaneSeen(LaneState(row.state), row.reason, row.since, row.until, bool(row.owned))


def _ahead(
    transaction: Connection, one: str, user: str, open_: tuple[OpenField, ...], now: int
) -> int:
    """Count who is taken before this person: by origin, then turn; retries go last."""
    mine = [
        (int(each.dirty.origin is Origin.REQUEST), each.dirty.turn)
        for each in open_
        if each.due <= now and not each.dirty.attempts
    ]
    if not mine:
        return 0
    origin, turn = min(mine)
    before = (
        select(dirty.c.person)
        .where(
            OPEN,
            dirty.c.connection == one,
            dirty.c.person != user,
            dirty.c.due <= now,
            dirty.c.attempts == 0,
            or_(dirty.c.origin < origin, (dirty.c.origin == origin) & (dirty.c.turn < turn)),
        )
        .distinct()
        .limit(AHEAD + 1)
        .subquery()
    )
    return int(transaction.execute(select(func.count()).select_from(before)).scalar_one())


def _events(transaction: Connection, one: str, user: str) -> tuple[WaitingEvent, ...]:
    mine = (pending.c.connection == one) & (pending.c.person == user)
    columns = (pending.c.outcome, pending.c.meta, pending.c.round, pending.c.received_at)
    order = (pending.c.received_at, pending.c.outcome)
    rows = transaction.execute(select(*columns).where(mine).order_by(*order).limit(EVENTS)).all()
    fields: dict[str, list[str]] = defaultdict(list)
    for outcome, name in transaction.execute(
        select(pending_field.c.outcome, pending_field.c.field)
        .where(
            pending_field.c.connection == one,
            pending_field.c.person == user,
            pending_field.c.result.is_(None),
        )
        .order_by(pending_field.c.field)
    ):
        fields[outcome].append(name)
    found = []
    for row in rows:
        meta = orjson.loads(row.meta)
        found.append(
            WaitingEvent(
                row.outcome, meta.get("type"), meta.get("revision"), row.round, row.received_at,
                tuple(fields[row.outcome]),
            )
        )  # fmt: skip
    return tuple(found)
