"""What requests of ours and replays make dirty."""

import pytest
from sqlalchemy import update

from connectors.store.tables import (
    dirty,
    pending,
    pending_field,
)
from schemas.topics import OUTCOMES, REQUESTS
from tests.fixtures.arrivals import Arrivals

OTHER = "9b2e0c1a-0000-4000-8000-0000000000bb"


@pytest.mark.rule("R-112")
def test_a_request_makes_its_fields_dirty(arrivals: Arrivals) -> None:
    """A request carries names only: the stored values go out, behind Huma's own events."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="5")
    arrivals.read()
    data = {"connection": "c1", "fields": ["phone", "gender"]}
    arrivals.arrive("xledger.resend.requested", data, id_="r1", topic=REQUESTS.name)
    assert arrivals.read() == {}
    rows = arrivals.all(dirty, dirty.c.field, dirty.c.version, dirty.c.origin)
    assert rows == [("gender", 0, 1), ("phone", 5, 0)]
    assert len(arrivals.all(pending)) == 2


@pytest.mark.rule("R-82", "R-112")
@pytest.mark.parametrize("first", ["event", "request"])
def test_a_request_supersedes_no_event_of_the_same_batch(arrivals: Arrivals, first: str) -> None:
    """It asks for the value that the event brought: both wait, and a newer one ends both."""
    arrivals.connect()
    arrivals.linked()
    data = {"connection": "c1", "fields": ["phone"]}

    def ask() -> None:
        arrivals.arrive("xledger.resend.requested", data, id_="r1", topic=REQUESTS.name)

    if first == "request":
        ask()
    arrivals.updated(5, phone="5")
    if first == "event":
        ask()
    assert arrivals.read() == {}
    columns = (pending_field.c.version, pending_field.c.turn, pending_field.c.result)
    one, two = arrivals.all(pending_field, *columns)
    assert one == two
    assert one[0] == 5
    assert arrivals.all(dirty, dirty.c.version, dirty.c.origin) == [(5, 0)]
    arrivals.updated(6, phone="6")
    assert arrivals.read() == {"e5": ("superseded", None), "r1": ("superseded", None)}


@pytest.mark.rule("R-82")
def test_a_request_that_comes_twice_in_a_batch_waits_once(arrivals: Arrivals) -> None:
    """As a relay leaves it that died before it said so."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="5")
    arrivals.read()
    data = {"connection": "c1", "fields": ["phone"]}
    for _ in range(2):
        arrivals.arrive("xledger.resend.requested", data, id_="r1", topic=REQUESTS.name)
    assert arrivals.read() == {}
    assert len(arrivals.all(pending)) == 2
    assert len(arrivals.all(pending_field)) == 2


@pytest.mark.rule("R-109")
def test_a_heartbeat_passes_through(arrivals: Arrivals) -> None:
    """It has no organisation; its outcome goes to the partition it came by, with its key."""
    arrivals.connect()
    record = arrivals.arrive(
        "xledger.heartbeat", None, id_="0/1", topic=REQUESTS.name, key=b"heartbeat:0", value=None
    )
    record.raw_headers[:] = [
        (name, raw)
        for name, raw in record.raw_headers
        if name not in {"ce_subject", "ce_organization"}
    ]
    assert arrivals.read() == {"0/1": ("skipped", "nothing to do")}
    (row,) = arrivals.rows(OUTCOMES.name)
    assert (row.key, row.partition) == (b"heartbeat:0", 0)


REPLAY = [
    ("huma-xledger-replay-count", b"1"),
    ("huma-xledger-connection", b"c1"),
    ("huma-xledger-fields", b"phone"),
]


@pytest.mark.rule("R-92")
def test_a_replay_dirties_what_failed(arrivals: Arrivals) -> None:
    """A replay marks the letter's fields, in its connection only, and the current value goes."""
    arrivals.connect("c1")
    arrivals.connect("c2")
    arrivals.linked(name="c1")
    arrivals.linked(name="c2")
    arrivals.updated(5, phone="5", gender="Male")
    arrivals.read()
    with arrivals.store.begin() as transaction:
        for table in (pending, pending_field):
            transaction.execute(table.delete())
        transaction.execute(update(dirty).values(open=False))
    old = {"changes": {"phone": "5", "gender": "Male"}}
    arrivals.arrive("user.updated", old, 5, topic=REQUESTS.name, headers=REPLAY)
    assert arrivals.read() == {}
    open_ = [
        row[:2]
        for row in arrivals.all(dirty, dirty.c.connection, dirty.c.field, dirty.c.open)
        if row[2]
    ]
    assert open_ == [("c1", "phone")]
    (waits,) = arrivals.all(pending, pending.c.round, pending.c.connection)
    assert waits == (1, "c1")


@pytest.mark.rule("R-92")
def test_a_replay_is_superseded_by_what_waits(arrivals: Arrivals) -> None:
    """Where a newer value of the field waits, the replay marks nothing."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(6, phone="6")
    arrivals.read()
    before = arrivals.all(dirty)
    old = {"changes": {"phone": "5"}}
    arrivals.arrive("user.updated", old, 5, topic=REQUESTS.name, headers=REPLAY)
    assert arrivals.read() == {"e5": ("superseded", None)}
    assert arrivals.all(dirty) == before
