"""Letters as rows of the store: which are meant, and what a row says (R-90, R-91)."""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, or_, true

from connectors.store.tables import letter
from processors.ports.desk import Letter
from schemas.desk import LetterState, Selection


def which(selection: Selection) -> ColumnElement[bool]:
    """Return the condition that a selection is; an empty one means every letter."""
    columns = letter.c
    parts = [
        columns.person.in_(selection.persons) if selection.persons else None,
        columns.connection.in_(selection.connections) if selection.connections else None,
        columns.organization.in_(selection.organizations) if selection.organizations else None,
        columns.stage.in_(selection.stages) if selection.stages else None,
        columns["class"].in_(selection.classes) if selection.classes else None,
        columns.code.in_(selection.codes) if selection.codes else None,
        columns.state.in_([state.value for state in selection.states])
        if selection.states
        else None,
        or_(*(columns.id.startswith(one, autoescape=True) for one in selection.ids))
        if selection.ids
        else None,
        or_(*(columns.fields.contains(f'"{one}"', autoescape=True) for one in selection.fields))
        if selection.fields
        else None,
        None
        if selection.since is None
        else columns.last_failed_at >= int(selection.since.timestamp() * 1000),
        None
        if selection.until is None
        else columns.last_failed_at < int(selection.until.timestamp() * 1000),
        columns.replay_count >= selection.replayed_at_least
        if selection.replayed_at_least
        else None,
        None
        if selection.replayed_at_most is None
        else columns.replay_count <= selection.replayed_at_most,
    ]
    return and_(true(), *(part for part in parts if part is not None))


def letter_of(row: Any) -> Letter:
    """Return a row of the table `letter` as it is shown."""
    known = row._mapping  # noqa: SLF001 - SQLAlchemy's own public name of it
    return Letter(
        id=known["id"],
        source=known["source"],
        event=known["event"],
        connection=known["connection"],
        organization=known["organization"],
        person=known["person"],
        type=known["type"],
        stage=known["stage"],
        letter_class=known["class"],
        code=known["code"],
        fields=tuple(orjson.loads(known["fields"])),
        attempts=known["attempts"],
        first_failed_at=known["first_failed_at"],
        last_failed_at=known["last_failed_at"],
        source_topic=known["source_topic"],
        source_partition=known["source_partition"],
        source_offset=known["source_offset"],
        source_timestamp=known["source_timestamp"],
        partition=known["partition"],
        offset=known["offset"],
        written_at=known["written_at"],
        program=known["program"],
        replay_count=known["replay_count"],
        run=known["run"],
        state=LetterState(known["state"]),
        closed_as=known["closed_as"],
        closed_at=known["closed_at"],
    )
