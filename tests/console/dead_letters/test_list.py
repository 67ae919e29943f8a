"""`dead-letters list`: what failed, or how much of it (R-89, R-90)."""

from typing import Any, Final

import pytest
from sqlalchemy import delete, insert

from connectors.store.tables import connection as connections
from connectors.store.tables import heartbeat
from schemas.desk import LetterState
from tests.console.conftest import Operator, Said
from tests.fixtures.letters import NOON, a_letter, file
from tests.fixtures.stored import KARI, OLA, Stored

REMOVED: Final = "5f1e0c1a-0000-4000-8000-00000000dead"


class Desk:
    """An operator, and a store with letters."""

    def __init__(self, operator: Operator, url: str, stored: Stored) -> None:
        self.operator = operator.but(STORE__URL=url)
        self.stored = stored
        self.connection = stored.connect("Fjord AS").id

    def file(self, *changes: dict[str, Any]) -> None:
        """Store letters of the connection, unless told otherwise."""
        rows = ({"connection": self.connection, **one} for one in changes)
        file(self.stored.store, [a_letter(number, **one) for number, one in enumerate(rows)])

    def says(self, *options: str, code: int = 0) -> Said:
        """List letters."""
        said = self.operator.types("dead-letters", "list", *options)
        assert said.code == code, said.err
        return said

    def lists(self, *options: str) -> Any:
        """Return the document."""
        return self.says("--json", *options).json


@pytest.fixture
def desk(operator: Operator, store_url: str, stored: Stored) -> Desk:
    """A desk with a connection and no letters."""
    return Desk(operator, store_url, stored)


@pytest.mark.rule("R-89", "R-90")
def test_a_letter_is_two_lines(desk: Desk) -> None:
    """When, which, how it stands and why; of what, of whom, where; times in the company's zone."""
    desk.file({"fields": ("email", "phone"), "replay_count": 2})
    (one,) = desk.lists()["letters"]
    assert desk.says().out.splitlines() == [
        "1 dead letter (times in Europe/Oslo)",
        "",
        f"2026-11-23 13:00:00  {one['id'][:12]}  open: refused by Xledger",
        f"  email, phone of {KARI.user}; connection Fjord AS, replayed 2 times",
        "",
        f"next: huma-xledger dead-letters show {one['id'][:12]}",
    ]


@pytest.mark.rule("R-90")
def test_programs_get_the_same_facts_with_the_coordinates(desk: Desk) -> None:
    """Of the event and of the letter itself."""
    desk.file({})
    told = desk.lists()
    (one,) = told["letters"]
    assert (told["total"], told["next"]) == (1, None)
    assert one["connection_name"] == "Fjord AS"
    assert one["event"] | {"timestamp": None} == {
        "source": "/huma/users", "id": "e0", "type": "com.humahr.user.updated.v1",
        "topic": "huma.user-events.v1", "partition": 3, "offset": 0, "timestamp": None,
    }  # fmt: skip
    assert (one["letter"]["partition"], one["letter"]["offset"]) == (0, 0)


def test_what_has_ended_is_not_listed_unless_asked_for(desk: Desk) -> None:
    """Somebody who is woken wants what is open; a parked letter is nobody's end."""
    desk.file(*({"state": state} for state in LetterState))
    shown = {one["state"] for one in desk.lists()["letters"]}
    assert shown == {"open", "retrying", "parked"}
    assert desk.lists("--state", "all")["total"] == len(LetterState)
    assert desk.lists("--state", "ignored")["total"] == 1


def test_pages_follow_each_other(desk: Desk) -> None:
    """Each page says how to go on; the last one says nothing."""
    desk.file(*[{}] * 5)
    first = desk.lists("--limit", "3")
    assert [one["event"]["id"] for one in first["letters"]] == ["e4", "e3", "e2"]
    assert f"--after {first['next']}" in desk.says("--limit", "3").out
    second = desk.lists("--limit", "3", "--after", first["next"])
    assert [one["event"]["id"] for one in second["letters"]] == ["e1", "e0"]
    assert second["next"] is None
    behind = desk.says("--after", second["letters"][-1]["letter"]["written_at"], code=2)
    assert "use what `list` prints" in behind.err


def test_the_end_of_the_pages_is_no_empty_store(desk: Desk) -> None:
    """Behind the last letter there are none, and nothing else is suspected."""
    desk.file({})
    (one,) = desk.lists()["letters"]
    assert desk.says("--after", f"{NOON}-{one['id']}").out.splitlines() == [
        "1 dead letter, none of them behind that place"
    ]


@pytest.mark.rule("R-89")
def test_ten_thousand_failures_are_one_line(desk: Desk) -> None:
    """How many, what they share, since when; and the next command to type."""
    desk.file(*[{}] * 3, {"code": "bad birth date", "person": OLA.user})
    where, day = f"Fjord AS {desk.connection}", "2026-11-23"
    told = desk.says("--by", "code,connection").out.splitlines()
    assert told == [
        "4 dead letters by code, connection (times in Europe/Oslo)",
        "",
        f"      3  refused by Xledger  {where}  since {day} 13:00:00, last {day} 13:00:02",
        f"      1  bad birth date      {where}  since {day} 13:00:03, last {day} 13:00:03",
        "",
        'next: huma-xledger dead-letters list --code "refused by Xledger" --limit 1',
    ]
    counts = desk.lists("--by", "code,connection")["counts"]
    assert [(one["code"], one["connection"], one["letters"]) for one in counts] == [
        ("refused by Xledger", desk.connection, 3),
        ("bad birth date", desk.connection, 1),
    ]


def test_counts_beyond_the_limit_are_counted(desk: Desk) -> None:
    """So that nobody takes the first for all."""
    desk.file(*({"code": f"code {number}"} for number in range(4)))
    assert "2 more: raise --limit" in desk.says("--by", "code", "--limit", "2").out
    assert desk.lists("--by", "code", "--limit", "2")["groups"] == 4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--by", "colour"), "names something else than these: person, connection"),
        (("--by", "code", "--after", f"{NOON}-{'a' * 32}"), "counts have no pages"),
        (("--limit", "0"), "1<=x<=10000"),
    ],
)
def test_wrong_use_is_told(desk: Desk, options: tuple[str, ...], says: str) -> None:
    """Exit code 2, and what would be right."""
    assert says in " ".join(desk.says(*options, code=2).err.split())


def test_letters_of_a_removed_connection_say_so(desk: Desk) -> None:
    """And those that came before any connection."""
    desk.file({"connection": REMOVED}, {"connection": None, "person": None, "fields": ()})
    unread, removed = desk.lists()["letters"]
    assert (removed["connection_removed"], unread["connection_removed"]) == (True, False)
    told = " ".join(desk.says().out.split())
    assert f"connection {REMOVED}, which was removed" in told
    assert "the whole record of nobody known; before any connection" in told
    assert f"removed {REMOVED}" in desk.says("--by", "connection").out


@pytest.mark.rule("R-91")
def test_an_empty_result_says_what_keeps_letters_out(desk: Desk) -> None:
    """Each part that alone does, and how many there would be without it."""
    desk.file({}, {"code": "bad birth date"}, {"state": LetterState.RESOLVED, "person": OLA.user})
    told = desk.says("--person", OLA.user).out.splitlines()
    assert told == [
        "no dead letter is like that",
        "without --person there are 2",
        "with --state all there are 1",
    ]
    both = desk.says("--person", OLA.user, "--code", "bad birth date").out.splitlines()
    assert both == ["no dead letter is like that", "without --person there are 1"]
    none = desk.says("--person", OLA.user, "--field", "gender").out.splitlines()
    assert none[1:] == ["3 are stored: look at `dead-letters list --state all --by state,code`"]


@pytest.mark.rule("R-109")
def test_where_nothing_is_stored_it_says_whether_anything_could_be(desk: Desk) -> None:
    """Watch writes letters down; where it was never heard of, none can be here."""
    assert "watch has never been heard" in desk.says().out
    with desk.stored.store.begin() as transaction:
        transaction.execute(insert(heartbeat), [{"partition": 0, "beat_at": NOON}])
    assert desk.says().out.splitlines() == [
        "no dead letter is stored", "watch has read what was written up to 2026-11-23 12:00:00 UTC",
    ]  # fmt: skip
    assert desk.lists()["watch_heard_at"].startswith("2026-11-23T12:00:00")


def test_the_zone_of_the_counts_is_the_connections_where_they_agree(desk: Desk) -> None:
    """Else it is UTC."""
    desk.file({})
    assert "times in Europe/Oslo" in desk.says("--by", "code").out
    with desk.stored.store.begin() as transaction:
        transaction.execute(delete(connections))
    assert "times in UTC" in desk.says("--by", "code").out
