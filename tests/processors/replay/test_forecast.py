"""Each forecast, as an operator meets it (R-91, R-92)."""

from dataclasses import replace

import pytest
from sqlalchemy import delete

from connectors.store.tables import connection as connections
from connectors.store.tables import lane, letter, link, person
from processors.replay.foretelling import Foretelling
from processors.replay.sending import Rules
from schemas.connection import LaneState, LinkState
from schemas.desk import Forecast, Selection
from schemas.reading import Reading
from schemas.reasons import Code
from tests.fixtures.replaying import RULES, Replaying
from tests.fixtures.working import person as person_of


def foretold(
    replaying: Replaying, selection: Selection | None = None
) -> tuple[Forecast, Code | str | None, bool]:
    """Return what is foretold of the one letter, why, and whether it would be sent."""
    (judged,) = replaying.judged(selection or Selection())
    one = judged.foretold
    return one.forecast, one.code or one.why, hasattr(judged.way, "outcome")


@pytest.mark.rule("R-91")
def test_what_xledger_refused_will_be_tried(replaying: Replaying) -> None:
    """Only Xledger knows whether it takes the value now; the code is that of the refusal."""
    replaying.fail(1)
    assert foretold(replaying) == (Forecast.WILL_BE_TRIED, Code.REFUSED, True)


@pytest.mark.rule("R-91")
def test_what_our_rules_refuse_will_fail_again(replaying: Replaying) -> None:
    """Until the value is another one: then it will apply."""
    replaying.fail(1, birthDate="1800-01-01")
    assert foretold(replaying) == (Forecast.WILL_FAIL, Code.BAD_BIRTH_DATE, False)
    replaying.correct(1, birthDate="1980-01-01")
    assert foretold(replaying) == (Forecast.WILL_APPLY, None, True)


@pytest.mark.rule("R-91", "R-92")
def test_what_arrived_since_is_satisfied(replaying: Replaying) -> None:
    """The value of now is what Xledger confirmed, and watch has not read so yet."""
    replaying.fail(1)
    replaying.watches = False
    replaying.change(1, 9, phone="41234567")
    replaying.live()
    assert foretold(replaying) == (Forecast.SATISFIED, None, True)


@pytest.mark.rule("R-91", "R-92")
def test_what_a_newer_value_waits_for_is_superseded(replaying: Replaying) -> None:
    """It is on its way already."""
    replaying.fail(1)
    replaying.change(1, 9, phone="41234567")
    replaying.arrivals.read()
    assert foretold(replaying) == (Forecast.SUPERSEDED, None, True)


@pytest.mark.rule("R-91", "R-92")
def test_who_is_locked_out_is_blocked(replaying: Replaying) -> None:
    """By the lock, by the link, by a field that is missing, by the deletion."""
    replaying.fail(1)
    replaying.stored.set(link, link.c.state == "linked", state=LinkState.EXISTS.value)
    assert foretold(replaying) == (Forecast.BLOCKED, Code.EXISTS_IN_XLEDGER, True)
    replaying.stored.set(link, link.c.state == "exists", state=LinkState.LINKED.value)
    replaying.correct(1, email=None)
    assert foretold(replaying) == (Forecast.BLOCKED, Code.MISSING_EMAIL, True)
    replaying.arrivals.arrive("user.deactivated", {}, 20, user=person_of(1).user)
    replaying.arrivals.read()
    assert foretold(replaying) == (Forecast.BLOCKED, Code.LOCKED, True)
    replaying.watches = False
    replaying.arrivals.arrive("user.deleted", {}, 21, user=person_of(1).user)
    replaying.live()
    assert foretold(replaying) == (Forecast.BLOCKED, Code.DELETED, False)


@pytest.mark.rule("R-91")
@pytest.mark.parametrize(
    ("state", "reason", "why"),
    [
        (LaneState.PAUSED, "by hand", "the connection is paused: by hand"),
        (LaneState.HELD, None, "the connection is held"),
    ],
)
def test_a_stopped_connection_is_said(
    replaying: Replaying, state: LaneState, reason: str | None, why: str
) -> None:
    """A replay would only wait there."""
    replaying.fail(1)
    mine = lane.c.connection == replaying.bench.connection.id
    replaying.stored.set(lane, mine, state=state.value, reason=reason)
    assert foretold(replaying) == (Forecast.BLOCKED, why, False)


@pytest.mark.rule("R-91")
def test_a_removed_connection_is_said(replaying: Replaying) -> None:
    """Also where another one of the organisation is there, or none."""
    replaying.fail(1)
    replaying.stored.connect("c2")
    with replaying.stored.store.begin() as transaction:
        mine = connections.c.id == replaying.bench.connection.id
        transaction.execute(delete(connections).where(mine))
    assert foretold(replaying) == (Forecast.BLOCKED, Code.CONNECTION_REMOVED, False)
    with replaying.stored.store.begin() as transaction:
        transaction.execute(delete(connections))
    assert foretold(replaying) == (Forecast.BLOCKED, Code.CONNECTION_REMOVED, False)


@pytest.mark.rule("R-91", "R-97")
def test_who_is_read_from_huma_first_will_be_tried(replaying: Replaying) -> None:
    """What the read brings nobody knows here."""
    replaying.fail(1)
    replaying.stored.set(person, person.c.person == person_of(1).user, complete=False)
    (judged,) = replaying.judged()
    assert judged.foretold.why == "the person is read from Huma first"
    assert judged.foretold.forecast is Forecast.WILL_BE_TRIED


@pytest.mark.rule("R-90", "R-91")
def test_bytes_that_are_no_event_will_fail_again(replaying: Replaying) -> None:
    """They are read anew: a newer program, or another setting, may take them; then all judge."""
    user = person_of(1).user
    replaying.bench.hire(1)
    replaying.change(1, 5, phone="41234567", familyName="Family")
    (record,) = replaying.arrivals.source.records[next(iter(replaying.arrivals.source.records))]
    record.raw_value = (record.raw_value or b"") + b"}"
    replaying.live()
    assert foretold(replaying) == (Forecast.WILL_FAIL, Code.NOT_JSON, False)
    assert replaying.one().person == user


@pytest.mark.rule("R-92", "R-95")
def test_what_was_too_large_is_judged_by_each_connection(replaying: Replaying) -> None:
    """Under a greater limit the record is an event, and what it says is new."""
    replaying.bench.hire(1)
    small = Reading(False, 50, 600, "revision")  # noqa: FBT003 - as declared
    usual = replaying.arrivals.intake._readings
    replaying.arrivals.intake._readings = dict.fromkeys(usual, small)
    whole = {"email": "p1@x.no", "givenName": "Given", "familyName": "Family"}
    replaying.change(1, 5, phone="41234567", **whole)
    replaying.live()
    assert replaying.one().code == Code.TOO_LARGE
    assert replaying.one().connection is None
    assert foretold(replaying) == (Forecast.WILL_APPLY, None, True)
    strict = Rules(replace(RULES.reading, max_bytes=50), RULES.replays)
    replaying.foretelling = Foretelling(replaying.replays, replaying, strict)
    assert foretold(replaying) == (Forecast.WILL_FAIL, Code.TOO_LARGE, False)
    replaying.foretelling = Foretelling(replaying.replays, replaying, RULES)
    replaying.arrivals.intake._readings = usual
    replaying.execution(replaying.plan()).go()
    assert replaying.results() == [("applied", None)]
    assert replaying.states() == {"resolved": 1}


@pytest.mark.rule("R-90", "R-91")
def test_bytes_that_are_gone_of_nobody_known_are_refused(replaying: Replaying) -> None:
    """Where organisation, person and connection are known, a resend is foretold instead."""
    replaying.fail(1)
    replaying.topic.clear()
    assert foretold(replaying) == (Forecast.WILL_BE_TRIED, Code.REFUSED, True)
    replaying.stored.set(letter, letter.c.id != "", connection=None)
    why = (
        "its bytes are gone from the topic, and it failed before any connection: only whoever "
        "published the event can send it again"
    )
    assert foretold(replaying) == (Forecast.BLOCKED, why, False)
    one = replaying.bench.connection.id
    replaying.stored.set(letter, letter.c.id != "", connection=one, person=None)
    why = "its bytes are gone from the topic, and whose it is is not known"
    assert foretold(replaying) == (Forecast.BLOCKED, why, False)


@pytest.mark.rule("R-91")
def test_what_is_under_way_or_resolved_is_not_sent_again(replaying: Replaying) -> None:
    """Only what is open, parked or ignored can be."""
    replaying.fail(1)
    replaying.stored.set(letter, letter.c.id != "", state="retrying")
    assert foretold(replaying) == (Forecast.BLOCKED, "a replay of it is under way", False)
    replaying.stored.set(letter, letter.c.id != "", state="resolved")
    assert foretold(replaying) == (Forecast.BLOCKED, "resolved already", False)
    replaying.stored.set(letter, letter.c.id != "", state="ignored")
    assert foretold(replaying) == (Forecast.WILL_BE_TRIED, Code.REFUSED, True)


@pytest.mark.rule("R-91")
def test_another_record_in_a_letters_place_is_not_sent(replaying: Replaying) -> None:
    """The topic was made anew: whatever stands there now, the letter is resent."""
    replaying.fail(1, 2)
    replaying.topic[0, 0], replaying.topic[0, 1] = replaying.topic[0, 1], replaying.topic[0, 0]
    for judged in replaying.judged():
        assert judged.foretold.forecast is Forecast.WILL_BE_TRIED
        assert getattr(judged.way, "outcome", "")
        assert b"resend.requested" in (getattr(judged.way, "value", b"") or b"")
