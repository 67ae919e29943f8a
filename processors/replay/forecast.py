"""What a replay of a letter would come to, from the current state alone (R-91).

Intake's own batch judges the record that would be sent, on an imagined transaction; then the lane's
own parcel says what it would do with it. Neither rule is written here a second time.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from processors.intake.batch import Batch
from processors.lane.parcel import Parcel, parcel
from processors.links import WRITTEN
from processors.mapping import MappingContext
from processors.mapping.limits import DEFAULT
from processors.ports.desk import Letter
from processors.ports.intake import Standing, Waiting
from processors.ports.lane import Dirty, Facts, Origin, Subject
from processors.ports.replay import Around, PersonNow, Unsent
from processors.replay.imagined import TURN, Imagined, values_of
from processors.replay.sending import Prepared
from processors.today import today_in
from schemas.connection import LaneState
from schemas.desk import Forecast, Foretold
from schemas.failures import OF_FIELDS
from schemas.outcome import FieldEnd, FieldOutcome, Result, result_of
from schemas.person import PersonKey, PositionField, Projection
from schemas.reasons import Code

BY_RESULT: Final = {
    Result.APPLIED: Forecast.WILL_APPLY,
    Result.UNCHANGED: Forecast.SATISFIED,
    Result.SUPERSEDED: Forecast.SUPERSEDED,
    Result.SKIPPED: Forecast.BLOCKED,
    Result.DEAD_LETTERED: Forecast.WILL_FAIL,
}
ORDER: Final = (
    Forecast.WILL_FAIL, Forecast.WILL_BE_TRIED, Forecast.WILL_APPLY, Forecast.SATISFIED,
    Forecast.SUPERSEDED, Forecast.BLOCKED,
)  # fmt: skip
"""Of several connections, what is told: the worst first, then the best."""
STOPPED: Final = frozenset({LaneState.PAUSED, LaneState.HELD})
CALL: Final = "call"
UNREAD: Final = "the person is read from Huma first"
ANEW: Final = "the person is created in Xledger"


def unsent(why: Unsent) -> Foretold:
    """Return what is foretold of a letter that cannot be sent at all."""
    codes = {code.value: code for code in Code}
    return Foretold(Forecast.BLOCKED, codes.get(why.why), (), why.why)


def person_of(prepared: Prepared) -> PersonKey | None:
    """Return whose state a forecast needs."""
    return prepared.sending.person


def foretell(
    letter: Letter, prepared: Prepared, person: PersonNow | None, around: Around
) -> Foretold:
    """Return what a replay would come to.

    Args:
        letter: as it is stored.
        prepared: what would be sent for it.
        person: whose it is, now; None: that is not known.
        around: the rest of the world.
    """
    mine = around.connections.by_organization.get(prepared.item.organization or "", ())
    standings = {standing.connection.id: standing for standing in mine}
    if letter.connection is not None and letter.connection not in standings:
        return Foretold(Forecast.BLOCKED, Code.CONNECTION_REMOVED, letter.fields)
    imagined = Imagined(person)
    Batch(imagined, around.connections, 1, [prepared.item]).apply()
    found = [
        Foretold(BY_RESULT[end.result], end.reason, tuple(end.fields) or letter.fields)
        for end in imagined.ends
    ]
    found += [
        _of_lane(letter, waits, imagined, standings[waits.connection], around)
        for waits in imagined.waits
    ]
    if not found:
        return Foretold(Forecast.BLOCKED, Code.NOTHING_TO_DO, letter.fields)
    return min(found, key=lambda one: ORDER.index(one.forecast))


def _of_lane(
    letter: Letter, waits: Waiting, imagined: Imagined, standing: Standing, around: Around
) -> Foretold:
    """Return what the connection's lane would make of what waits."""
    person, one = imagined.now, standing.connection
    assert person is not None
    names = tuple(waits.fields)
    lane = around.lanes.get(one.id)
    if lane is not None and lane.state in STOPPED:
        why = f"the connection is {lane.state.value}"
        why = why if lane.reason is None else f"{why}: {lane.reason}"
        return Foretold(Forecast.BLOCKED, None, names, why)
    if one.activated_at is None:
        return Foretold(Forecast.BLOCKED, Code.NOT_ACTIVE, names)
    link = imagined.links_now.get(one.id) or person.links.get(one.id)
    state = person.subjects[one.id].state if link is None else link.state
    if not (imagined.person.complete or imagined.person.deleted) and state in WRITTEN:
        return Foretold(Forecast.WILL_BE_TRIED, None, names, UNREAD)
    subject = _as_taken(waits, imagined, one.id)
    today = today_in(datetime.fromtimestamp(around.now / 1000, UTC), one.zone)
    context = MappingContext(one.country, today, one.synthetic_numbers, subject.confirmed, DEFAULT)
    ready = parcel(subject, context, one.group)
    ends = _ends(waits, ready) | dict(waits.ended)  # what waits tells first why
    result, code = result_of(ends)
    foretold = Foretold(BY_RESULT[result], code, names)
    sent = [name for name in names if name in ready.sent]
    if result is not Result.APPLIED or not sent:
        return foretold
    if ready.creates or subject.incomplete:
        return Foretold(Forecast.WILL_BE_TRIED, None, names, ANEW if ready.creates else None)
    return _tried(letter, one.id, person, subject, sent) or foretold


def _ends(waits: Waiting, ready: Parcel) -> dict[str, FieldOutcome]:
    """Return how the fields that wait would end; what is sent counts as applied."""
    ended = {end.field: end for end in ready.ended}
    return {
        name: FieldOutcome(FieldEnd(ended[name].result.value), ended[name].code)
        if name in ended
        else FieldOutcome(FieldEnd.APPLIED)
        for name in waits.fields
    }


def _tried(
    letter: Letter, connection: str, person: PersonNow, subject: Subject, sent: list[str]
) -> Foretold | None:
    """Say so where Xledger refused one of these fields last, as far as anything tells."""
    refused = person.refused.get(connection, {})
    again = {one.field for one in subject.dirty if one.attempts > 0}
    code: Code | None = None
    names = []
    for name in sent:
        if name in refused:
            code = code or refused[name]
        elif letter.stage == CALL and name in letter.fields:
            code = code or _code(letter.code)
        elif name not in again:
            continue
        names.append(name)
    return Foretold(Forecast.WILL_BE_TRIED, code, tuple(names)) if names else None


def _code(text: str) -> Code | None:
    known = {code.value: code for code in OF_FIELDS}
    return known.get(text)


def _as_taken(waits: Waiting, imagined: Imagined, connection: str) -> Subject:
    """Return the person as the lane would take them once the event waits."""
    person = imagined.now
    assert person is not None
    subject = person.subjects[connection]
    link = imagined.links_now.get(connection)
    before = {one.field: one for one in subject.dirty}
    for name, version in waits.fields.items():
        was = before.get(name)
        unsure = name in subject.unsure if was is None else was.unsure
        origin = Origin.REQUEST if was is None else was.origin
        before[name] = Dirty(name, TURN, version, origin, 0, unsure)
    positions = {
        **subject.positions,
        **{id_: Projection(dict(value)) for id_, value in values_of(imagined.positions).items()
           if isinstance(value, dict)},
    }  # fmt: skip
    for id_, value in values_of(imagined.positions).items():
        if value is None:
            positions.pop(id_, None)
    versions = dict(subject.versions) | {n: v.version for n, v in imagined.fields.items()}
    if imagined.positions:
        newest = max(value.version for value in imagined.positions.values())
        newest = max(newest, versions.get(PositionField.TITLE, -1))
        versions |= dict.fromkeys(PositionField, newest)
    known = imagined.person
    facts = Facts(
        known.type, known.active, known.active_version, known.groups, known.groups_version,
        deleted=known.deleted,
    )  # fmt: skip
    return replace(
        subject,
        facts=facts,
        state=subject.state if link is None else link.state,
        triggered=subject.triggered if link is None else link.triggered,
        dirty=tuple(before.values()),
        touched=subject.touched | waits.fields.keys(),
        unsure=subject.unsure - waits.fields.keys(),
        projection=Projection({**subject.projection, **values_of(imagined.fields)}),
        positions=positions,
        versions=versions,
    )
