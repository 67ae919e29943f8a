"""Where reading goes on: one row a partition, moved only with its events' effects (promise 2)."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from connectors.store.clock import now_ms
from connectors.store.tables import partition
from connectors.store.upsert import insert_ignore
from processors.ports.intake import Move
from processors.ports.source import Place

INTAKE: Final = "intake"


def fence(connection: Connection, moves: Sequence[Move]) -> frozenset[Place]:
    """Move offsets in order of partition; returns those whose stored one was as told."""
    moved = set()
    for move in sorted(moves, key=lambda one: one.place):
        statement = (
            update(partition)
            .where(*_is(move.place), partition.c.next_offset == move.begin)
            .values(next_offset=move.end, moved_at=now_ms())
        )
        if connection.execute(statement).rowcount:
            moved.add(move.place)
    return frozenset(moved)


def stored(connection: Connection, places: Sequence[Place] | None = None) -> Mapping[Place, int]:
    """Return the stored offsets, of some partitions or of all."""
    rows = connection.execute(
        select(partition.c.topic, partition.c.partition, partition.c.next_offset).where(
            partition.c.consumer_group == INTAKE
        )
    )
    found = {Place(topic, number): offset for topic, number, offset in rows}
    return found if places is None else {p: found[p] for p in places if p in found}


def begin_at(connection: Connection, place: Place, offset: int) -> int:
    """Store where a new partition begins; returns what is stored, by whomever."""
    connection.execute(
        insert_ignore(connection, partition).values(
            consumer_group=INTAKE,
            topic=place.topic,
            partition=place.partition,
            next_offset=offset,
            moved_at=now_ms(),
        )
    )
    return stored(connection, [place])[place]


def move(connection: Connection, place: Place, offset: int) -> None:
    """Set an offset by hand; a running intake is fenced, and goes on from here."""
    begin_at(connection, place, offset)
    connection.execute(
        update(partition).where(*_is(place)).values(next_offset=offset, moved_at=now_ms())
    )


def _is(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        partition.c.consumer_group == INTAKE,
        partition.c.topic == place.topic,
        partition.c.partition == place.partition,
    )
