"""What the desk knows of a person goes with the person, and nothing brings it back (R-108)."""

import pytest
from sqlalchemy import insert

from connectors.store.erasure import erase_organization, erase_person, held
from connectors.store.removal import remove
from connectors.store.tables import connection as connections
from connectors.store.tables import failure, lane, letter, metadata, replay_letter, timeline
from schemas.desk import Forecast
from schemas.events import EventType
from schemas.outcome import Result
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.reasons import Code
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored
from tests.fixtures.watched import Happened, Watched, applied, failed

WHY = Personal("she asked for it")
DESK = (failure, letter, replay_letter, timeline)
PHONE = {"phone": failed(5)}

pytestmark = pytest.mark.rule("R-108")


@pytest.fixture
def watched(stored: Stored) -> Watched:
    """Watch on a store with the connections c1, c2, and c3 of another organisation."""
    for name, organization in (("c1", ORGANIZATION), ("c2", ORGANIZATION), ("c3", ELSEWHERE)):
        one = stored.connect(name, organization=organization, group=f"group of {name}")
        stored.set(connections, connections.c.id == one.id, id=name)
        stored.set(lane, lane.c.connection == one.id, connection=name)
    return Watched(stored.store)


def fail(watched: Watched, event: str, person: PersonKey, connection: str = "c1") -> Happened:
    """Let an event of somebody fail, and a replay of it be planned."""
    happened = Happened(event, PHONE, person=person, connection=connection)
    watched.see(happened)
    with watched.store.begin() as transaction:
        row = {
            "replay": "run", "number": int(event[1:]), "letter": happened.letter_id,
            "organization": person.organization, "forecast": Forecast.WILL_APPLY.value,
        }  # fmt: skip
        transaction.execute(insert(replay_letter).values(**row))
    return happened


def erase(stored: Stored, key: PersonKey = KARI) -> None:
    """Erase somebody."""
    erase_person(stored.store, stored.keyring, key, "operator", WHY)


def whose(watched: Watched, user: str) -> dict[str, int]:
    """Return how many rows about somebody the desk has, by table."""
    rows = watched.rows(*DESK)
    counts = {
        name: [user in repr(row) for row in theirs].count(True) for name, theirs in rows.items()
    }
    return {name: count for name, count in counts.items() if count}


def test_everything_goes_but_that_they_are_gone(stored: Stored, watched: Watched) -> None:
    """Entries, letters, outcomes and their place in replays; somebody else's stay."""
    stored.people(KARI, OLA)
    mine, other = fail(watched, "e1", KARI), fail(watched, "e2", OLA)
    counts = held(stored.store, KARI).counts
    assert [counts[name] for name in ("entries of the error log", "letters",
                                      "outcomes of the timeline")] == [1, 1, 1]  # fmt: skip
    erase(stored)
    assert whose(watched, KARI.user) == {"failure": 2}
    assert whose(watched, OLA.user) == {"failure": 1, "letter": 1, "timeline": 1}
    assert {row["letter"] for row in watched.rows(replay_letter)["replay_letter"]} == {
        other.letter_id
    }
    assert mine.letter_id not in repr(watched.rows(*DESK))
    left = held(stored.store, KARI).counts
    assert {left[name] for name in ("entries of the error log", "letters")} == {0}
    erase(stored)
    assert whose(watched, KARI.user) == {"failure": 2}


@pytest.mark.rule("R-78")
@pytest.mark.parametrize("connection", ["c1", None])
def test_a_letter_that_comes_later_is_closed(
    stored: Stored, watched: Watched, connection: str | None
) -> None:
    """It was on its way; its person is gone, so nobody has to look at it."""
    erase(stored)
    no_event = Happened("e1", connection=None, result=Result.DEAD_LETTERED, reason=Code.BAD_EVENT)
    happened = no_event if connection is None else Happened("e1", PHONE, connection=connection)
    watched.see(happened)
    assert watched.letters() == {"e1": ("resolved", "deleted")}


def test_their_later_outcomes_make_no_entry_anew(stored: Stored, watched: Watched) -> None:
    """That they are gone stays said, whatever ends."""
    erase(stored)
    watched.see(Happened("e1", {"phone": applied(7)}), Happened("e2", type=EventType.USER_DELETED))
    assert watched.entries() == {"": "deleted"}


def test_of_an_erased_organisation_nothing_is_left(stored: Stored, watched: Watched) -> None:
    """Neither of its people, nor of letters of nobody; another one's stay."""
    other = PersonKey(ELSEWHERE, OLA.user)
    fail(watched, "e1", KARI)
    fail(watched, "e2", other, "c3")
    for one in stored.connections.shown():
        if one.connection.organization == ORGANIZATION:
            remove(stored.store, stored.keyring, one.connection, "operator")
    assert whose(watched, KARI.user) == {"letter": 1, "timeline": 1}
    erase_organization(stored.store, stored.keyring, ORGANIZATION, "operator", WHY)
    named = {
        table.name
        for table in metadata.sorted_tables
        for row in stored.rows(*table.columns)
        if ORGANIZATION in repr(row) and table.name != "outbox"
    }
    assert named == {"audit"}
    assert whose(watched, OLA.user) == {"failure": 1, "letter": 1, "timeline": 1}
