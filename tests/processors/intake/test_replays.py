"""What replays do, and resends of letters whose bytes are gone (R-90, R-92)."""

import orjson
import pytest
from sqlalchemy import update

from connectors.store.tables import dirty, pending, pending_field, person
from schemas.connection import LinkState
from schemas.letter import parse
from schemas.outcome import outcome_id
from schemas.topics import REQUESTS
from tests.fixtures.arrivals import USER, Arrivals
from tests.fixtures.sources import Arrived

LETTER = outcome_id("c1", "/huma/users", "e5", 0)


def carried(
    count: int = 1, connection: str | None = "c1", fields: str = "phone"
) -> list[tuple[str, bytes | None]]:
    """Return the headers that the letter of event e5 is sent again with."""
    texts = {
        "event-source": "/huma/users", "event-id": "e5", "connection": connection,
        "fields": fields, "replay-count": str(count), "replay-run": "r1",
    }  # fmt: skip
    return [(f"huma-xledger-{name}", text.encode()) for name, text in texts.items() if text]


def replayed(arrivals: Arrivals, revision: int = 5, **more: object) -> Arrived:
    """Let the event of a letter arrive again, with its phone number."""
    data = {"changes": {"phone": str(revision)}}
    headers = carried(**more)  # type: ignore[arg-type]
    return arrivals.arrive("user.updated", data, revision, topic=REQUESTS.name, headers=headers)


def resent(arrivals: Arrivals, count: int = 1, fields: tuple[str, ...] = ("phone",)) -> Arrived:
    """Let the resend of a letter arrive whose bytes are gone."""
    data = {"connection": "c1", "fields": list(fields), "letter": LETTER}
    return arrivals.arrive(
        "xledger.resend.requested", data, id_=f"letter/{LETTER}/{count}", topic=REQUESTS.name,
        headers=carried(count, fields=",".join(fields)),
    )  # fmt: skip


def failed_before(arrivals: Arrivals, *names: str) -> None:
    """Let event e5 have come, and failed."""
    for name in names or ("c1",):
        arrivals.connect(name)
        arrivals.linked(name=name)
    arrivals.updated(5, phone="5")
    arrivals.read()
    with arrivals.store.begin() as transaction:
        for table in (pending, pending_field):
            transaction.execute(table.delete())
        transaction.execute(update(dirty).values(open=False))


@pytest.mark.rule("R-90", "R-92")
def test_a_resend_counts_as_a_replay_of_its_letter(arrivals: Arrivals) -> None:
    """What waits for its end is that round of the letter, in the letter's connection."""
    failed_before(arrivals, "c1", "c2")
    resent(arrivals, 2)
    assert arrivals.read() == {}
    waits = arrivals.all(pending, pending.c.connection, pending.c.round, pending.c.outcome)
    id_ = outcome_id("c1", "/huma-xledger", f"letter/{LETTER}/2", 2)
    assert waits == [("c1", 2, id_)]
    assert arrivals.dirty()["phone"] == (5, True)


@pytest.mark.rule("R-90", "R-71")
def test_a_resend_that_ends_at_once_ends_that_round(arrivals: Arrivals) -> None:
    """Under a lock nothing waits, and the outcome says of which round it is the end."""
    failed_before(arrivals)
    arrivals.arrive("user.deactivated", {}, 6)
    arrivals.read()
    resent(arrivals, 3)
    assert arrivals.read()[f"letter/{LETTER}/3"] == ("skipped", "locked")
    assert [one["round"] for one in arrivals.outcomes() if one["round"]] == [3]


@pytest.mark.rule("R-90")
def test_a_resend_that_is_no_event_keeps_the_letters_identity(arrivals: Arrivals) -> None:
    """Its own letter carries the event that failed first, and the round."""
    failed_before(arrivals)
    record = resent(arrivals, 2)
    record.raw_value = b"{"
    arrivals.read()
    (letter,) = arrivals.letters()
    known = parse(letter.headers)
    assert (known.event_source, known.event_id, known.replay_count) == ("/huma/users", "e5", 2)


@pytest.mark.rule("R-92")
def test_the_replay_of_a_request_goes_to_the_letters_connection_and_fields(
    arrivals: Arrivals,
) -> None:
    """A day that turned in two connections, and failed in one for one field."""
    for name in ("c1", "c2"):
        arrivals.connect(name)
        arrivals.linked(name=name)
    position = {"id": "p1", "title": {"id": "t", "name": "Cook"}}
    arrivals.arrive("position.created", {"position": position}, 5)
    arrivals.read()
    with arrivals.store.begin() as transaction:
        for table in (pending, pending_field):
            transaction.execute(table.delete())
        transaction.execute(update(dirty).values(open=False))
    arrivals.arrive(
        "xledger.day.turned", {}, id_="d1", topic=REQUESTS.name, headers=carried(fields="title")
    )
    assert arrivals.read() == {}
    open_ = [
        row[:2]
        for row in arrivals.all(dirty, dirty.c.connection, dirty.c.field, dirty.c.open)
        if row[2]
    ]
    assert open_ == [("c1", "title")]


@pytest.mark.rule("R-92")
def test_a_letter_without_a_connection_goes_through_the_gate_for_all(arrivals: Arrivals) -> None:
    """It failed before any connection was known; now that it can be read, each one judges it."""
    for name in ("c1", "c2"):
        arrivals.connect(name)
        arrivals.linked(name=name)
    replayed(arrivals, connection=None, fields="")
    assert arrivals.read() == {}
    waits = arrivals.all(pending, pending.c.connection, pending.c.round)
    assert waits == [("c1", 1), ("c2", 1)]


@pytest.mark.rule("R-92")
@pytest.mark.parametrize(
    ("what", "ends"), [
        ("locked", "locked"), ("deleted", "deleted"), ("left", "out of scope"),
        ("robot", "not a person"), ("exists", "exists in Xledger"),
    ],
)  # fmt: skip
def test_a_replay_is_judged_anew(arrivals: Arrivals, what: str, ends: str) -> None:
    """Lock, deletion, scope, kind and link are those of now, whatever they were."""
    failed_before(arrivals)
    if what == "locked":
        arrivals.arrive("user.deactivated", {}, 6)
    elif what == "deleted":
        arrivals.arrive("user.deleted", {}, 6)
    elif what == "left":
        arrivals.connect("c1", group="g1")
        arrivals.arrive("user.groups-changed", {"groups": []}, 6)
    elif what == "robot":
        with arrivals.store.begin() as transaction:
            transaction.execute(update(person).values(type="service_user"))
    else:
        arrivals.linked(LinkState.EXISTS)
    arrivals.read()
    replayed(arrivals)
    arrivals.read()
    told = [one for one in arrivals.outcomes() if one["round"] == 1]
    assert [(one["connection"], one["result"], one["reason"]) for one in told] == [
        ("c1", "skipped", ends)
    ]


@pytest.mark.rule("R-92")
def test_a_replay_sends_the_value_of_now(arrivals: Arrivals) -> None:
    """What is stored is newer than what the letter's event says: that is what waits."""
    failed_before(arrivals)
    arrivals.updated(7, phone="7")
    arrivals.read()
    with arrivals.store.begin() as transaction:
        for table in (pending, pending_field):
            transaction.execute(table.delete())
        transaction.execute(update(dirty).values(open=False))
    replayed(arrivals)
    assert arrivals.read() == {}
    assert arrivals.dirty()["phone"] == (7, True)
    assert arrivals.projection(USER)["phone"] == (7, "7")
    (meta,) = arrivals.all(pending, pending.c.meta)
    assert orjson.loads(meta[0])["id"] == "e5"
