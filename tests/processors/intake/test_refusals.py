"""What is not judged: letters, tombstones, foreign events."""

import pytest
from sqlalchemy import select

from connectors.store.tables import (
    pending,
)
from schemas.connection import LinkState
from schemas.letter import PREFIX, parse
from schemas.outcome import outcome_id
from schemas.topics import REQUESTS
from tests.fixtures.arrivals import ORGANIZATION, USER, Arrivals

OTHER = "9b2e0c1a-0000-4000-8000-0000000000bb"


def test_a_gone_employee_is_a_letter(arrivals: Arrivals) -> None:
    """A change of an employee whom Xledger does not know any more is dead-lettered, whole."""
    arrivals.connect()
    arrivals.linked(LinkState.GONE)
    sent = arrivals.updated(5, phone="1")
    assert arrivals.read() == {"e5": ("dead-lettered", "employee gone")}
    (letter,) = arrivals.letters()
    assert (letter.key, letter.value) == (sent.raw_key, sent.raw_value)
    said = parse(letter.headers)
    assert (said.connection, said.stage, said.code) == ("c1", "gate", "employee gone")


@pytest.mark.rule("R-95")
def test_what_is_not_ours(arrivals: Arrivals) -> None:
    """Other types of our organisation are skipped; within ours an unknown one is a letter."""
    arrivals.connect()
    arrivals.arrive("payroll.closed", {}, 5)
    arrivals.arrive("user.promoted", {}, 6)
    assert arrivals.read() == {
        "e5": ("skipped", "not ours"),
        "e6": ("dead-lettered", "unsupported type"),
    }
    said = parse(arrivals.letters()[0].headers)
    assert (said.letter_class, said.connection) == ("unsupported", None)


@pytest.mark.rule("R-95")
def test_letters_of_an_unknown_type_are_limited(arrivals: Arrivals) -> None:
    """Beyond the hour's limit an unknown type is skipped; each type has its own limit."""
    arrivals.connect()
    for revision in range(5):
        arrivals.arrive("user.promoted", {}, revision)
    arrivals.arrive("user.praised", {}, 9)
    ends = arrivals.read()
    assert len(arrivals.letters()) == 4
    assert ends["e4"] == ("skipped", "unsupported")
    assert ends["e9"] == ("dead-lettered", "unsupported type")


@pytest.mark.rule("R-90", "R-96")
def test_what_is_no_event_is_a_letter_whole(arrivals: Arrivals) -> None:
    """Bytes, key and headers are kept; the record's place stands for what cannot be read."""
    arrivals.connect()
    arrivals.record(b"any key", b"{not json", [("ce_specversion", b"1.0")])
    arrivals.updated(5, phone="1").raw_headers.remove(("ce_revision", b"5"))
    ends = arrivals.read()
    assert ends["huma.user-events.v1/0/0"] == ("dead-lettered", "not JSON")
    assert ends["e5"] == ("dead-lettered", "schema")
    letter = arrivals.letters()[0]
    assert (letter.key, letter.value) == (b"any key", b"{not json")
    assert letter.headers[0] == ("ce_specversion", b"1.0")


@pytest.mark.rule("R-90")
@pytest.mark.parametrize(
    ("value", "ends"),
    [
        (b"{still not json", ("dead-lettered", "not JSON")),
        (None, ("skipped", "tombstone")),
    ],
)
def test_a_replay_is_a_round_of_its_letter(
    arrivals: Arrivals, value: bytes | None, ends: tuple[str, str]
) -> None:
    """Its outcome has the identity that the letter has, also where none can be read."""
    arrivals.connect()
    names = {"event-source": "t/3/7", "event-id": "t/3/7", "replay-count": "1"}
    headers = [(PREFIX + name, text.encode()) for name, text in names.items()]
    envelope = [("ce_specversion", b"1.0")] if value else []
    arrivals.record(b"any key", value, [*envelope, *headers], topic=REQUESTS.name)
    assert arrivals.read() == {"t/3/7": ends}
    (told,) = arrivals.outcomes()
    assert (told["event"]["source"], told["round"]) == ("t/3/7", 1)


@pytest.mark.rule("R-90")
def test_a_replay_that_has_become_an_event_stays_a_round_of_its_letter(arrivals: Arrivals) -> None:
    """A newer program can read it: what waits for its end is the letter's round."""
    arrivals.connect()
    arrivals.linked()
    sent = arrivals.arrive("user.updated", {"changes": {"phone": "1"}}, 5, topic=REQUESTS.name)
    names = {"event-source": "t/3/7", "event-id": "t/3/7", "replay-count": "1"}
    sent.raw_headers.extend((PREFIX + name, text.encode()) for name, text in names.items())
    arrivals.read()
    assert arrivals.all(pending, pending.c.outcome) == [(outcome_id("c1", "t/3/7", "t/3/7", 1),)]


@pytest.mark.rule("R-90", "R-95")
def test_a_replay_of_an_unknown_type_gets_its_letter_whatever_the_limit(
    arrivals: Arrivals,
) -> None:
    """Its round must not end as skipped: the letter is to stay open."""
    arrivals.connect()
    for revision in range(6):
        sent = arrivals.arrive("user.promoted", {}, revision, topic=REQUESTS.name)
        sent.raw_headers.append((f"{PREFIX}replay-count", b"1"))
    ends = arrivals.read()
    assert set(ends.values()) == {("dead-lettered", "unsupported type")}
    assert len(arrivals.letters()) == 6


def test_a_tombstone_is_skipped_once(arrivals: Arrivals) -> None:
    """A null record is told of: in its organisation's connections, or in none when unknown."""
    arrivals.connect()
    arrivals.record(f"{ORGANIZATION}:{USER}".encode(), None)
    arrivals.record(None, None)
    ends = arrivals.read()
    assert set(ends.values()) == {("skipped", "tombstone")}
    assert sorted(one.get("connection", "") for one in arrivals.outcomes()) == ["", "c1"]


@pytest.mark.rule("R-103")
def test_no_value_is_readable_in_the_store(arrivals: Arrivals) -> None:
    """Whatever waits or was refused: no table holds a planted value in clear."""
    canary = "Kanarifugl-3141"
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, givenName=canary, email=f"{canary}@x.no", homeAddress={"line1": canary})
    arrivals.arrive("user.updated", {"changes": [canary]}, 6)
    arrivals.arrive("position.created", {"position": {"id": "p", "title": {"name": canary}}}, 7)
    arrivals.read()
    assert len(arrivals.letters()) == 1
    with arrivals.store.read() as transaction:
        for table in pending.metadata.sorted_tables:
            for row in transaction.execute(select(table)):
                for value in row:
                    raw = (
                        bytes(value)
                        if isinstance(value, bytes | memoryview)
                        else str(value).encode()
                    )
                    assert canary.encode() not in raw, table.name
