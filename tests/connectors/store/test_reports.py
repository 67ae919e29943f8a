"""What is waiting, for the gauges (R-105)."""

import pytest
from sqlalchemy import insert

from connectors.store.reports import Report, report
from connectors.store.tables import lane, organization, outbox, pending
from processors.ports.intake import Ending
from processors.ports.lane import BY_HAND
from schemas.about import About
from schemas.connection import Connection
from schemas.labels import Api
from schemas.outcome import Result
from schemas.reasons import Code
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, SOURCE, Stored

NONE_REFUSED: dict[str, float] = {Api.XLEDGER: 0.0, Api.HUMA: 0.0}


@pytest.mark.rule("R-105")
def test_an_empty_store_waits_for_nothing(stored: Stored) -> None:
    """Zero stands for nothing, not for 1970."""
    assert report(stored.store) == Report(0, 0, 0, 0, {}, {}, NONE_REFUSED)


@pytest.mark.rule("R-105")
def test_the_oldest_of_each_kind_is_told(stored: Stored) -> None:
    """In seconds since 1970, with the number of connections by state."""
    one, two = stored.connect("c1"), stored.connect("c2")
    stored.connect("c3")
    stored.connections.pause(two.id, "admin")
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(one, OLA, 2, {"phone": "2"})
    stored.set(pending, pending.c.offset == 2, received_at=5_000)
    for id_ in ("a", "b"):
        skipped = Ending(About(SOURCE, id_), None, 0, Result.SKIPPED, Code.NOT_OURS)
        with stored.intake.transaction() as transaction:
            transaction.end([skipped])
    first = min(stored.rows(outbox.c.id, outbox.c.topic), key=lambda row: (not row[1], row[0]))
    stored.set(outbox, outbox.c.id == first[0], written_at=7_000)
    told = report(stored.store)
    assert (told.oldest_pending, told.oldest_outbox) == (5.0, 7.0)
    assert told.connections == {"running": 2, "paused": 1}


@pytest.mark.rule("R-105")
def test_mail_is_not_late_for_kafka(stored: Stored) -> None:
    """Nor the other way: each waits for somebody else."""
    row = {"value": b"", "headers": "[]"}
    with stored.store.begin() as connection:
        connection.execute(insert(outbox).values(topic="", written_at=3_000, **row))
    told = report(stored.store)
    assert (told.oldest_outbox, told.oldest_mail, told.outbox_rows) == (0, 3.0, 1)
    with stored.store.begin() as connection:
        connection.execute(insert(outbox).values(topic="t", written_at=4_000, **row))
    told = report(stored.store)
    assert (told.oldest_outbox, told.oldest_mail, told.outbox_rows) == (4.0, 3.0, 2)


@pytest.mark.rule("R-07", "R-105")
def test_what_waits_for_a_preview_is_not_late(stored: Stored) -> None:
    """It waits by design, for as long as a preview may be open."""
    one, two = stored.connect("c1", active=False), stored.connect("c2")
    stored.change(one, KARI, 1, {"phone": "1"})
    assert report(stored.store).oldest_pending == 0
    stored.change(two, KARI, 2, {"phone": "2"})
    stored.set(pending, pending.c.connection == two.id, received_at=5_000)
    assert report(stored.store).oldest_pending == 5.0


def stands(stored: Stored, one: Connection, state: str, since: int, reason: str | None) -> None:
    """Put a lane into a state, by hand."""
    stored.set(lane, lane.c.connection == one.id, state=state, since=since, reason=reason)


@pytest.mark.rule("R-94", "R-105")
def test_the_lane_longest_in_a_state_is_told(stored: Stored) -> None:
    """By its time, so that an alert can ask for age; a state that nobody is in is absent."""
    for name, state, since in (("c1", "held", 9_000), ("c2", "held", 8_000), ("c3", "broken", 1)):
        stands(stored, stored.connect(name), state, since, None)
    assert report(stored.store).since == {"held": 8.0, "broken": 0.001}


@pytest.mark.rule("R-105")
@pytest.mark.parametrize(
    ("reason", "since"), [("credential", 5.0), ("other company", 5.0), (BY_HAND, 0.0)]
)
def test_a_token_that_is_refused_pauses_its_lane(stored: Stored, reason: str, since: float) -> None:
    """Or one of another company; a pause by hand says nothing of the token."""
    stands(stored, stored.connect("c1"), "paused", 5_000, reason)
    assert report(stored.store).refused == {Api.XLEDGER: since, Api.HUMA: 0.0}


@pytest.mark.rule("R-105")
def test_a_client_that_huma_refuses_is_told_of(stored: Stored) -> None:
    """Being away is not refusing."""
    stored.connect("c1")
    stored.connect("c2", organization=ELSEWHERE)
    mine = organization.c.id == ORGANIZATION
    stored.set(organization, mine, huma_state="away", huma_since=3_000)
    assert report(stored.store).refused == NONE_REFUSED
    stored.set(organization, mine, huma_state="credential", huma_since=4_000)
    assert report(stored.store).refused == {Api.XLEDGER: 0.0, Api.HUMA: 4.0}
