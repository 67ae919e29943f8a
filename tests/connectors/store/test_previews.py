"""A preview that comes to nothing: the events of meanwhile end "skipped: not active" (R-07)."""

import pytest

from connectors.store import previews
from connectors.store.tables import connection, dirty, link, pending, run
from processors.ports.lane import Lease
from processors.ports.sync import Run
from schemas.connection import Connection, LinkState
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored

pytestmark = pytest.mark.rule("R-07")

DAY = 86_400.0
LONG_AGO = 1
"""When a preview was opened that is over by now."""
SKIPPED = ("skipped", "not active")


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection that was never synced."""
    return stored.connect(active=False)


def begin(stored: Stored, one: Connection) -> tuple[Lease, Run]:
    """Plan a job and begin it: the preview is open."""
    stored.runs.plan(one.id, ORGANIZATION, "admin")
    lease = stored.claim(one)
    job = stored.sync.next_run(lease)
    assert job is not None
    return lease, job


def opened(stored: Stored, one: Connection, at: int | None) -> None:
    """Say when the preview was opened."""
    stored.set(connection, connection.c.id == one.id, preview_at=at)


def expire(stored: Stored) -> int:
    """Close what is open for more than a day; returns how many events ended."""
    return len(previews.expire(stored.store, stored.keyring, DAY))


def test_a_failed_job_ends_what_waited(stored: Stored, one: Connection) -> None:
    """Of this connection only; and nothing of it is sent after a later activation."""
    other = stored.connect("c2")
    lease, job = begin(stored, one)
    stored.people(KARI, OLA)
    stored.linked(one, KARI, state=LinkState.WANTED)
    stored.linked(one, OLA)
    stored.change(one, KARI, 1, {"phone": "1", "email": "k@x.no"})
    stored.change(one, OLA, 2, {"phone": "2"})
    stored.change(other, KARI, 3, {"phone": "3"})
    ended = stored.sync.fail(lease, job, "Xledger does not answer")
    assert len(ended) == 2
    assert stored.ended() == {"e1": SKIPPED, "e2": SKIPPED}
    assert stored.rows(pending.c.connection) == [(other.id,)]
    stored.connections.activate(one.id, 1)
    assert stored.take(lease).people == ()
    assert (stored.state(one), stored.state(one, OLA)) == ("unlinked", "linked")


def test_many_end_a_few_at_a_time(
    stored: Stored, one: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several transactions; none is left."""
    monkeypatch.setattr(previews, "AT_ONCE", 2)
    lease, job = begin(stored, one)
    for version in range(1, 6):
        stored.change(one, KARI._replace(user=f"p{version}"), version, {"phone": "1"})
    assert len(stored.sync.fail(lease, job, "away")) == 5
    assert set(stored.ended().values()) == {SKIPPED}
    assert stored.rows(pending.c.outcome) == stored.rows(dirty.c.field) == []


def test_an_activated_connection_goes_on(stored: Stored) -> None:
    """A later job that fails takes nothing with it: its events are sent as before."""
    one = stored.connect()
    lease, job = begin(stored, one)
    stored.change(one, KARI, 1, {"phone": "1"})
    assert stored.sync.fail(lease, job, "away") == []
    opened(stored, one, LONG_AGO)
    assert expire(stored) == 0
    assert list(stored.open(one)) == ["phone"]
    assert stored.nothing_left()


def test_a_preview_expires_after_a_day(stored: Stored, one: Connection) -> None:
    """Intake is told, its job has failed, what waited ends; a younger one stays open."""
    young = stored.connect("c2", active=False, group="g2")
    for each in (one, young):
        begin(stored, each)
    opened(stored, one, LONG_AGO)
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(young, KARI, 2, {"phone": "2"})
    before = stored.intake.connections().generation
    assert expire(stored) == 1
    assert stored.ended() == {"e1": SKIPPED}
    after = stored.intake.connections()
    assert after.generation > before
    seen = {each.connection.id: each.preview for each in after.by_organization[ORGANIZATION]}
    assert seen == {one.id: False, young.id: True}
    states = dict(stored.rows(run.c.connection, run.c.state))
    assert states == {one.id: "failed", young.id: "running"}
    assert expire(stored) == 0


def test_a_job_that_outlasts_its_preview_activates_nothing(stored: Stored, one: Connection) -> None:
    """It stays failed: the events of its time are gone, so that a new listing is needed."""
    lease, job = begin(stored, one)
    opened(stored, one, LONG_AGO)
    expire(stored)
    stored.sync.finish(lease, job, {"linked": 3})
    assert stored.connections.get(one.id).activated_at is None
    ((state, failure),) = stored.rows(run.c.state, run.c.failure)
    assert (state, failure) == ("failed", previews.EXPIRED)
    stored.sync.fail(lease, job, "another reason")
    assert stored.rows(run.c.failure) == [(previews.EXPIRED,)]


def test_what_an_interrupted_end_left_is_found(stored: Stored, one: Connection) -> None:
    """The process died between failing the job and ending the events: the next look ends them."""
    stored.change(one, KARI, 1, {"phone": "1"})
    assert expire(stored) == 1
    assert stored.ended() == {"e1": SKIPPED}
    assert expire(stored) == 0


def test_a_preview_opened_meanwhile_keeps_what_waits(stored: Stored, one: Connection) -> None:
    """Whoever ends the old one's events looks first whether a new one is open."""
    begin(stored, one)
    stored.change(one, KARI, 1, {"phone": "1"})
    assert previews.end_waiting(stored.store, stored.keyring, one.id) == []
    assert stored.nothing_left()
    assert stored.rows(link.c.person) == []
