"""What a change becomes: dirty and pending, superseded, stale, repeated or skipped."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from connectors.store.tables import (
    dirty,
    pending,
    pending_field,
    person,
    position,
)
from schemas.metrics import DUPLICATES, EVENTS_ELSEWHERE, KEY_MISMATCHES
from tests.fixtures.arrivals import ELSEWHERE, START, Arrivals

OTHER = "9b2e0c1a-0000-4000-8000-0000000000bb"


def test_a_change_waits_for_delivery(arrivals: Arrivals) -> None:
    """A linked person's change is in the projection, dirty, and pending with its bytes."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="412 34 567", gender="")
    assert arrivals.read() == {}
    assert arrivals.projection() == {"phone": (5, "412 34 567"), "gender": (5, None)}
    assert arrivals.dirty() == {"phone": (5, True), "gender": (5, True)}
    assert len(arrivals.all(pending)) == 1
    assert len(arrivals.all(pending_field)) == 2


@pytest.mark.rule("R-98")
def test_nobody_elses_organisation_leaves_a_trace(arrivals: Arrivals) -> None:
    """Without a connection nothing is stored: known by the key, else by the attributes."""
    arrivals.connect()
    arrivals.arrive("user.updated", {"changes": {"phone": "1"}}, 5, organization=ELSEWHERE)
    arrivals.arrive(
        "user.updated", {"changes": {"phone": "1"}}, 5, organization=ELSEWHERE, key=b"odd"
    )
    arrivals.arrive("user.updated", {"nothing": 1}, 5, organization=ELSEWHERE, key=None)
    assert arrivals.read() == {}
    assert arrivals.letters() == []
    assert arrivals.all(person) == []
    assert arrivals.numbers.of(EVENTS_ELSEWHERE) == 3


@pytest.mark.rule("R-98")
def test_the_attributes_decide_whose_event_it_is(arrivals: Arrivals) -> None:
    """A key that is not the person's is counted and warned of; the event is stored all the same."""
    arrivals.connect()
    arrivals.arrive("user.updated", {"changes": {"phone": "1"}}, 5, key=b"odd")
    assert arrivals.read() == {"e5": ("skipped", "not linked")}
    assert arrivals.outcomes()[0]["warnings"] == ["key does not match"]
    assert arrivals.projection() == {"phone": (5, "1")}
    assert arrivals.numbers.of(KEY_MISMATCHES) == 1


@pytest.mark.rule("R-03", "R-98")
def test_an_inactive_connection_skips_but_follows(arrivals: Arrivals) -> None:
    """Before activation events are skipped, and the projection follows them."""
    arrivals.connect(active=False)
    arrivals.linked()
    arrivals.updated(5, phone="1")
    assert arrivals.read() == {"e5": ("skipped", "not active")}
    assert arrivals.projection() == {"phone": (5, "1")}
    assert arrivals.dirty() == {}


@pytest.mark.rule("R-07")
def test_events_wait_while_a_preview_is_open(arrivals: Arrivals) -> None:
    """During the first preview nothing is skipped, whoever it is; they have a link from then on."""
    arrivals.connect(active=False, preview=True)
    arrivals.updated(5, phone="1")
    assert arrivals.read() == {}
    assert arrivals.dirty() == {"phone": (5, True)}
    assert arrivals.state() == "unlinked"


@pytest.mark.rule("R-04", "R-07", "R-53", "R-54")
def test_what_was_made_before_a_first_preview_is_no_news(arrivals: Arrivals) -> None:
    """Read late, while the preview is open: nobody is created by it, and no position goes out."""
    arrivals.connect(active=False, preview=True)
    data = {"user": {"type": "user", "email": "k@x.no", "positions": [{"id": "p1"}]}}
    arrivals.arrive("user.created", data, 5, time=START - timedelta(days=1))
    arrivals.read()
    assert arrivals.state() == "unlinked"
    assert "title" not in arrivals.dirty()
    arrivals.arrive("user.created", data, 6)
    arrivals.read()
    assert arrivals.state() == "wanted"
    assert "title" in arrivals.dirty()


@pytest.mark.rule("R-83")
def test_older_values_are_stale(arrivals: Arrivals) -> None:
    """A value enters only above the stored version; an event without such a field is stale."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="5")
    arrivals.read()
    arrivals.updated(4, phone="4")
    arrivals.updated(3, phone="3", gender="Female")
    assert arrivals.read() == {"e4": ("skipped", "stale")}
    assert arrivals.projection() == {"phone": (5, "5"), "gender": (3, "Female")}
    waits = {
        row[:3]
        for row in arrivals.all(
            pending_field, pending_field.c.version, pending_field.c.field, pending_field.c.result
        )
    }
    assert waits == {(5, "phone", None), (3, "gender", None), (3, "phone", "skipped")}


@pytest.mark.rule("R-82", "R-83")
def test_a_repeat_is_counted_only(arrivals: Arrivals) -> None:
    """The same event again, in the same batch or a later one, has no effect and no outcome."""
    arrivals.connect()
    arrivals.linked()
    record = arrivals.updated(5, phone="5")
    arrivals.again(record)
    arrivals.read()
    before = arrivals.all(dirty), arrivals.all(pending_field)
    arrivals.again(record)
    assert arrivals.read() == {}
    assert (arrivals.all(dirty), arrivals.all(pending_field)) == before
    assert arrivals.numbers.of(DUPLICATES) == 2


@pytest.mark.rule("R-81")
def test_a_newer_value_supersedes_at_once(arrivals: Arrivals) -> None:
    """Of two changes that wait only the newer stays, in one batch or in two; its turn is later."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="5")
    arrivals.updated(6, phone="6")
    assert arrivals.read() == {"e5": ("superseded", None)}
    (first,) = arrivals.all(dirty, dirty.c.turn)[0]
    arrivals.updated(7, phone="7")
    assert arrivals.read() == {"e5": ("superseded", None), "e6": ("superseded", None)}
    (second,) = arrivals.all(dirty, dirty.c.turn)[0]
    assert second > first
    assert arrivals.projection() == {"phone": (7, "7")}


def test_what_may_have_been_written_keeps_its_wait(arrivals: Arrivals) -> None:
    """A newer change of a field under an ambiguous write waits until the field has settled."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="5", gender="Male")
    arrivals.read()
    with arrivals.store.begin() as transaction:
        transaction.execute(update(dirty).values(due=77, attempts=2))
        transaction.execute(update(dirty).where(dirty.c.field == "phone").values(unsure=True))
    arrivals.updated(6, phone="6", gender="Female")
    arrivals.read()
    rows = arrivals.all(dirty, dirty.c.field, dirty.c.due, dirty.c.attempts, dirty.c.unsure)
    assert rows == [("gender", 0, 0, False), ("phone", 77, 0, True)]


@pytest.mark.rule("R-111")
def test_fields_that_nobody_supports(arrivals: Arrivals) -> None:
    """An event of other fields alone is skipped, and nothing of it is kept."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, department="x", costCentre="y")
    assert arrivals.read() == {"e5": ("skipped", "no supported field")}
    assert arrivals.projection() == {}


def test_positions_are_stored_and_told(arrivals: Arrivals) -> None:
    """The newest whole one is kept; older events of it end at once."""
    arrivals.connect()
    arrivals.linked()
    arrivals.arrive("position.created", {"position": {"id": "p1", "percentage": 50}}, 5)
    arrivals.arrive("position.deleted", {"position": {"id": "p1"}}, 7)
    arrivals.arrive("position.updated", {"position": {"id": "p1", "percentage": 60}}, 6)
    assert arrivals.read() == {"e5": ("superseded", None), "e6": ("skipped", "stale")}
    rows = arrivals.all(position, position.c.position, position.c.version, position.c.value)
    assert rows == [("p1", 7, None)]
